"""The committed record of calls: its form, and what of a call it keeps."""

import json
from pathlib import Path

import pytest

from lake_platform.cli.rehearse import write_record
from lake_platform.local.aws_requests import AwsRequest, RequestLog
from lake_platform.local.rehearsal.calls import CallLog, steady
from lake_platform.local.rehearsal.cloud import ACTORS, CODE, LAKE, LANDING, access_key

RECORD = Path(__file__).parents[2] / "infra" / "calls.json"


def recorded() -> list[dict[str, str]]:
    return json.loads(RECORD.read_text(encoding="utf-8"))


def places_of(record: list[dict[str, str]]) -> set[tuple[str, str, str]]:
    """Who does what where: a bucket with the first part of the key, a database, a group of logs."""
    return {(each["actor"], each["call"], _place(each["resource"])) for each in record}


def _place(resource: str) -> str:
    owner, *rest = resource.split("/")
    return owner if owner.endswith(LANDING) else "/".join([owner, *rest[:1]])


def test_each_call_is_there_once_and_in_order() -> None:
    lines = [(each["actor"], each["call"], each["resource"]) for each in recorded()]

    assert lines == sorted(set(lines))
    assert all(set(each) == {"actor", "call", "resource"} for each in recorded())
    assert {actor for actor, _, _ in lines} == set(ACTORS)


def test_resources_are_arns_of_the_rehearsal_without_what_differs_from_run_to_run() -> None:
    buckets = tuple(f"arn:aws:s3:::{bucket}" for bucket in (LANDING, LAKE, CODE))

    for each in recorded():
        assert each["resource"] == "*" or each["resource"].startswith("arn:aws:"), each
        assert each["resource"] == steady(each["resource"]), each
        assert not each["call"].startswith("s3.") or each["resource"].startswith(buckets), each


VARYING = {
    "a token and an attempt": ("lake/processed/x/0123456789abcdef0123/a1b2c3d4e5f6/rows", "lake/processed/x/*/*/rows"),
    "code": ("code/process-f4409fa2a46dc908.py", "code/process-*.py"),
    "a file of Spark": ("part=all/part-00000-0b7f2a4c-1d2e-4f3a-8b9c-0123456789ab-c000.snappy.parquet", "part=all/*"),
    "a task": ("__magic/job-0b7f2a4c-1d2e-4f3a-8b9c-0123456789ab/tasks/attempt_2026112615561947_0024_m_0_3/__base", "__magic/job-*/tasks/*/__base"),
    "a run of Glue": (f"log-stream:jr_{'0f' * 32}", "log-stream:jr_*"),
    "progress": ("messages/12.json", "messages/*.json"),
    "a partition and a number": ("versions/x/raw/2024-03-01/000001.json", "versions/x/raw/*/*.json"),
    "a month": ("part=2024-03/x", "part=*/x"),
    "a landed file": ("rehearsal-landing/log/2018/11/2018-11-01-events.json", "rehearsal-landing/log/2018/11/*-events.json"),
    "the secret": ("1:secret:rehearsal-pii-AbCdEf", "1:secret:rehearsal-pii-*"),
    "the account stays": ("arn:aws:glue:us-east-1:123456789012:job/x", "arn:aws:glue:us-east-1:123456789012:job/x"),
}  # fmt: skip


@pytest.mark.parametrize(("told", "kept"), VARYING.values(), ids=VARYING)
def test_what_differs_from_run_to_run_is_a_star(told: str, kept: str) -> None:
    assert steady(told) == kept


def test_the_record_is_of_the_actors_and_reads_what_they_copy(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "log")
    for key in (access_key("orchestrator"), access_key("outside"), access_key("orchestrator")):
        log.add(AwsRequest(key_id=key, call="s3.CopyObject", resources=("arn:aws:s3:::b/k",), reads=("arn:aws:s3:::c/k",)), status=200)  # fmt: skip

    calls = CallLog(log.path)
    write_record(tmp_path / "calls.json", calls.record())

    assert calls.between(0, 1e12) == {"s3.CopyObject": 2}
    assert json.loads((tmp_path / "calls.json").read_text()) == [
        {"actor": "orchestrator", "call": "s3.CopyObject", "resource": "arn:aws:s3:::b/k"},
        {"actor": "orchestrator", "call": "s3.GetObject", "resource": "arn:aws:s3:::c/k"},
    ]
