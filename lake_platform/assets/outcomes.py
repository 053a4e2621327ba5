"""The outcome table: from the figures of a partition to published or refused, and the severity of its checks.

| what the figures say | outcome |
| --- | --- |
| rows read differ from rows counted, or a column cannot be what the contract says | refused |
| no rows in the files | published empty; a snapshot is refused unless `deletes: {empty: allow}` |
| every row valid | published |
| some rows invalid, quarantine declared | published, the rules warn |
| some rows invalid, none declared | refused |
| no row valid | refused |
| a larger share than `block_above` invalid | refused |
| a `block` rule fails, or a rule cannot be evaluated | refused |
"""

from collections.abc import Iterator
from dataclasses import dataclass

from glue_jobs.protocol import PartitionReport, RuleOutcome
from lake_platform.assets.results import CheckOutcome
from lake_platform.contract.dataset import DatasetContract


@dataclass(frozen=True)
class Verdict:
    """`refused` is None where the partition may be published, else the reason in one sentence."""

    refused: str | None
    gate: str | None = None
    """The first check that stands for the refusal."""


def judge(contract: DatasetContract, report: PartitionReport, *, withdrawn: bool = False) -> Verdict:
    """What becomes of one validated partition. Severity follows from this alone, never from a single rule.

    Args:
        withdrawn: all its files were taken back, so that it has no rows on purpose.
    """
    for gate, reason in _objections(contract, report, withdrawn=withdrawn):
        return Verdict(refused=reason, gate=gate)
    return Verdict(refused=None)


def own_checks(report: PartitionReport, verdict: Verdict) -> list[CheckOutcome]:
    """The platform's own checks beside the rules: contract, conservation, readable rows."""
    unread = {
        reason: count for reason, count in report.reasons.items() if reason.split(":")[0] not in ("rule", "required")
    }
    counts = {"rows_in": report.rows_in, "rows_out": report.rows_out, "rows_quarantined": report.rows_quarantined}
    return [
        CheckOutcome("matches_contract", verdict.gate != "matches_contract", description=verdict.refused),
        CheckOutcome("rows_conserved", verdict.gate != "rows_conserved", metadata=counts, description=report.problem),
        CheckOutcome("rows_readable", not unread, error=verdict.refused is not None, metadata=unread),
    ]


def rule_checks(report: PartitionReport, verdict: Verdict) -> list[CheckOutcome]:
    """One outcome for each rule. A failing rule is an ERROR where the partition is refused, unless it only warns."""
    return [_rule_check(outcome, refused=verdict.refused is not None) for outcome in report.rules]


def _objections(contract: DatasetContract, report: PartitionReport, *, withdrawn: bool) -> Iterator[tuple[str, str]]:
    if report.problem:
        yield "rows_conserved", report.problem
    if report.rows_in != report.rows_out + report.rows_quarantined:
        yield (
            "rows_conserved",
            f"{report.rows_in} rows were read, but {report.rows_out} are valid and {report.rows_quarantined} in quarantine",
        )
    empty = report.rows_in == 0 and not withdrawn
    if empty and contract.arrives.delivers == "snapshot" and not _may_be_empty(contract):
        yield (
            "matches_contract",
            "the snapshot has no rows, it would close every key; say deletes: {empty: allow} if that is meant",
        )
    yield from _row_objections(contract, report)
    for outcome in () if withdrawn else report.rules:
        if outcome.error:
            yield outcome.name, f"rule {outcome.rule!r} could not be evaluated: {outcome.error}"
        elif outcome.otherwise == "block" and not outcome.passed:
            yield outcome.name, f"rule {outcome.rule!r} failed: {outcome.reason or _figures(outcome)}"


def _row_objections(contract: DatasetContract, report: PartitionReport) -> Iterator[tuple[str, str]]:
    bad = report.rows_quarantined
    if not bad:
        return
    told = f"{bad} of {report.rows_in} rows are invalid ({_reasons(report)})"
    if contract.quarantine is None:
        yield _first_rule(report), f"{told} and the contract declares no quarantine"
    elif report.rows_out == 0:
        yield _first_rule(report), f"no row is valid: {told}"
    elif bad / report.rows_in > contract.quarantine.block_above:
        yield _first_rule(report), f"{told}, more than block_above: {contract.quarantine.block_above}"


def _first_rule(report: PartitionReport) -> str:
    failed = [o.name for o in report.rules if o.otherwise == "quarantine" and not o.passed]
    return failed[0] if failed else "rows_readable"


def _may_be_empty(contract: DatasetContract) -> bool:
    deletes = contract.target.deletes if contract.target else None
    return deletes is not None and deletes.empty == "allow"


def _reasons(report: PartitionReport) -> str:
    return ", ".join(f"{reason}: {count}" for reason, count in sorted(report.reasons.items()))


def _figures(outcome: RuleOutcome) -> str:
    if outcome.failed_rows is not None:
        return f"{outcome.failed_rows} rows break it"
    return ", ".join(f"{name} is {value:g}" for name, value in outcome.metrics.items())


def _rule_check(outcome: RuleOutcome, *, refused: bool) -> CheckOutcome:
    metadata: dict[str, object] = {"rule": outcome.rule, "otherwise": outcome.otherwise, **outcome.metrics}
    if outcome.failed_rows is not None:
        metadata["failed_rows"] = outcome.failed_rows
    if outcome.error:
        metadata["error"] = outcome.error
    return CheckOutcome(
        name=outcome.name,
        passed=outcome.passed and outcome.error is None,
        error=refused and outcome.otherwise != "warn",
        metadata=metadata,
        description=outcome.error or outcome.reason,
    )
