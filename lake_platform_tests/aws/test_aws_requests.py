"""What is asked of AWS is read off the wire as boto3 and others write it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config

from lake_platform.local.aws_requests import RequestLog, Wire, read_request, read_requests
from lake_platform.local.rehearsal.cloud import recording_server

pytestmark = pytest.mark.s3

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:q"
S3_CALLS: list[tuple[str, str, str, dict[str, str], str]] = [
    ("PUT", "/b", "CreateBucket", {}, "b"),
    ("HEAD", "/b", "HeadBucket", {}, "b"),
    ("GET", "/b?list-type=2&prefix=a%2F", "ListObjectsV2", {}, "b"),
    ("GET", "/b?prefix=a", "ListObjects", {}, "b"),
    ("GET", "/b?versions&prefix=a", "ListObjectVersions", {}, "b"),
    ("GET", "/b?versioning", "GetBucketVersioning", {}, "b"),
    ("GET", "/b?uploads=", "ListMultipartUploads", {}, "b"),
    ("PUT", "/b?notification", "PutBucketNotificationConfiguration", {}, "b"),
    ("GET", "/b/a//k%2B1%20%C3%A9", "GetObject", {}, "b/a//k+1 é"),
    ("HEAD", "/b/k", "HeadObject", {}, "b/k"),
    ("PUT", "/b/k", "PutObject", {}, "b/k"),
    ("PUT", "/b/k", "CopyObject", {"x-amz-copy-source": "/c/from%20here?versionId=3"}, "b/k"),
    ("DELETE", "/b/k?versionId=3", "DeleteObject", {}, "b/k"),
    ("POST", "/b/k?uploads", "CreateMultipartUpload", {}, "b/k"),
    ("PUT", "/b/k?partNumber=1&uploadId=x", "UploadPart", {}, "b/k"),
    ("PUT", "/b/k?partNumber=1&uploadId=x", "UploadPartCopy", {"x-amz-copy-source": "c/k"}, "b/k"),
    ("POST", "/b/k?uploadId=x", "CompleteMultipartUpload", {}, "b/k"),
    ("DELETE", "/b/k?uploadId=x", "AbortMultipartUpload", {}, "b/k"),
    ("GET", "/b/k?uploadId=x", "ListParts", {}, "b/k"),
    ("GET", "/b/k?tagging", "GetObjectTagging", {}, "b/k"),
]  # fmt: skip


def signed(service: str, **headers: str) -> dict[str, str]:
    scope = f"AWS4-HMAC-SHA256 Credential=ASIAME/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host"
    return {"authorization": scope, **headers}


@pytest.mark.parametrize(
    ("method", "target", "operation", "headers", "named"), S3_CALLS, ids=[call[2] for call in S3_CALLS]
)
def test_a_call_of_s3_is_told_by_method_path_and_query(
    method: str, target: str, operation: str, headers: dict[str, str], named: str
) -> None:
    told = read_request(Wire(method=method, target=target, headers={**signed("s3"), **headers}))

    assert (told.key_id, told.call, told.resources) == ("ASIAME", f"s3.{operation}", (f"arn:aws:s3:::{named}",))
    assert bool(told.reads) == ("x-amz-copy-source" in headers)


def test_what_a_copy_reads_and_each_object_that_is_deleted_are_told() -> None:
    copy = {**signed("s3"), "x-amz-copy-source": "/c/from%20here?versionId=3"}
    body = (
        b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a&amp;b</Key></Object>'
        b"<Object><Key>c</Key><VersionId>1</VersionId></Object><Quiet>true</Quiet></Delete>"
    )

    copied = read_request(Wire(method="PUT", target="/b/k", headers=copy))
    deleted = read_request(Wire(method="POST", target="/b?delete", headers=signed("s3"), body=body))

    assert copied.reads == ("arn:aws:s3:::c/from here",)
    assert (deleted.call, deleted.resources) == ("s3.DeleteObjects", ("arn:aws:s3:::b/a&b", "arn:aws:s3:::b/c"))


JSON_CALLS: list[tuple[str, str, str, str, str]] = [
    ("sqs", "AmazonSQS.ReceiveMessage", '{"QueueUrl": "http://127.0.0.1:1/123456789012/q"}', "sqs.ReceiveMessage", QUEUE),
    ("glue", "AWSGlue.GetTable", '{"DatabaseName": "lake", "Name": "t"}', "glue.GetTable", "arn:aws:glue:eu-west-1:123456789012:table/lake/t"),
    ("glue", "AWSGlue.UpdateTable", '{"DatabaseName": "lake", "TableInput": {"Name": "t"}}', "glue.UpdateTable", "arn:aws:glue:eu-west-1:123456789012:table/lake/t"),
    ("glue", "AWSGlue.BatchGetPartition", '{"DatabaseName": "lake", "TableName": "t"}', "glue.BatchGetPartition", "arn:aws:glue:eu-west-1:123456789012:table/lake/t"),
    ("glue", "AWSGlue.GetTables", '{"DatabaseName": "lake"}', "glue.GetTables", "arn:aws:glue:eu-west-1:123456789012:database/lake"),
    ("glue", "AWSGlue.CreateDatabase", '{"DatabaseInput": {"Name": "lake"}}', "glue.CreateDatabase", "arn:aws:glue:eu-west-1:123456789012:database/lake"),
    ("glue", "AWSGlue.GetDatabases", "{}", "glue.GetDatabases", "arn:aws:glue:eu-west-1:123456789012:catalog"),
    ("glue", "AWSGlue.CreateJob", '{"Name": "j"}', "glue.CreateJob", "arn:aws:glue:eu-west-1:123456789012:job/j"),
    ("glue", "AWSGlue.GetJobRuns", '{"JobName": "j"}', "glue.GetJobRuns", "arn:aws:glue:eu-west-1:123456789012:job/j"),
    ("glue", "AWSGlue.StartCrawler", '{"Name": "c"}', "glue.StartCrawler", "arn:aws:glue:eu-west-1:123456789012:crawler/c"),
    ("glue", "AWSGlue.TagResource", '{"ResourceArn": "arn:aws:glue:eu-west-1:1:job/j"}', "glue.TagResource", "arn:aws:glue:eu-west-1:1:job/j"),
    ("logs", "Logs_20140328.GetLogEvents", '{"logGroupName": "/g", "logStreamName": "s"}', "logs.GetLogEvents", "arn:aws:logs:eu-west-1:123456789012:log-group:/g:log-stream:s"),
    ("secretsmanager", "secretsmanager.GetSecretValue", '{"SecretId": "arn:aws:secretsmanager:x"}', "secretsmanager.GetSecretValue", "arn:aws:secretsmanager:x"),
    ("ssm", "AmazonSSM.GetParameter", '{"Name": "/lake/pii"}', "ssm.GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/lake/pii"),
    ("other", "Other.Do", "{}", "other.Do", "*"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("service", "target", "body", "call", "resource"), JSON_CALLS, ids=[call[1] for call in JSON_CALLS]
)
def test_a_call_of_json_is_told_by_its_header(service: str, target: str, body: str, call: str, resource: str) -> None:
    wire = Wire(method="POST", target="/", headers={**signed(service), "x-amz-target": target}, body=body.encode())

    assert (read_request(wire).call, read_request(wire).resources) == (call, (resource,))


def test_a_form_and_what_nobody_signed_are_told() -> None:
    form = b"Action=Publish&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A1%3At&Message=x"
    publish = read_request(Wire(method="POST", target="/", headers=signed("sns"), body=form))
    unsigned = read_request(Wire(method="GET", target="/moto-api/?x=1", headers={}))

    assert (publish.call, publish.resources) == ("sns.Publish", ("arn:aws:sns:eu-west-1:1:t",))
    assert (unsigned.key_id, unsigned.call) == ("", "unsigned.GET /moto-api/")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Any]]:
    """A server that records, and a maker of boto3's clients of it."""
    logs = tmp_path_factory.mktemp("logs")
    with recording_server(logs) as url:

        def client(service: str) -> Any:
            session: Any = boto3.session.Session(
                aws_access_key_id="ASIAME", aws_secret_access_key="canary-1f", region_name="us-east-1"
            )
            return session.client(service, endpoint_url=url, config=Config(proxies={}))

        yield logs / "requests.jsonl", client


def test_the_server_writes_down_what_boto3_asks_and_how_it_answered(recording: tuple[Path, Any]) -> None:
    path, client = recording
    s3, sqs, sns = client("s3"), client("sqs"), client("sns")
    s3.create_bucket(Bucket="box")
    s3.put_object(Bucket="box", Key="a k/+é", Body=b"canary-1f" * 1000)
    s3.copy_object(Bucket="box", Key="c", CopySource={"Bucket": "box", "Key": "a k/+é"})
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="box", Key="none")
    s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "c"}, {"Key": "d"}]})
    sqs.receive_message(QueueUrl=sqs.create_queue(QueueName="q")["QueueUrl"])
    sns.publish(TopicArn=sns.create_topic(Name="t")["TopicArn"], Message="canary-1f")
    for each in (s3, sqs, sns):
        each.close()

    found = [(each.call, each.resources, each.status) for each in read_requests(path)]
    at = "arn:aws:s3:::box"
    assert found[:5] == [
        ("s3.CreateBucket", (at,), 200),
        ("s3.PutObject", (f"{at}/a k/+é",), 200),
        ("s3.CopyObject", (f"{at}/c",), 200),
        ("s3.GetObject", (f"{at}/none",), 404),
        ("s3.DeleteObjects", (f"{at}/c", f"{at}/d"), 200),
    ]
    assert [call for call, _, _ in found[5:]] == [
        "sqs.CreateQueue",
        "sqs.ReceiveMessage",
        "sns.CreateTopic",
        "sns.Publish",
    ]
    assert {each.key_id for each in read_requests(path)} == {"ASIAME"}
    assert [log.name for log in path.parent.iterdir() if "canary-1f" in log.read_text()] == []


def test_a_line_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "log")
    log.add(read_request(Wire(method="GET", target="/b/k", headers=signed("s3"))), status=200)
    with log.path.open("a") as file:
        file.write('{"at": 1')

    assert [each.call for each in read_requests(log.path)] == ["s3.GetObject"]
    assert read_requests(tmp_path / "none") == []


def test_every_operation_on_objects_and_buckets_has_a_form_of_its_own() -> None:
    """Where two operations of S3's model ask alike, the record would name the wrong one: none that a role is given."""
    model: Any = botocore.session.get_session().get_service_model("s3")
    seen: dict[tuple[object, ...], list[str]] = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.deprecated or name == "ListDirectoryBuckets":
            continue
        shape = operation.input_shape
        needed = sorted(
            shape.members[each].serialization["name"]
            for each in (shape.required_members if shape else [])
            if shape.members[each].serialization.get("location") in ("querystring", "header")
        )
        seen.setdefault((operation.http["method"], operation.http["requestUri"], *needed), []).append(name)

    assert [names for names in seen.values() if len(names) > 1] == []
