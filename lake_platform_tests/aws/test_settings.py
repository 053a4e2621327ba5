"""What the environment must say for LAKE_BACKEND=aws, and what becomes of it."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from lake_platform.aws.calls import connect
from lake_platform.aws.redshift import PASSWORD, build_aws_redshift
from lake_platform.aws.resources import s3_client
from lake_platform.aws.settings import AwsSettings
from lake_platform.aws.sns import connect_sns
from lake_platform.cli.main import cli
from lake_platform.definitions import build_resources
from lake_platform.errors import SettingsError
from lake_platform.lake.lake import Lake
from lake_platform.lake.stores.s3 import S3Store
from lake_platform.settings import Settings
from lake_platform.spark.glue.connect import connect as connect_glue

SERVERLESS = {
    "LAKE_BACKEND": "aws",
    "LAKE_LANDING_BUCKET": "my-landing",
    "LAKE_BUCKET": "my-lake",
    "LAKE_CODE_BUCKET": "my-code",
    "LAKE_REDSHIFT_WORKGROUP": "etl",
    "AWS_REGION": "eu-central-1",
}
HOST = {"LAKE_REDSHIFT_WORKGROUP": "", "LAKE_REDSHIFT_HOST": "db.example", "LAKE_REDSHIFT_USER": "etl", PASSWORD: "canary-1"}  # fmt: skip
CLUSTER = {"LAKE_REDSHIFT_WORKGROUP": "", "LAKE_REDSHIFT_CLUSTER": "main", "LAKE_REDSHIFT_USER": "etl"}


@pytest.mark.parametrize("name", ["LAKE_LANDING_BUCKET", "LAKE_BUCKET", "LAKE_CODE_BUCKET", "LAKE_REDSHIFT_WORKGROUP", "AWS_REGION"])  # fmt: skip
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    set_environment(monkeypatch, {**SERVERLESS, name: ""})

    with pytest.raises(SettingsError, match=f"^{name} is not set"):
        build_resources(Settings.from_environment())


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"LAKE_REDSHIFT_CLUSTER": "main"}, "LAKE_REDSHIFT_WORKGROUP and LAKE_REDSHIFT_CLUSTER are both set"),
        ({**CLUSTER, "LAKE_REDSHIFT_USER": ""}, "LAKE_REDSHIFT_USER is not set"),
        ({**HOST, PASSWORD: ""}, "LAKE_REDSHIFT_PASSWORD is not set"),
        ({"LAKE_REDSHIFT_PORT": "many"}, "LAKE_REDSHIFT_PORT is 'many'"),
        ({**HOST, "LAKE_REDSHIFT_TLS": "off"}, "LAKE_REDSHIFT_TLS=off is for LAKE_REDSHIFT_HOST on this machine"),
        ({"LAKE_REDSHIFT_TLS": "maybe"}, "LAKE_REDSHIFT_TLS is 'maybe'"),
        ({"LAKE_ALERT_TOPIC": "alerts"}, "LAKE_ALERT_TOPIC is 'alerts'"),
        ({"LAKE_KMS_KEY": "alias/lake"}, "LAKE_KMS_KEY is 'alias/lake': set it to the ARN of a key"),
        ({"LAKE_REDSHIFT_COPY_ROLE": "copy"}, "LAKE_REDSHIFT_COPY_ROLE is 'copy': set it to the ARN of a role"),
        ({"LAKE_ARRIVALS_QUEUE": "arrivals"}, "LAKE_ARRIVALS_QUEUE is 'arrivals'"),
        ({"LAKE_SWEEP_SECONDS": "often"}, "LAKE_SWEEP_SECONDS is 'often'"),
    ],
    ids=lambda value: value.split(" ")[0] if isinstance(value, str) else "",
)
def test_what_cannot_be_used_is_named(changed: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        AwsSettings.from_environment({**SERVERLESS, **changed})


@pytest.mark.parametrize(
    ("changed", "arguments"),
    [
        ({}, {"iam": True, "is_serverless": True, "serverless_work_group": "etl", "region": "eu-central-1"}),
        (CLUSTER, {"iam": True, "cluster_identifier": "main", "db_user": "etl", "region": "eu-central-1"}),
        (HOST, {"iam": False, "host": "db.example", "user": "etl", "password": "canary-1", "sslmode": "verify-full"}),
        ({**HOST, "LAKE_REDSHIFT_HOST": "127.0.0.1", "LAKE_REDSHIFT_TLS": "off"}, {"ssl": False, "host": "127.0.0.1"}),
    ],
    ids=["workgroup", "cluster", "host", "tunnel"],
)
def test_the_driver_is_given_what_the_variables_say(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], arguments: dict[str, Any]
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr("redshift_connector.connect", lambda **told: given.update(told) or _Refusing())
    set_environment(monkeypatch, {**SERVERLESS, **changed})
    redshift = build_aws_redshift(AwsSettings.from_environment())

    with pytest.raises(_ReachedError), redshift.autocommit(query_group="x"):
        pass

    assert {name: given.get(name) for name in arguments} == arguments
    assert "password_variable" not in given
    assert ("sslmode" in given) == bool(given["ssl"])


def test_no_resource_holds_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, {**SERVERLESS, **HOST})

    resources = build_resources(Settings.from_environment())

    assert "canary-1" not in repr(resources)
    assert "canary-1" not in str(resources["redshift"].model_dump())  # pyright: ignore[reportAttributeAccessIssue]


def test_personal_data_without_a_key_by_reference_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, SERVERLESS)
    lake = build_resources(Settings.from_environment())["lake"]
    assert isinstance(lake, Lake)

    with pytest.raises(SettingsError, match="LAKE_PII_KEY_FROM is not set"):
        lake.read_pii_key()

    monkeypatch.setenv("LAKE_PII_KEY_FROM", "ssm:/lake/pii")
    lake = build_resources(Settings.from_environment())["lake"]
    assert isinstance(lake, Lake)
    assert lake.read_pii_key() == ""


@pytest.mark.parametrize(
    "make", [lambda: connect("sqs"), lambda: connect_sns("sns"), lambda: connect_glue("glue"), s3_client],
    ids=["calls", "alerts", "jobs", "objects"],
)  # fmt: skip
@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_clients_are_in_the_region_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], Any], variable: str
) -> None:
    """boto3 itself reads AWS_DEFAULT_REGION only."""
    monkeypatch.delenv("AWS_REGION", raising=False)
    set_environment(monkeypatch, {variable: "eu-south-2"})

    client = make()

    assert client.meta.region_name == "eu-south-2"
    client.close()


def test_the_lake_is_listed_without_its_old_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 is not asked, so nobody needs the right to: a client that were made here would raise."""
    set_environment(monkeypatch, SERVERLESS)
    lake = build_resources(Settings.from_environment())["lake"]
    assert isinstance(lake, Lake)
    assert isinstance(lake.lake, S3Store)

    monkeypatch.setattr(lake.lake, "_make", None)

    assert not lake.lake.keeps_versions()


def set_environment(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    """These variables and no others that count."""
    for name in ("AWS_DEFAULT_REGION", "LAKE_PII_KEY_FROM", "LAKE_REDSHIFT_HOST", "LAKE_REDSHIFT_CLUSTER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)


class _ReachedError(Exception):
    pass


class _Refusing:
    def __setattr__(self, name: str, value: object) -> None:
        raise _ReachedError


@pytest.mark.parametrize("command", ["up", "demo"])
def test_commands_of_the_local_backend_say_so(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    set_environment(monkeypatch, SERVERLESS)

    result = CliRunner().invoke(cli, [command])

    assert (result.exit_code, result.output) == (2, f"`lake {command}` is of the local backend: unset LAKE_BACKEND\n")
