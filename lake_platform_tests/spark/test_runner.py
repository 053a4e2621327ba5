"""An existing report is the answer; else run, and write one."""

import json
from dataclasses import dataclass, field

import pytest

from glue_jobs.errors import WireFormatError
from glue_jobs.protocol import (
    ColumnSpec,
    InputFile,
    InputTable,
    JobReport,
    JobRequest,
    PartitionReport,
    PartitionWork,
    RuleOutcome,
)
from lake_platform.errors import JobReportError
from lake_platform.spark.runner import run_job

REQUEST = JobRequest(
    job="validate",
    dataset="customers",
    token="t1",
    output="s3://lake/validated/customers/t1/a",
    partitions=(
        PartitionWork(
            partition="2024-01-01",
            token="p",
            files=(InputFile(url="s3://lake/x", key="k", time="2024-01-01T00:00:00Z", size=1, header=("a",)),),
        ),
    ),
    columns=(ColumnSpec(name="a", type="decimal(18,2)", aliases=("b",), formats=("x",)),),
    format={"kind": "csv", "nulls": ["", "NULL"], "header": True},
    inputs={"airports": InputTable(columns=(ColumnSpec(name="id", type="int"),), urls=("s3://lake/y",))},
    pii_key="a secret",
)


def report(seconds: float = 1.5) -> JobReport:
    rule = RuleOutcome(name="r", rule="RowCount > 0", otherwise="block", passed=True, metrics={"rows": 2.0})
    partition = PartitionReport(
        partition="2024-01-01", token="p", rows_in=2, rows_out=2, rules=(rule,), sample=({"a": "1.50"},)
    )
    return JobReport(job="validate", dataset="customers", token="t1", seconds=seconds, partitions=(partition,))


@dataclass
class MemoryStore:
    objects: dict[str, bytes] = field(default_factory=dict)

    def read(self, key: str) -> bytes:
        return self.objects[key]

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return self.objects.setdefault(key, data) is data

    def head(self, key: str) -> object | None:
        return self.objects.get(key)


def test_request_and_report_are_documents_in_the_lake() -> None:
    store, ran = MemoryStore(), list[JobRequest]()

    made = run_job(store, REQUEST, lambda request: (ran.append(request), report())[1])

    assert (made, ran) == (report(), [REQUEST])
    assert sorted(store.objects) == ["jobs/customers/t1/report.json", "jobs/customers/t1/request.json"]
    assert JobReport.from_json(store.objects["jobs/customers/t1/report.json"].decode()) == report()


def test_a_report_that_is_there_is_the_answer_without_spark() -> None:
    store = MemoryStore({"jobs/customers/t1/report.json": report(9.0).to_json().encode()})

    made = run_job(store, REQUEST, lambda request: pytest.fail("Spark ran"))

    assert made.seconds == 9.0
    assert list(store.objects) == ["jobs/customers/t1/report.json"]


def test_of_two_that_run_at_once_the_first_report_counts_for_both() -> None:
    store = MemoryStore()

    def slow(request: JobRequest) -> JobReport:
        store.put_if_absent("jobs/customers/t1/report.json", report(1.0).to_json().encode())
        return report(2.0)

    assert run_job(store, REQUEST, slow).seconds == 1.0


def test_a_job_that_fails_leaves_no_report() -> None:
    store = MemoryStore()

    with pytest.raises(ValueError, match="spark"):
        run_job(store, REQUEST, lambda request: (_ for _ in ()).throw(ValueError("spark")))

    assert list(store.objects) == ["jobs/customers/t1/request.json"]


def test_a_report_that_cannot_be_read_is_named() -> None:
    store = MemoryStore({"jobs/customers/t1/report.json": b"{"})

    with pytest.raises(JobReportError, match=r"customers: the job report jobs/customers/t1/report.json"):
        run_job(store, REQUEST, lambda request: report())


def test_a_request_comes_back_from_json_without_its_secret() -> None:
    text = REQUEST.to_json()

    assert "a secret" not in text
    assert "a secret" not in repr(REQUEST)
    from dataclasses import replace

    assert JobRequest.from_json(text) == replace(REQUEST, pii_key=None)


FAULTS = {
    "another kind": ({"kind": "JobReport"}, "kind is 'JobReport', not 'JobRequest'"),
    "another version": ({"format_version": 2}, "format_version is 2, not 1"),
    "an unknown field": ({"color": 1}, "has the unknown field 'color'"),
    "a wrong literal": ({"job": "load"}, "JobRequest.job is 'load', not one of validate, process"),
    "a wrong type": ({"token": 5}, "JobRequest.token is 5, not a str"),
    "a wrong type inside": (
        {"partitions": [{"partition": "p", "token": "t", "files": [{}]}]},
        r"files\[0\] lacks the field 'url'",
    ),
    "no list": ({"keys": "id"}, "JobRequest.keys is not a list"),
}


@pytest.mark.parametrize(("change", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_a_document_that_differs_anywhere_is_refused(change: dict[str, object], message: str) -> None:
    document = json.loads(REQUEST.to_json()) | change

    with pytest.raises(WireFormatError, match=message):
        JobRequest.from_json(json.dumps(document))


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense"])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(WireFormatError):
        JobReport.from_json(text)


def test_a_flag_is_no_number() -> None:
    document = json.loads(report().to_json())
    document["partitions"][0]["rows_in"] = True

    with pytest.raises(WireFormatError, match="rows_in is True, not a int"):
        JobReport.from_json(json.dumps(document))
