"""A hundred drawn cases, each with the verdict of another evaluator: @cloud-copilot/iam-simulate 0.1.173, for Node.

Of 12,000 such cases the two told the same. A case holds statements of the role (`own`), of the bucket or the key
(`guard`), of the permissions boundary (`edge`), and the request.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from lake_infra.policy.account import Account
from lake_infra.policy.evaluate import Request, decide
from lake_infra.policy.template import read_policies

CASES = [json.loads(line) for line in Path(__file__).with_name("second_opinion.jsonl").read_text().splitlines()]
TRUST = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_other_evaluator_says_the_same(case: dict[str, Any]) -> None:
    policies = read_policies(_template(case), Account(number="111122223333", stack="data"))

    told = decide(policies, Request("Jobs", case["action"], case["resource"], case["context"]))

    assert told.allowed == case["allowed"], told.reason


def test_the_cases_are_of_both_kinds() -> None:
    assert len(CASES) == 100
    assert 40 <= sum(case["allowed"] for case in CASES) <= 60


def _template(case: dict[str, Any]) -> dict[str, Any]:
    def document(statements: Any) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": statements}

    role: dict[str, Any] = {
        "RoleName": "jobs",
        "AssumeRolePolicyDocument": document([TRUST]),
        "Policies": [{"PolicyName": "own", "PolicyDocument": document(case["own"])}],
    }
    resources: dict[str, Any] = {"Jobs": {"Type": "AWS::IAM::Role", "Properties": role}}
    if case["edge"] is not None:
        role["PermissionsBoundary"] = {"Ref": "Edge"}
        edge = {"PolicyDocument": document(case["edge"])}
        resources["Edge"] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": edge}
    if case["action"].startswith("kms:"):
        resources["Key"] = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document(case["guard"])}}
    else:
        guard = {"Bucket": "lake", "PolicyDocument": document(case["guard"])}
        resources["Guard"] = {"Type": "AWS::S3::BucketPolicy", "Properties": guard}
    return {"Resources": resources}
