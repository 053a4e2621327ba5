"""Temporary credentials: the real driver asks for them over a socket and connects with them, over verified TLS."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from redshift_connector.iam_helper import IamHelper

from lake_platform.aws.redshift import build_aws_redshift
from lake_platform.aws.settings import AwsSettings
from lake_platform.local.redshift import Endpoint, ensure_endpoint, stop_endpoint
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform_tests.aws.credentials_server import CredentialsServer, credentials_server

pytestmark = [
    pytest.mark.warehouse,
    # The driver's own.
    pytest.mark.filterwarnings("ignore:ssl:DeprecationWarning"),
]

WORKGROUP = {"LAKE_REDSHIFT_WORKGROUP": "etl"}
CLUSTER = {"LAKE_REDSHIFT_CLUSTER": "main", "LAKE_REDSHIFT_USER": "loader"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("iam")
    yield home
    stop_endpoint(home)


@pytest.fixture(scope="module")
def endpoint(home: Path) -> Endpoint:
    return ensure_endpoint(home)


@pytest.fixture
def account(endpoint: Endpoint, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CredentialsServer]:
    """What the environment of the platform says, but for the warehouse."""
    IamHelper.credentials_cache.clear()
    with credentials_server(endpoint) as server:
        for name, value in {
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL_REDSHIFT": server.url,
            "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS": server.url,
            "NO_PROXY": "127.0.0.1",
            # The authority that signed the endpoint's certificate, as Amazon's signed that of Redshift.
            "SSL_CERT_FILE": str(home / "warehouse" / "ca.pem"),
        }.items():
            monkeypatch.setenv(name, value)
        for name in (*WORKGROUP, *CLUSTER, "LAKE_REDSHIFT_HOST", "LAKE_REDSHIFT_PASSWORD", "AWS_ENDPOINT_URL"):
            monkeypatch.delenv(name, raising=False)
        yield server


def reached(monkeypatch: pytest.MonkeyPatch, told: dict[str, str]) -> RedshiftResource:
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return build_aws_redshift(AwsSettings.from_environment())


def who(redshift: RedshiftResource) -> object:
    with redshift.autocommit(query_group="who") as session:
        return session.query_one("SELECT current_user")[0]


def test_a_workgroup_is_found_and_gives_credentials(
    account: CredentialsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert who(reached(monkeypatch, WORKGROUP)) == account.endpoint.user

    assert dict(account.asked) == {
        "GetWorkgroup": {"workgroupName": "etl"},
        "GetCredentials": {"dbName": "dev", "workgroupName": "etl"},
    }


def test_a_cluster_is_found_and_gives_credentials_for_the_user(
    account: CredentialsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert who(reached(monkeypatch, CLUSTER)) == account.endpoint.user

    asked = dict(account.asked)
    assert asked["DescribeClusters"]["ClusterIdentifier"] == "main"
    request = asked["GetClusterCredentials"]
    assert {name: request[name] for name in ("ClusterIdentifier", "DbUser", "DbName", "AutoCreate")} == {
        "ClusterIdentifier": "main",
        "DbUser": "loader",
        "DbName": "dev",
        "AutoCreate": "false",
    }


@pytest.mark.parametrize("told", [WORKGROUP, CLUSTER], ids=["workgroup", "cluster"])
@pytest.mark.parametrize(("lifetime", "times"), [(15, 1), (-1, 2)], ids=["valid", "expired"])
def test_credentials_are_asked_for_again_where_they_have_expired(
    account: CredentialsServer, monkeypatch: pytest.MonkeyPatch, told: dict[str, str], lifetime: int, times: int
) -> None:
    account.lifetime = dt.timedelta(minutes=lifetime)
    redshift = reached(monkeypatch, told)

    who(redshift)
    who(redshift)

    assert sum("Credentials" in operation for operation, _ in account.asked) == times


def test_a_certificate_of_somebody_else_is_refused(
    account: CredentialsServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))

    with pytest.raises(Exception, match=r"(?i)certificate"):
        who(reached(monkeypatch, WORKGROUP))
