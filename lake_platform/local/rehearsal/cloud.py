"""The servers of one rehearsal, and what an account would have: buckets, queue, topic, secret, role."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

import boto3
from botocore.config import Config

from lake_platform.errors import RehearsalServerError, SettingsError
from lake_platform.local.aws_requests import RequestLog
from lake_platform.local.glue import GlueEndpoint, ScriptHost
from lake_platform.local.glue.script import S3A_JARS, SHORT_LIVED
from lake_platform.local.redshift import ensure_endpoint, stop_endpoint
from lake_platform.spark.jars import default_cache, ensure_jars
from lake_platform.spark.java import find_java_home

REGION = "us-east-1"
LANDING, LAKE, CODE = "rehearsal-landing", "rehearsal-lake", "rehearsal-code"
ROLE = "arn:aws:iam::123456789012:role/rehearsal-glue"
Actor = Literal["orchestrator", "glue_jobs", "warehouse", "deployer"]
"""Who calls AWS: Dagster's processes, the jobs, COPY, and `lake deploy-jobs`; each with an access key of its own."""
ACTORS: tuple[Actor, ...] = get_args(Actor)
Through = Callable[[str], AbstractContextManager[str]]
"""From the address of a server to that of one before it."""
_FOREIGN = ("AWS_", "LAKE_")


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """What runs, and how to reach it.

    Attributes:
        url: of the server that plays all but the Glue jobs.
        environment: all that the orchestrator is told, in variables.
        credentials: the variables of each actor's temporary credentials.
        requests: where both servers write down what they are asked.
        pii_key: what the secret of LAKE_PII_KEY_FROM holds.
        queue, topic: of arrivals and of alerts; `heard` is a queue that has subscribed to the topic.
    """

    url: str
    glue: GlueEndpoint
    environment: Mapping[str, str]
    credentials: Mapping[Actor, Mapping[str, str]]
    requests: Path
    pii_key: str
    queue: str
    topic: str
    heard: str

    @property
    def deployer(self) -> Mapping[str, str]:
        """The environment of `lake deploy-jobs`."""
        return {**self.environment, **self.credentials["deployer"]}

    @property
    def secrets(self) -> Mapping[str, str]:
        """All that nobody may read anywhere, by whose it is."""
        keys = {
            f"{actor} {name}": value
            for actor, told in self.credentials.items()
            for name, value in told.items()
            if name != "AWS_ACCESS_KEY_ID"
        }
        password = "LAKE_REDSHIFT_PASSWORD"
        return {**keys, password: self.environment[password], "LAKE_PII_KEY_FROM": self.pii_key}

    def printed(self) -> Iterator[tuple[str, str]]:
        """What servers and jobs printed, each with the name of its log."""
        for path in sorted(Path(self.environment["LAKE_HOME"]).rglob("*.log")):
            yield path.name, path.read_text(errors="replace")
        logs = self.client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            name = group["logGroupName"]
            pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=name)
            for stream in [each["logStreamName"] for page in pages for each in page["logStreams"]]:
                events = logs.get_log_events(logGroupName=name, logStreamName=stream, startFromHead=True)["events"]
                yield f"{name} {stream}", "\n".join(each["message"] for each in events)
        logs.close()

    def client(self, service: str) -> Any:
        """A client for whoever looks at the account from outside."""
        return _client(service, self.glue.url if service == "glue" else self.url)


@contextmanager
def open_cloud(
    home: Path, *, versioned: bool = True, startup_seconds: float = 0.0, through: Through = nullcontext
) -> Generator[Cloud]:
    """Starts the servers on free ports of 127.0.0.1 and makes the account; ends them with the block.

    Args:
        home: for the warehouse, and for `logs/` of the servers.
        versioned: whether the landing bucket keeps versions.
        startup_seconds: how long a Glue run takes to start.
        through: puts a server before the one that plays AWS, for the actors; whoever looks from outside asks that one.

    Raises:
        SettingsError: moto is not installed.
        RehearsalServerError: a server does not come up.
    """
    credentials: dict[Actor, Mapping[str, str]] = {actor: _credentials(actor) for actor in ACTORS}
    pii_key = f"canary-{secrets.token_hex(16)}"
    logs = home / "logs"
    logs.mkdir(parents=True)
    requests = logs / "requests.jsonl"
    with ExitStack() as stack:
        behind = stack.enter_context(recording_server(logs))
        url = stack.enter_context(through(behind))
        basics = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": url}
        basics |= {"AWS_EC2_METADATA_DISABLED": "true", "NO_PROXY": "127.0.0.1"}
        host = _script_host(url, credentials["glue_jobs"])
        glue = GlueEndpoint(host, startup_seconds=startup_seconds, log=RequestLog(requests))
        stack.callback(glue.close)
        account = _make_account(lambda service: _client(service, behind), pii_key, versioned=versioned)
        stack.callback(stop_endpoint, home)
        with environment({**basics, **credentials["warehouse"]}):
            warehouse = ensure_endpoint(home)
        yield Cloud(
            url=behind,
            glue=glue,
            credentials=credentials,
            requests=requests,
            pii_key=pii_key,
            queue=account["LAKE_ARRIVALS_QUEUE"],
            topic=account["LAKE_ALERT_TOPIC"],
            heard=account.pop("heard"),
            environment={
                **basics,
                **credentials["orchestrator"],
                **account,
                "AWS_ENDPOINT_URL_GLUE": glue.url,
                "LAKE_BACKEND": "aws",
                "LAKE_HOME": str(home),
                "LAKE_LANDING_BUCKET": LANDING,
                "LAKE_BUCKET": LAKE,
                "LAKE_CODE_BUCKET": CODE,
                "LAKE_GLUE_ROLE": ROLE,
                "LAKE_REDSHIFT_HOST": warehouse.host,
                "LAKE_REDSHIFT_PORT": str(warehouse.port),
                "LAKE_REDSHIFT_DATABASE": warehouse.database,
                "LAKE_REDSHIFT_USER": warehouse.user,
                "LAKE_REDSHIFT_PASSWORD": warehouse.password,
                "LAKE_REDSHIFT_TLS": "off",
                "LAKE_REDSHIFT_COPY_ROLE": ROLE,
            },
        )


@contextmanager
def environment(values: Mapping[str, str], *, kept: tuple[str, ...] = ()) -> Generator[None]:
    """These variables, and of AWS and the platform no others but `kept`, inside the block."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(_FOREIGN) and name not in kept:
            del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def recording_server(logs: Path) -> Generator[str]:
    """The address of a server that plays S3 and the rest.

    Args:
        logs: a folder: what is asked goes to `requests.jsonl`, what the server prints to `aws_server.log`.

    Raises:
        SettingsError: moto is not installed.
        RehearsalServerError: the server does not come up.
    """
    if find_spec("moto") is None:
        raise SettingsError(
            "the rehearsal needs moto, which is not installed: `make setup`, or pip install 'moto[server]'"
        )
    with (logs / "aws_server.log").open("ab") as printed:
        process = subprocess.Popen(
            [sys.executable, "-m", "lake_platform.local.rehearsal.aws_server", str(logs / "requests.jsonl")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=printed,
            text=True,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        if not url:
            raise RehearsalServerError("the server that plays AWS", process.wait())
        yield url
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def _credentials(actor: str) -> dict[str, str]:
    """Temporary ones, as a role gives them."""
    return {
        "AWS_ACCESS_KEY_ID": access_key(actor),
        "AWS_SECRET_ACCESS_KEY": f"canary-{secrets.token_hex(16)}",
        "AWS_SESSION_TOKEN": f"canary-{secrets.token_hex(16)}",
    }


def access_key(actor: str) -> str:
    """By it the servers know who calls."""
    return f"ASIA{actor.replace('_', '').upper()}"


def _script_host(url: str, credentials: Mapping[str, str]) -> ScriptHost:
    return ScriptHost(
        aws=url,
        credentials=credentials,
        region=REGION,
        s3a_jars=ensure_jars(default_cache(os.environ), os.environ, jars=S3A_JARS),
        java_home=str(find_java_home(os.environ)),
        java_options=SHORT_LIVED,
    )


def _make_account(client: Any, pii_key: str, *, versioned: bool) -> dict[str, str]:
    """Buckets, a queue with a dead-letter queue that S3 writes to, a topic somebody hears, a secret."""
    s3, sqs, sns = client("s3"), client("sqs"), client("sns")
    for bucket in (LANDING, LAKE, CODE):
        s3.create_bucket(Bucket=bucket)
    if versioned:
        s3.put_bucket_versioning(Bucket=LANDING, VersioningConfiguration={"Status": "Enabled"})
    dead = _arn(sqs, sqs.create_queue(QueueName="rehearsal-dead")["QueueUrl"])
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 5})
    queue = sqs.create_queue(QueueName="rehearsal-arrivals", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    told = {"QueueConfigurations": [{"QueueArn": _arn(sqs, queue), "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=LANDING, NotificationConfiguration=told)
    topic = sns.create_topic(Name="rehearsal-alerts")["TopicArn"]
    heard = sqs.create_queue(QueueName="rehearsal-heard")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=_arn(sqs, heard))
    secret = client("secretsmanager").create_secret(Name="rehearsal-pii", SecretString=pii_key)["ARN"]
    return {"LAKE_ARRIVALS_QUEUE": queue, "LAKE_ALERT_TOPIC": topic, "LAKE_PII_KEY_FROM": secret, "heard": heard}


def _arn(sqs: Any, url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _client(service: str, url: str) -> Any:
    session: Any = boto3.session.Session(
        aws_access_key_id=access_key("outside"), aws_secret_access_key="outside", region_name=REGION
    )
    return session.client(service, endpoint_url=url, config=Config(proxies={}))
