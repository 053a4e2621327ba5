"""What a job leaves of an error, where it reads its key, and that watching it cannot fail it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from pyspark.errors import AnalysisException

from glue_jobs.command import describe_failure
from glue_jobs.errors import SecretReferenceError, TransformError
from glue_jobs.progress import CONTEXT_ARGUMENT, MESSAGES_ARGUMENT, begun, ended, opened_pipes
from glue_jobs.protocol import JobFailure, JobReport, JobRequest, PartitionReport, PartitionWork, failure_url
from glue_jobs.references import is_reference, read_reference
from lake_platform_tests.aws.faulty import Faults, faulty

REQUEST = JobRequest(
    job="process",
    dataset="flights",
    token="t1",
    output="s3://lake/o",
    partitions=(PartitionWork(partition="2024-01-01", token="p", files=()),),
    columns=(),
)


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (TransformError("m:f", "flights", "loses rows"), True),
        (AnalysisException("no column x"), True),
        (MemoryError("heap"), False),
        (OSError("connection reset"), False),
    ],
    ids=["our own", "Spark's analysis", "memory", "network"],
)
def test_a_failure_says_whether_it_comes_again(error: Exception, refused: bool) -> None:
    failure = describe_failure(REQUEST, error)

    assert (failure.error, failure.refused) == (type(error).__name__, refused)
    assert JobFailure.from_json(failure.to_json()) == failure


def test_a_failure_holds_the_message_without_the_stack_of_java() -> None:
    failure = describe_failure(REQUEST, RuntimeError("it broke\n\tat org.apache.Spark.run(Spark.scala:1)"))

    assert failure.message == "it broke"
    assert len(describe_failure(REQUEST, RuntimeError("x" * 9000)).message) == 2000


def test_request_and_failure_stand_side_by_side() -> None:
    assert failure_url("s3://lake/jobs/request/t/request-a1.json") == "s3://lake/jobs/request/t/failure-a1.json"


def test_a_reference_is_told_from_a_value() -> None:
    assert is_reference("arn:aws:secretsmanager:eu-central-1:1:secret:x")
    assert is_reference("arn:aws:ssm:eu-central-1:1:parameter/lake/pii")
    assert is_reference("ssm:/lake/pii")
    assert not is_reference("a key")
    assert not is_reference("ssm:")
    with pytest.raises(SecretReferenceError) as refused:
        read_reference("a key")
    assert "a key" not in str(refused.value)


@pytest.fixture
def aws(aws_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The environment of a job."""
    for name, value in {
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    return aws_url


def client(service: str) -> Any:
    make: Any = boto3.client
    return make(service)


@pytest.mark.s3
def test_the_key_is_read_from_where_the_reference_says(aws: str) -> None:
    secrets, parameters = client("secretsmanager"), client("ssm")
    arn = secrets.create_secret(Name="command/pii", SecretString="one")["ARN"]
    parameters.put_parameter(Name="/command/pii", Value="two", Type="SecureString")
    parameter = parameters.get_parameter(Name="/command/pii")["Parameter"]["ARN"]

    assert [read_reference(reference) for reference in (arn, "ssm:/command/pii", parameter)] == ["one", "two", "two"]
    with pytest.raises(SecretReferenceError, match=r"ssm:/none cannot be read .*role of the job may read"):
        read_reference("ssm:/none")
    for made in (secrets, parameters):
        made.close()


@pytest.mark.s3
def test_a_secret_that_is_refused_for_now_is_no_fault_of_the_reference(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the job would be told as one that fails again, and nobody would try it again."""
    faults = Faults(secrets=1)
    with faulty(aws, faults) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none"

        with pytest.raises(ClientError, match="ExpiredToken"):
            read_reference(arn)
        with pytest.raises(SecretReferenceError, match="ResourceNotFound"):
            read_reference(arn)


@pytest.mark.s3
@pytest.mark.parametrize("region", ["", "us-east-1"], ids=["in the ARN", "AWS_REGION"])
def test_a_reference_is_read_in_its_own_region(aws: str, region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets, parameters = client("secretsmanager"), client("ssm")
    arn = secrets.create_secret(Name=f"region/{region}", SecretString="one")["ARN"]
    parameters.put_parameter(Name=f"/region/{region}", Value="one", Type="SecureString")
    for made in (secrets, parameters):
        made.close()
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_REGION", region)

    assert read_reference(f"ssm:/region/{region}" if region else arn) == "one"


def test_without_a_session_lines_go_to_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    report = JobReport(
        job="process",
        dataset="flights",
        token="t1",
        seconds=1.5,
        partitions=(PartitionReport(partition="a", token="p", rows_in=3, rows_out=2),),
    )
    with opened_pipes([]) as tell:
        tell(begun(REQUEST))
        tell(ended(report))

    assert capsys.readouterr().out.splitlines() == [
        "process flights: 1 partition(s), 0 file(s)",
        "process flights: 3 rows in, 2 out, 1.5 s",
    ]


@pytest.mark.s3
@pytest.mark.parametrize("given", ["nonsense", ""], ids=["nonsense", "a context that is gone"])
def test_a_session_that_cannot_be_had_does_not_fail_the_job(
    aws: str, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from dagster_pipes import encode_param

    context = given or encode_param({"bucket": "none", "key": "gone/context.json"})
    messages = given or encode_param({"bucket": "none", "key_prefix": "gone"})

    with opened_pipes([CONTEXT_ARGUMENT, context, f"{MESSAGES_ARGUMENT}={messages}"]) as tell:
        tell("still running")

    told = capsys.readouterr()
    assert "still running" in told.out
    assert "no Dagster Pipes session" in told.err


def test_what_a_request_says_of_secrets_stays_out_of_its_failure() -> None:
    failure = describe_failure(replace(REQUEST, pii_key="canary"), RuntimeError("x"))

    assert "canary" not in failure.to_json()
