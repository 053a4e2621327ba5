"""The production instance of Dagster: its own files, a real PostgreSQL, and a moto server in place of S3 and ECS."""

import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from moto.moto_api import state_manager
from moto.server import ThreadedMotoServer

from lake_platform.aws.run_storage import RunStorage, prepare_run_storage
from lake_platform_tests.production.fargate import REGION, Fargate
from lake_platform_tests.production.postgres import ADMIN, PASSWORD, Postgres, free_port, running_postgres
from lake_platform_tests.production.template import HOME, ROOT

LOGS = "dagster-logs"


@dataclass(frozen=True)
class Production:
    """What the tests of this package share."""

    postgres: Postgres
    fargate: Fargate
    prepared: list[str]

    def instance(self) -> dg.DagsterInstance:
        """The instance as another process sees it: nothing is kept between two of them."""
        return dg.DagsterInstance.from_config(str(HOME))


@pytest.fixture(scope="package")
def environment() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="package")
def aws(environment: pytest.MonkeyPatch) -> Iterator[None]:
    """A moto server; the clients of this process and of those that it starts find it by their variables."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        environment.setenv(name, value)
    # Tasks run until they are ended.
    state_manager.set_transition(model_name="ecs::task", transition={"progression": "manual", "times": 1_000_000})
    yield
    state_manager.unset_transition(model_name="ecs::task")
    server.stop()


@pytest.fixture(scope="package")
def production(
    aws: None, environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Production]:
    """The variables that the stack sets, and a storage that was prepared."""
    folder = tmp_path_factory.mktemp("production")
    cluster, variables = _cluster()
    with running_postgres(folder / "postgres") as postgres:
        for name, value in {
            **variables,
            "DAGSTER_HOME": str(HOME),
            "DAGSTER_POSTGRES_HOST": postgres.host,
            "DAGSTER_POSTGRES_PORT": str(postgres.port),
            "DAGSTER_POSTGRES_DATABASE": postgres.database,
            "DAGSTER_POSTGRES_USER": "dagster",
            "DAGSTER_SCRATCH": str(folder / "scratch"),
            "DAGSTER_LOGS_BUCKET": LOGS,
            "DAGSTER_CODE_SERVER": "127.0.0.1",
            "DAGSTER_CODE_SERVER_PORT": str(free_port()),
        }.items():
            environment.setenv(name, value)
        admin = {"DAGSTER_POSTGRES_ADMIN": ADMIN, "DAGSTER_POSTGRES_ADMIN_PASSWORD": PASSWORD}
        prepared = prepare_run_storage(RunStorage.from_environment({**os.environ, **admin}))
        fargate = Fargate(cluster, folder / "tasks")
        yield Production(postgres, fargate, prepared)
        fargate.close()


@pytest.fixture(scope="package")
def code_server(production: Production, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The code server, with jobs of the tests."""
    port = os.environ["DAGSTER_CODE_SERVER_PORT"]
    module = "lake_platform_tests.production.jobs"
    path = tmp_path_factory.mktemp("code") / "log"
    command = ["dagster", "code-server", "start", "-h", "127.0.0.1", "-p", port, "-m", module]
    with path.open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_for_port(int(port), server, path)
        yield
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for_port(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until the server takes connections."""
    deadline = time.monotonic() + 90
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)


@pytest.fixture
def instance(production: Production) -> Iterator[dg.DagsterInstance]:
    with production.instance() as instance:
        yield instance


@pytest.fixture
def workspace(instance: dg.DagsterInstance, code_server: None) -> Iterator[WorkspaceProcessContext]:
    """What the daemon has loaded."""
    with WorkspaceProcessContext(instance, WorkspaceFileTarget([str(HOME / "workspace.yaml")])) as loaded:
        yield loaded


def _cluster() -> tuple[str, dict[str, str]]:
    """A cluster and all that a task of it needs, and their names for the launcher."""
    ec2: Any = boto3.client("ec2")
    ecs: Any = boto3.client("ecs")
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket=LOGS)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    # moto cannot give a task an address without it
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in (1, 2)]
    groups = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("run", "clients")
    ]
    cluster = ecs.create_cluster(clusterName="lake")["cluster"]["clusterArn"]
    definition = ecs.register_task_definition(
        family="lake-dagster-run",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="1024",
        memory="4096",
        containerDefinitions=[{"name": "run", "image": "lake", "memory": 4096}],
    )["taskDefinition"]["taskDefinitionArn"]
    for client in (ec2, ecs, s3):
        client.close()
    return cluster, {
        "DAGSTER_ECS_CLUSTER": cluster,
        "DAGSTER_RUN_TASK_DEFINITION": definition,
        "DAGSTER_RUN_SUBNETS": ", ".join(subnets),
        "DAGSTER_RUN_SECURITY_GROUPS": ",".join(groups),
    }
