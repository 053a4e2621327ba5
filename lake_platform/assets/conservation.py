"""Whether the transform kept what it was given, by the promise that it was declared with.

| rows | holds where |
| --- | --- |
| same, filter | rows read = rows written + rows dropped with a reason |
| expand | at least as many rows written as read; the job has seen that each of them is there |
| aggregate | the count of rows and each declared sum are equal on both sides, exactly |
"""

from decimal import Decimal

from glue_jobs.protocol import PartitionReport, Total
from lake_platform.assets.results import CheckOutcome, DeclaredCheck
from lake_platform.contract.dataset import DatasetContract

GATE = "rows_conserved"
_PROMISES = {
    "same": "Valid rows = rows written.",
    "filter": "Valid rows = rows written + rows that the transform dropped with a reason.",
    "expand": "Every valid row is in the rows written, once or several times.",
    "aggregate": "The count of valid rows and the declared sums are the same before and after, to the last digit.",
}


def declared_conservation(contract: DatasetContract) -> DeclaredCheck:
    """The blocking check of the processed layer."""
    return DeclaredCheck(GATE, _PROMISES[_rows(contract)])


def judge_conservation(contract: DatasetContract, report: PartitionReport) -> CheckOutcome:
    """The outcome for one partition, with the figures that were compared."""
    rows = _rows(contract)
    counts: dict[str, object] = {
        "rows_in": report.rows_in,
        "rows_out": report.rows_out,
        "rows_dropped": report.rows_dropped,
    }
    if rows == "aggregate":
        counts |= {f"total/{total.column}": _told(total) for total in report.totals}
        fault = _totals_fault(report)
    else:
        fault = _rows_fault(report, may_repeat=rows == "expand")
    fault = report.problem or fault
    return CheckOutcome(GATE, fault is None, metadata=counts, description=fault)


def _rows(contract: DatasetContract) -> str:
    return contract.transform.rows if contract.transform else "same"


def _rows_fault(report: PartitionReport, *, may_repeat: bool) -> str | None:
    kept = report.rows_out + report.rows_dropped
    if kept == report.rows_in or (may_repeat and kept > report.rows_in):
        return None
    return f"{report.rows_in} rows came in, {report.rows_out} were written, {report.rows_dropped} dropped"


def _totals_fault(report: PartitionReport) -> str | None:
    if report.rows_in and not report.totals:
        return f"{report.rows_in} rows came in, and the job compared no totals"
    wrong = [_told(total) for total in report.totals if Decimal(total.read) != Decimal(total.made)]
    return f"the aggregate differs from its rows: {'; '.join(wrong)}" if wrong else None


def _told(total: Total) -> str:
    what = "rows" if total.of is None else f"of {total.of}"
    return f"{total.read} {what} read, {total.made} in {total.column}"
