"""The Dagster stack: who reaches whom, who may do what, and that nothing of it can be seen from outside."""

import json
from pathlib import Path
from typing import Any

import pytest

from lake_infra.app import render, synthesise_dagster
from lake_infra.dagster.groups import TASKS
from lake_infra.dagster.stack import LOADS_DEFINITIONS
from lake_infra.declaration import Declaration
from lake_infra.policy.account import Account
from lake_infra.policy.evaluate import Request, decide
from lake_infra.policy.intrinsics import Resolver
from lake_infra.policy.template import Policies, read_policies
from lake_infra.templates import DAGSTER
from tests.conftest import HOME, Template, of_type
from tests.tools import checkov_findings, lint_findings

COMMITTED = HOME / "templates" / f"{DAGSTER}.template.json"
ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role"
CLUSTER = {"ecs:cluster": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:cluster/lake-dagster"}
TASK = f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task/lake-dagster/0123"
RUNS = f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task-definition/lake-dagster-run:7"
USERS = f"arn:aws:rds-db:eu-central-1:{ACCOUNT}:dbuser:db-ABCDEFGHIJKL"
TO_ECS = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
LOGS = f"arn:aws:s3:::lake-dagster-{ACCOUNT}-eu-central-1"
WEBHOOK = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:lake-webhook-AbCdEf"
EXPLAINED = {
    # Access logs need a bucket that is encrypted by S3 itself; who came in is told by the identity provider.
    "CKV_AWS_91 Balancer",
    # Text that steps printed: nothing depends on it, and a run writes each object once.
    "CKV_AWS_18 ComputeLogsBucket",
    "CKV_AWS_21 ComputeLogsBucket",
    # Figures of the machine below the database, each minute or less, for a price of their own.
    "CKV_AWS_118 StorageDatabase",
}
"""What checkov finds and why it stays; without the digest at the end of the resource's name."""


@pytest.fixture(scope="module")
def dagster() -> Template:
    return json.loads(COMMITTED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def policies(dagster: Template) -> Policies:
    return read_policies(dagster, Account(number=ACCOUNT, stack="dagster"))


def group_of(dagster: Template, kind: str) -> str:
    (name,) = [name for name in of_type(dagster, "AWS::EC2::SecurityGroup") if name.startswith(f"Groups{kind}")]
    return name


def container_of(dagster: Template, kind: str) -> dict[str, Any]:
    (found,) = [
        one for name, one in of_type(dagster, "AWS::ECS::TaskDefinition").items() if name.startswith(f"Tasks{kind}")
    ]
    return found["ContainerDefinitions"][0]


def with_webhook(arn: str) -> Account:
    return Account(number=ACCOUNT, stack="dagster", parameters={"AlertWebhookArn": arn})


def secrets_of(dagster: Template, kind: str, *, webhook: str) -> dict[str, str]:
    """What ECS reads for a task, by its variable."""
    told = {"Secrets": container_of(dagster, kind).get("Secrets", [])}
    resolved = Resolver(dagster, with_webhook(webhook)).resolve(told, kind)
    return {one["Name"]: one["ValueFrom"] for one in resolved.get("Secrets", [])}


def test_the_committed_template_is_the_synthesis_of_the_committed_declaration(declaration: Declaration) -> None:
    committed = COMMITTED.read_text(encoding="utf-8")

    assert render(synthesise_dagster(declaration)) == committed, "run `make infra-golden` and look at the difference"


def test_cfn_lint_finds_nothing() -> None:
    assert lint_findings(COMMITTED) == []


def test_checkov_finds_what_is_explained() -> None:
    assert {line[:-8] for line in checkov_findings(COMMITTED)} == EXPLAINED


@pytest.mark.parametrize(
    ("role", "action", "resource", "context", "allowed"),
    [
        # The read-only web server shows, and that is all.
        ("viewer", "rds-db:connect", f"{USERS}/dagster_viewer", {}, True),
        ("viewer", "s3:GetObject", f"{LOGS}/compute/storage/run/step.out", {}, True),
        ("viewer", "rds-db:connect", f"{USERS}/dagster", {}, False),
        ("viewer", "s3:PutObject", f"{LOGS}/compute/storage/run/step.out", {}, False),
        ("viewer", "s3:GetObject", f"arn:aws:s3:::lake-lake-{ACCOUNT}-eu-central-1/processed/a.parquet", {}, False),
        ("viewer", "ecs:RunTask", RUNS, CLUSTER, False),
        ("viewer", "ecs:StopTask", TASK, CLUSTER, False),
        # The operator's web server ends runs; starting them is the daemon's.
        ("operator", "ecs:StopTask", TASK, CLUSTER, True),
        ("operator", "ecs:RunTask", RUNS, CLUSTER, False),
        ("operator", "s3:GetObject", f"{LOGS}/compute/storage/run/step.out", {}, True),
        ("operator", "s3:GetObject", f"arn:aws:s3:::lake-lake-{ACCOUNT}-eu-central-1/processed/a.parquet", {}, False),
        # The daemon starts runs of one family in one cluster, and touches no data.
        ("daemon", "ecs:RunTask", RUNS, CLUSTER, True),
        ("daemon", "ecs:RunTask", RUNS, {"ecs:cluster": "arn:aws:ecs:eu-central-1:111122223333:cluster/other"}, False),
        ("daemon", "ecs:RunTask", RUNS.replace("-run:", "-prepare:"), CLUSTER, False),
        ("daemon", "iam:PassRole", f"{ROLE}/lake-orchestrator", TO_ECS, True),
        ("daemon", "iam:PassRole", f"{ROLE}/lake-dagster-start-run", TO_ECS, True),
        ("daemon", "iam:PassRole", f"{ROLE}/lake-dagster-start-prepare", TO_ECS, False),
        ("daemon", "iam:PassRole", f"{ROLE}/lake-orchestrator", {"iam:PassedToService": "lambda.amazonaws.com"}, False),
        ("daemon", "ecs:StopTask", TASK.replace("lake-dagster", "other"), CLUSTER, False),
        ("daemon", "ecs:RegisterTaskDefinition", "*", {}, False),
        ("daemon", "s3:GetObject", f"{LOGS}/compute/storage/run/step.out", {}, False),
        # The administrator's password goes into one task, by ECS: the task itself cannot ask for it.
        ("start-prepare", "secretsmanager:GetSecretValue", "", {}, True),
        ("start-run", "secretsmanager:GetSecretValue", "", {}, False),
        ("prepare", "secretsmanager:GetSecretValue", "", {}, False),
        ("prepare", "rds-db:connect", f"{USERS}/dagster", {}, True),
        ("prepare", "rds-db:connect", f"{USERS}/dagsteradmin", {}, False),
    ],
)
def test_who_may_do_what(
    role: str, action: str, resource: str, context: dict[str, str], allowed: bool, policies: Policies
) -> None:
    secret = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:rds!db-lake-dagster-AbCdEf"

    told = decide(policies, Request(f"{ROLE}/lake-dagster-{role}", action, resource or secret, context))

    assert told.allowed is allowed, told.reason


def test_a_pattern_for_everything_is_only_where_aws_has_no_resource(policies: Policies) -> None:
    everything = {
        action
        for role in policies.roles.values()
        for statement in role.allows
        if "*" in statement.resources
        for action in statement.actions
    }

    assert everything == {"ecr:GetAuthorizationToken"}


def test_the_read_only_web_server_reaches_neither_code_server_nor_warehouse(dagster: Template) -> None:
    """The code server starts runs for whoever asks it."""
    viewer = {"Fn::GetAtt": [group_of(dagster, "Viewer"), "GroupId"]}
    entered = {
        json.dumps(rule["GroupId"]): rule["FromPort"]
        for rule in of_type(dagster, "AWS::EC2::SecurityGroupIngress").values()
        if rule.get("SourceSecurityGroupId") == viewer
    }
    (service,) = [one for one in of_type(dagster, "AWS::ECS::Service").values() if one["ServiceName"] == "viewer"]

    assert sorted(entered.values()) == [443, 5432]
    assert not any(group_of(dagster, "Code") in group for group in entered)
    assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"] == [viewer]


def test_nothing_has_a_public_address_but_the_way_out(dagster: Template) -> None:
    services = of_type(dagster, "AWS::ECS::Service").values()
    (balancer,) = of_type(dagster, "AWS::ElasticLoadBalancingV2::LoadBalancer").values()
    (database,) = of_type(dagster, "AWS::RDS::DBInstance").values()

    assert [one["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] for one in services] == [
        "DISABLED"
    ] * 4
    assert balancer["Scheme"] == "internal"
    assert database["PubliclyAccessible"] is False
    assert not any(one["MapPublicIpOnLaunch"] for one in of_type(dagster, "AWS::EC2::Subnet").values())
    (address,) = [body for body in dagster["Resources"].values() if body["Type"] == "AWS::EC2::EIP"]
    assert dagster["Conditions"][address["Condition"]] == {"Fn::Equals": [{"Ref": "WayOut"}, "nat"]}


def test_the_database_is_not_lost_with_the_stack(dagster: Template) -> None:
    (database,) = [body for body in dagster["Resources"].values() if body["Type"] == "AWS::RDS::DBInstance"]
    told = database["Properties"]

    assert (database["DeletionPolicy"], database["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")
    assert (told["DeletionProtection"], told["StorageEncrypted"], told["BackupRetentionPeriod"]) == (True, True, 14)
    assert (told["ManageMasterUserPassword"], told["EnableIAMDatabaseAuthentication"]) == (True, True)


def test_nobody_reaches_a_web_server_without_a_login(dagster: Template) -> None:
    rules = of_type(dagster, "AWS::ElasticLoadBalancingV2::ListenerRule").values()
    (listener,) = of_type(dagster, "AWS::ElasticLoadBalancingV2::Listener").values()

    for rule in rules:
        first, second = sorted(rule["Actions"], key=lambda action: action["Order"])
        assert (first["Type"], second["Type"]) == ("authenticate-oidc", "forward")
        assert first["AuthenticateOidcConfig"]["OnUnauthenticatedRequest"] == "authenticate"
    assert len(rules) == 2
    assert [action["Type"] for action in listener["DefaultActions"]] == ["fixed-response"]
    assert listener["Protocol"] == "HTTPS"


def test_secrets_are_references(dagster: Template) -> None:
    containers = [one["ContainerDefinitions"][0] for one in of_type(dagster, "AWS::ECS::TaskDefinition").values()]
    secret = {name for kind in TASKS for name in secrets_of(dagster, kind, webhook=WEBHOOK)}
    plain = {name["Name"] for one in containers for name in one["Environment"]}
    logins = [
        json.dumps(action["AuthenticateOidcConfig"]["ClientSecret"])
        for rule in of_type(dagster, "AWS::ElasticLoadBalancingV2::ListenerRule").values()
        for action in rule["Actions"]
        if action["Type"] == "authenticate-oidc"
    ]

    assert secret == {"DAGSTER_POSTGRES_ADMIN", "DAGSTER_POSTGRES_ADMIN_PASSWORD", "LAKE_ALERT_WEBHOOK"}
    assert not {name for name in plain if "PASSWORD" in name or "WEBHOOK" in name}
    assert all("{{resolve:secretsmanager:${Secret}:SecretString}}" in login for login in logins)


def test_the_address_of_alerts_is_a_secret_of_the_code_server_where_there_is_one(dagster: Template) -> None:
    without = {kind: secrets_of(dagster, kind, webhook="") for kind in TASKS}
    given = {kind: secrets_of(dagster, kind, webhook=WEBHOOK) for kind in TASKS}

    assert given == {**without, "Code": {"LAKE_ALERT_WEBHOOK": WEBHOOK}}
    assert without["Code"] == {}


@pytest.mark.parametrize(
    ("webhook", "kind", "secret", "allowed"),
    [
        (WEBHOOK, "code", WEBHOOK, True),
        (WEBHOOK, "code", WEBHOOK.replace("webhook", "other"), False),
        (WEBHOOK, "run", WEBHOOK, False),
        (WEBHOOK, "viewer", WEBHOOK, False),
        ("", "code", WEBHOOK, False),
    ],
)
def test_ecs_reads_the_address_for_the_code_server_alone(
    webhook: str, kind: str, secret: str, allowed: bool, dagster: Template
) -> None:
    policies = read_policies(dagster, with_webhook(webhook))

    told = decide(policies, Request(f"{ROLE}/lake-dagster-start-{kind}", "secretsmanager:GetSecretValue", secret, {}))

    assert told.allowed is allowed, told.reason


def test_what_loads_the_definitions_is_told_what_was_chosen(dagster: Template) -> None:
    """The pace of looks, and the packages of the jobs: another word of these than the jobs have refuses every run."""
    chosen = {
        "LAKE_GLUE_PYTHON_MODULES": {"Ref": "LakeGluePythonModules"},
        "LAKE_SWEEP_SECONDS": {"Ref": "SweepSeconds"},
    }
    told = {
        kind: {one["Name"]: one["Value"] for one in container_of(dagster, kind)["Environment"] if one["Name"] in chosen}
        for kind in TASKS
    }

    assert told == {kind: chosen if kind in LOADS_DEFINITIONS else {} for kind in TASKS}
    assert [dagster["Parameters"][name]["Default"] for name in ("LakeGluePythonModules", "SweepSeconds")] == ["", 900]


def test_one_daemon_at_a_time(dagster: Template) -> None:
    services = {
        one["ServiceName"]: one["DeploymentConfiguration"] for one in of_type(dagster, "AWS::ECS::Service").values()
    }

    assert (services["daemon"]["MinimumHealthyPercent"], services["daemon"]["MaximumPercent"]) == (0, 100)
    assert all(one["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True} for one in services.values())


def test_every_kind_of_task_has_roles_a_log_and_a_read_only_disk(dagster: Template) -> None:
    definitions = of_type(dagster, "AWS::ECS::TaskDefinition").values()
    starters = [json.dumps(one["ExecutionRoleArn"]) for one in definitions]

    assert len(definitions) == len(TASKS) == len(set(starters))
    assert all(one["TaskRoleArn"] != one["ExecutionRoleArn"] for one in definitions)
    assert all(one["ContainerDefinitions"][0]["ReadonlyRootFilesystem"] for one in definitions)
    assert all(one["ContainerDefinitions"][0]["LogConfiguration"]["LogDriver"] == "awslogs" for one in definitions)
    assert {group["RetentionInDays"] for group in of_type(dagster, "AWS::Logs::LogGroup").values()} == {90}


def test_the_outputs_of_the_data_stack_are_the_parameters(dagster: Template) -> None:
    """So that `describe-stacks` of the one can be handed to the other as it stands."""
    for name in ("lake", "lake-cluster"):
        outputs: dict[str, Any] = json.loads((HOME / "templates" / f"{name}.template.json").read_text())["Outputs"]
        assert outputs.keys() - dagster["Parameters"].keys() == set()


def test_the_network_is_that_of_the_data_stack(dagster: Template, template: Template) -> None:
    shared = {one["Name"]["Fn::Join"][1][-1] for one in of_type(template, "AWS::SSM::Parameter").values()}
    asked = {
        one["Default"].removeprefix("/lake")
        for name, one in dagster["Parameters"].items()
        if name.startswith("Network")
    }

    assert asked == shared


def test_the_image_has_what_the_tasks_start(dagster: Template) -> None:
    dockerfile = (HOME / "dagster" / "Dockerfile").read_text(encoding="utf-8")
    for one in of_type(dagster, "AWS::ECS::TaskDefinition").values():
        for word in one["ContainerDefinitions"][0].get("Command", []):
            if word.startswith("/opt/"):
                assert Path(word).name in dockerfile


def test_code_server_and_runs_take_the_orchestrator_role_of_the_data_stack(
    template: Template, dagster: Template
) -> None:
    policies = read_policies(template, Account(number=ACCOUNT))
    taken = Request(
        "ecs-tasks.amazonaws.com", "sts:AssumeRole", f"{ROLE}/lake-orchestrator", {"aws:SourceAccount": ACCOUNT}
    )
    definitions = of_type(dagster, "AWS::ECS::TaskDefinition").items()

    assert decide(policies, taken).allowed
    for name, one in definitions:
        is_orchestrator = json.dumps(one["TaskRoleArn"]).endswith('"-orchestrator"]]}')
        assert is_orchestrator == name.startswith(("TasksCode", "TasksRun"))


def test_names_fit_whatever_the_prefix_is(dagster: Template) -> None:
    """A load balancer, its target groups: 32 characters; a role: 64; a database: 63; a bucket: 63."""
    longest = Account(region="ap-southeast-99", parameters={"Prefix": "abcdefghijklmnop"})
    resolver = Resolver(dagster, longest)
    limits = {
        "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Name", 32),
        "AWS::ElasticLoadBalancingV2::TargetGroup": ("Name", 32),
        "AWS::IAM::Role": ("RoleName", 64),
        "AWS::RDS::DBInstance": ("DBInstanceIdentifier", 63),
        "AWS::S3::Bucket": ("BucketName", 63),
    }

    for kind, (key, most) in limits.items():
        for name, one in of_type(dagster, kind).items():
            assert len(str(resolver.resolve(one[key], name))) <= most, name


def test_the_launcher_is_given_both_groups_of_a_run(dagster: Template) -> None:
    """Its own, and that of the clients of the warehouse."""
    (daemon,) = [
        one["ContainerDefinitions"][0]
        for name, one in of_type(dagster, "AWS::ECS::TaskDefinition").items()
        if name.startswith("TasksDaemon")
    ]
    told = {one["Name"]: one["Value"] for one in daemon["Environment"]}

    assert told["DAGSTER_RUN_SECURITY_GROUPS"]["Fn::Join"] == [
        ",",
        [{"Fn::GetAtt": [group_of(dagster, "Run"), "GroupId"]}, {"Ref": "NetworkClients"}],
    ]


def test_log_groups_that_services_make_are_there_first(dagster: Template) -> None:
    """Made by RDS and ECS they would never expire."""
    database, cluster = (
        next(body for body in dagster["Resources"].values() if body["Type"] == kind)
        for kind in ("AWS::RDS::DBInstance", "AWS::ECS::Cluster")
    )
    names = {name: json.dumps(one["LogGroupName"]) for name, one in of_type(dagster, "AWS::Logs::LogGroup").items()}
    waited = [names[name] for name in database["DependsOn"] if name in names]

    assert len([name for name in waited if "/aws/rds/instance/" in name]) == 2
    assert {name for name in names if name in cluster["DependsOn"]} == {
        name for name in names if "/aws/" in names[name]
    }
