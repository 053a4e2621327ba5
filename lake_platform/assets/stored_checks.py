"""The checks of each layer from the documents that it publishes: told at once, or read back at any later time."""

from lake_platform.assets.conservation import judge_conservation
from lake_platform.assets.documents import report_of
from lake_platform.assets.outcomes import Verdict, own_checks, rule_checks
from lake_platform.assets.results import CheckOutcome
from lake_platform.contract.dataset import DatasetContract, Layer
from lake_platform.lake.versions import VersionDocument


def stored_checks(contract: DatasetContract, layer: Layer, document: VersionDocument) -> list[CheckOutcome]:
    """What the checks of a layer say of a partition that was published."""
    if layer == "raw":
        return file_checks(document)
    if layer == "staging":
        # Published only where COPY was counted.
        return [CheckOutcome("rows_conserved", passed=True, metadata={"rows": document.body["rows"]})]
    if layer == "target":
        return [_target_check(document)]
    report = report_of(document.body, partition=document.partition, token=document.token)
    if layer == "processed":
        return [judge_conservation(contract, report), *rule_checks(report, Verdict(None))]
    return [*own_checks(report, Verdict(None)), *rule_checks(report, Verdict(None))]


def file_checks(document: VersionDocument) -> list[CheckOutcome]:
    """Of raw: every landed file has one status, and which of them are refused."""
    counts, files = document.body["counts"], document.body["files"]
    accounted = sum(counts[status] for status in ("accepted", "duplicate", "refused", "withdrawn"))
    refused = [file for file in files if file["status"] == "refused"]
    return [
        CheckOutcome("files_accounted", accounted == counts["landed"], metadata=counts),
        CheckOutcome(
            "files_readable",
            not refused,
            error=document.body["refused"] is not None,
            metadata={file["key"]: file["reason"] for file in refused},
        ),
    ]


def _target_check(document: VersionDocument) -> CheckOutcome:
    rows = document.body["rows"]
    staged = document.body.get("staged", rows)
    figures = {"rows": rows, "staged": staged, **document.body["counts"]}
    return CheckOutcome("rows_conserved", passed=rows == staged, metadata=figures)
