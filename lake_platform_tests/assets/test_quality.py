"""Quality reports read back: of what is published, of what was refused after it, and of older documents."""

from glue_jobs.protocol import PartitionReport, RuleOutcome
from lake_platform.assets.documents import layer_body
from lake_platform.assets.quality import StoredOutcome, quality_of
from lake_platform.lake.lake import Lake
from lake_platform.lake.refusals import Refusal, refuse
from lake_platform.lake.versions import VersionDocument
from lake_platform_tests.lake.builders import memory_lake
from lake_platform_tests.warehouse.tables import history_contract

CONTRACT = history_contract("changes")
DAYS = ("2024-03-01", "2024-03-02")


def publish(lake: Lake, day: str, *, token: str, failed_rows: int) -> None:
    """A document of validated whose one rule is broken by so many rows."""
    rule = RuleOutcome(
        name="named",
        rule='IsComplete "name"',
        otherwise="quarantine",
        passed=not failed_rows,
        failed_rows=failed_rows,
        metrics={"share": 0.5},
    )
    report = PartitionReport(partition=day, token=token, rows_in=4, rows_out=4, rules=(rule,))
    source = VersionDocument(partition=day, number=1, token="raw", published_at="", body={"content": token})
    log = lake.log("things", "validated")
    body = layer_body(CONTRACT, "validated", lake=lake, report=report, source=source)
    log.publish(day, body, token=token, after=log.latest_number(day))


def refuse_day(lake: Lake, day: str) -> None:
    check = {"name": "named", "passed": False, "error": True, "metadata": {"failed_rows": 3}, "description": "3 rows"}
    refusal = Refusal(
        token="r",
        content="c",
        fingerprint="f",
        layer="validated",
        gate="named",
        reason="3 rows",
        checks=[check],
        figures={},
    )
    refuse(lake.lake, "things", day, refusal)


def told(outcomes: list[StoredOutcome]) -> list[tuple[str, str, str, object]]:
    return [
        (each.partition, each.document, each.outcome, each.figures.get("failed_rows"))
        for each in outcomes
        if each.check == "named"
    ]


def test_the_newest_document_of_each_partition_is_read_with_figures_and_time() -> None:
    lake = memory_lake()
    publish(lake, DAYS[0], token="a", failed_rows=2)
    publish(lake, DAYS[0], token="b", failed_rows=1)
    publish(lake, DAYS[1], token="a", failed_rows=0)

    found = quality_of(CONTRACT, lake)

    assert told(found) == [(DAYS[0], "published", "warned", 1), (DAYS[1], "published", "passed", 0)]
    named = next(each for each in found if each.check == "named")
    assert (named.layer, named.number, named.figures["rule"], named.figures["share"]) == (
        "validated",
        2,
        'IsComplete "name"',
        0.5,
    )
    assert named.at > "2024"
    assert {each.check for each in found} == {"named", "matches_contract", "rows_conserved", "rows_readable"}


def test_a_refusal_is_told_until_the_partition_is_published() -> None:
    lake = memory_lake()
    publish(lake, DAYS[0], token="a", failed_rows=0)
    refuse_day(lake, DAYS[0])
    refuse_day(lake, DAYS[1])

    before = told(quality_of(CONTRACT, lake))
    publish(lake, DAYS[0], token="b", failed_rows=0)

    assert before == [
        (DAYS[0], "published", "passed", 0),
        (DAYS[0], "refused", "failed", 3),
        (DAYS[1], "refused", "failed", 3),
    ]
    assert told(quality_of(CONTRACT, lake)) == [(DAYS[0], "published", "passed", 0), (DAYS[1], "refused", "failed", 3)]


def test_the_history_of_a_partition_holds_every_document_in_their_order() -> None:
    lake = memory_lake()
    publish(lake, DAYS[0], token="a", failed_rows=2)
    refuse_day(lake, DAYS[0])
    publish(lake, DAYS[0], token="b", failed_rows=0)
    publish(lake, DAYS[1], token="a", failed_rows=0)

    assert told(quality_of(CONTRACT, lake, partition=DAYS[0], history=True)) == [
        (DAYS[0], "published", "warned", 2),
        (DAYS[0], "refused", "failed", 3),
        (DAYS[0], "published", "passed", 0),
    ]
    assert told(quality_of(CONTRACT, lake, partition=DAYS[0])) == [(DAYS[0], "published", "passed", 0)]
    assert quality_of(CONTRACT, lake, partition="2024-03-09") == []
