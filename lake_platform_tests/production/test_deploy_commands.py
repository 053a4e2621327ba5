"""The commands of docs/deploy.md: whoever follows them may make the calls, and they end as they say."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lake_platform_tests.production.template import ROOT

TEXT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
BLOCKS = [re.sub(r"\\\n\s*", "", block) for block in re.findall(r"^ *```sh\n(.*?)^ *```", TEXT, re.M | re.S)]
WORKFLOW = (ROOT / ".github" / "workflows" / "lake.yml").read_text(encoding="utf-8")
ACTIONS = {
    "cloudformation deploy": ["CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "GetTemplateSummary"],
    "ecr get-login-password": ["GetAuthorizationToken"],
    "ecs wait": ["DescribeTasks"],
    "s3 cp": ["PutObject"],
    "s3 mb": ["CreateBucket"],
}
"""Where a command is not named as what it calls."""
SERVICES = {"elbv2": "elasticloadbalancing"}
VERBS = ("Deregister", "Describe", "Get", "Modify", "Update", "Delete")


def called() -> set[tuple[str, str]]:
    """Commands of `aws` in the doc and in the workflow."""
    return set(
        re.findall(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)", "\n".join([*BLOCKS, re.sub(r"(?m)^\s*#.*$", "", WORKFLOW)]))
    )


def may(service: str, action: str) -> bool:
    """Whether the person's row of the service has the action. `Get` in "and their `Get`" is all of them."""
    rows = re.findall(r"^\| (`[^|]+) \| (`[^|]+) \|", TEXT.partition("### What a producer may do")[0], re.M)
    told = [word for names, words in rows if f"`{service}`" in names for word in re.findall(r"`(\w+\*?)`", words)]
    return any(
        action.startswith(word.rstrip("*")) if word in VERBS or word[-1] == "*" else action == word for word in told
    )


def template(name: str) -> dict[str, Any]:
    text = (ROOT / "infra" / "templates" / f"{name}.template.json").read_text(encoding="utf-8")
    return json.loads(text)["Resources"]


def one_of(name: str, kind: str) -> dict[str, Any]:
    """The properties of the one resource of this kind."""
    (found,) = (body["Properties"] for body in template(name).values() if body["Type"] == kind)
    return found


def as_lake(value: Any) -> str:
    """A name in the template, with the default of the prefix."""
    return "".join("lake" if isinstance(part, dict) else part for part in value["Fn::Join"][1])


@pytest.mark.parametrize(("service", "command"), sorted(called()))
def test_the_person_may_make_every_call(service: str, command: str) -> None:
    named = "".join(word.capitalize() for word in command.split("-"))

    for action in ACTIONS.get(f"{service} {command}", [named]):
        assert may(SERVICES.get(service, service), action), action


@pytest.mark.parametrize(
    ("service", "action"),
    [("glue", "TagResource"), ("logs", "GetLogEvents"), ("sns", "Subscribe"), ("secretsmanager", "GetSecretValue")],
)
def test_the_person_may_do_what_is_not_a_command(service: str, action: str) -> None:
    assert may(service, action)


def granted(warehouse: str) -> tuple[str, list[str]]:
    """The block that makes the platform's user, and its statements."""
    (block,) = (one for one in BLOCKS if "GRANT CREATE" in one and warehouse in one)
    return block, re.findall(r"'((?:CREATE|GRANT) [^']+)'", block)


def test_the_user_of_serverless_is_that_of_the_role_and_may_make_schemas() -> None:
    block, statements = granted("--workgroup-name")
    roles = [body["Properties"] for body in template("lake").values() if body["Type"] == "AWS::IAM::Role"]
    (role,) = (as_lake(one["RoleName"]) for one in roles if one.get("Description") == "Dagster of the lake")
    namespace = one_of("lake", "AWS::RedshiftServerless::Namespace")
    workgroup = as_lake(one_of("lake", "AWS::RedshiftServerless::Workgroup")["WorkgroupName"])

    assert namespace["ManageAdminPassword"] is True
    assert f"--namespace-name {as_lake(namespace['NamespaceName'])} " in block
    assert f"--workgroup-name {workgroup} --database {namespace['DbName']} --secret-arn" in block
    assert statements == [
        f'CREATE USER "IAMR:{role}" PASSWORD DISABLE',
        f'GRANT CREATE ON DATABASE {namespace["DbName"]} TO "IAMR:{role}"',
    ]


def test_the_user_of_a_cluster_is_that_of_the_backend_and_may_make_schemas() -> None:
    block, statements = granted("--cluster-identifier")
    cluster = one_of("lake-cluster", "AWS::Redshift::Cluster")
    text = (ROOT / "infra" / "templates" / "lake-cluster.template.json").read_text(encoding="utf-8")
    user = json.loads(text)["Outputs"]["LakeRedshiftUser"]["Value"]

    assert cluster["ManageMasterPassword"] is True
    name = as_lake(cluster["ClusterIdentifier"])
    assert f"--cluster-identifier {name} --database {cluster['DBName']} --secret-arn" in block
    assert statements == [
        f"CREATE USER {user} PASSWORD DISABLE",
        f"GRANT CREATE ON DATABASE {cluster['DBName']} TO {user}",
    ]


@pytest.mark.parametrize("refused", [False, True])
def test_the_deployer_is_left_behind_and_nobody_else_deploys(tmp_path: Path, *, refused: bool) -> None:
    (block,) = (one for one in BLOCKS if "assume-role" in one)
    keys = "export AWS_ACCESS_KEY_ID=deployer AWS_SECRET_ACCESS_KEY=x AWS_SESSION_TOKEN=y"
    for name, text in {
        "aws": "exit 254" if refused else f"echo '{keys}'",
        "lake": '[ "$1" = env ] || echo "$1 as $AWS_ACCESS_KEY_ID"',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)

    done = subprocess.run(
        ["bash", "-c", f"{block}\necho then $AWS_ACCESS_KEY_ID"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "AWS_ACCESS_KEY_ID": "person"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines() == [*([] if refused else ["deploy-jobs as deployer"]), "then person"]


def test_a_producer_may_write_with_the_key_of_the_bucket() -> None:
    part = TEXT.partition("### What a producer may do")[2].partition("\n## ")[0]
    buckets = [body["Properties"] for body in template("lake").values() if body["Type"] == "AWS::S3::Bucket"]
    (landing,) = (one for one in buckets if "NotificationConfiguration" in one)
    (rule,) = landing["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert set(re.findall(r"`([A-Z][a-z]+[A-Z]\w+|Decrypt)`", part)) == {
        "PutObject",
        "AbortMultipartUpload",
        "GenerateDataKey",
        "Decrypt",
        "LakeKmsKey",
    }
