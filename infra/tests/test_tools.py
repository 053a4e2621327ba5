"""What three tools find in the templates, and in a plain one of the usual kind.

cdk-nag runs at each synthesis, which fails where something is found that has no reason at its construct.
"""

from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from lake_infra.acknowledge import acknowledge
from lake_infra.app import checked_app, write_assembly
from lake_infra.findings import FindingsError
from lake_infra.options import WAREHOUSES, Warehouse
from lake_infra.templates import TEMPLATES
from tests.conftest import HOME, Template, of_type
from tests.tools import PLAIN, checkov_findings, lint_findings, nag_findings

EXPLAINED = {
    # checkov looks for a key of KMS. The queues are encrypted by SQS itself; they hold names of objects.
    ("CKV_AWS_27", "AWS::SQS::Queue"): 2,
    # The bucket of access logs cannot log into itself.
    ("CKV_AWS_18", "AWS::S3::Bucket"): 1,
    # checkov looks for a bucket. The cluster logs to CloudWatch.
    ("CKV_AWS_71", "AWS::Redshift::Cluster"): 1,
}
"""What checkov finds and why it stays: the check, the kind of resource, and the most of them."""


def committed(name: str) -> Path:
    return HOME / "templates" / f"{name}.template.json"


@pytest.mark.parametrize("name", TEMPLATES)
def test_cfn_lint_finds_nothing(name: str) -> None:
    assert lint_findings(committed(name)) == []


@pytest.mark.parametrize("warehouse", WAREHOUSES)
def test_checkov_finds_what_is_explained(warehouse: Warehouse, synthesised: Callable[[Warehouse], Template]) -> None:
    (name,) = (name for name, options in TEMPLATES.items() if options.warehouse == warehouse)
    template = synthesised(warehouse)

    found = [line.split(" ") for line in checkov_findings(committed(name))]

    kinds = [(check, template["Resources"][resource]["Type"]) for check, resource in found]
    assert {kind: kinds.count(kind) for kind in kinds if kinds.count(kind) > EXPLAINED.get(kind, 0)} == {}
    assert all(queue["SqsManagedSseEnabled"] for queue in of_type(template, "AWS::SQS::Queue").values())


def test_the_tools_find_much_in_a_plain_template(tmp_path: Path) -> None:
    """They do look: the same calls as above, over what is often deployed. The figures are those of docs/infra.md."""
    nag, lint, checkov = nag_findings(PLAIN, tmp_path), lint_findings(PLAIN), checkov_findings(PLAIN)

    assert (len(nag), len(lint), len(checkov)) == (21, 2, 27)
    assert {
        "plain/Template/RedshiftRole: AwsSolutions-IAM5[Action::s3:*]",
        "plain/Template/Cluster: AwsSolutions-RS1",
    } <= {*nag}
    assert "W1011 Resources/Cluster/Properties/MasterUserPassword" in lint
    assert "CKV_AWS_87 Cluster" in checkov


def test_a_finding_without_a_reason_fails_the_synthesis(tmp_path: Path) -> None:
    app = checked_app(tmp_path)
    stack = cdk.Stack(app, "alone", synthesizer=cdk.BootstraplessSynthesizer())
    s3.Bucket(stack, "Open", enforce_ssl=True)
    known = s3.Bucket(stack, "Known", enforce_ssl=True)
    acknowledge(known, "AwsSolutions-S1", reason="It holds access logs.")

    with pytest.raises(FindingsError) as refused:
        write_assembly(app, tmp_path)

    assert [str(finding) for finding in refused.value.findings] == ["alone/Open/Resource: AwsSolutions-S1"]
    assert "alone/Open/Resource: AwsSolutions-S1" in str(refused.value)
