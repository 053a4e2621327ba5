"""Tables made in the warehouse as their users see them: ticks, runs, checks, backfills. Rows are staged without files."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from click.testing import CliRunner

from lake_platform.cli.main import cli
from lake_platform.definitions import build_definitions, build_resources, load_declarations
from lake_platform.warehouse.redshift import RedshiftResource
from lake_platform_tests.e2e.conftest import built_house
from lake_platform_tests.e2e.house import House
from lake_platform_tests.e2e.recorded import recorded
from lake_platform_tests.warehouse.making import EVENTS, PLAYS_SQL, SONGS, Made, dataset, plays
from lake_platform_tests.warehouse.test_made_tables import SONG, TOTALS, event

pytestmark = [pytest.mark.warehouse, pytest.mark.e2e]

DAYS = ("2024-01-01", "2024-01-02", "2024-01-03")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Datasets `events` and `songs`, the table `plays` by day, and `totals` that reads it."""
    folder = tmp_path_factory.mktemp("tables")
    with built_house(folder, folder / "spark") as house:
        for contract in (dataset("events", EVENTS), dataset("songs", SONGS, by="none")):
            body = contract.model_dump(mode="json", by_alias=True, exclude_unset=True)
            house.define(contract.name, yaml.safe_dump({"type": "lake_platform.Dataset", "attributes": body}))
        declare(house, "plays", plays(), PLAYS_SQL)
        declare(house, "totals", TOTALS, "SELECT COUNT(*) AS plays FROM plays")
        yield house


def declare(house: House, name: str, body: object, sql: str) -> None:
    house.define(name, yaml.safe_dump({"type": "lake_platform.WarehouseTable", "attributes": body}))
    assert house.settings.defs is not None
    (house.settings.defs / name / f"{name}.sql").write_text(sql, encoding="utf-8")


@pytest.fixture
def music(house: House) -> Made:
    """The same house, in which rows can be staged."""
    found = load_declarations(house.settings)
    redshift = build_resources(house.settings)["redshift"]
    assert isinstance(redshift, RedshiftResource)
    tables = {table.contract.name: table for table in found.tables}
    return Made(redshift, tables, {contract.name: contract for contract in found.contracts}, house.lake)


def lake(*arguments: str) -> dict[str, object]:
    """What a command prints as JSON, with its exit code."""
    told = CliRunner().invoke(cli, [*arguments, "--json"])
    return {**json.loads(told.stdout), "exit_code": told.exit_code}


def test_a_tick_makes_the_tables_in_their_order_and_only_once(house: House, music: Made) -> None:
    music.stage("songs", "all", SONG)
    for day in DAYS[:2]:
        music.stage("events", day, event(1), event(2, "B"))

    summary, again = house.tick(), house.tick()

    assert [(run.dataset, run.partitions, run.status) for run in summary.runs] == [
        ("plays", DAYS[:2], "success"),
        ("totals", ("all",), "success"),
    ]
    assert (again.runs, again.all_well) == ([], True)
    assert house.rows("SELECT plays FROM totals") == [(4,)]
    told = recorded(summary.runs[0].run_id)
    assert told.materialized == [("plays", DAYS[0]), ("plays", DAYS[1])]
    assert told.checks == {
        ("plays", "table_matches_contract"): (True, "WARN"),
        **{("plays", name): (True, "ERROR") for name in ("rows_conserved", "ts_required", "row_count")},
    }


def test_a_refused_day_holds_back_only_itself_and_the_run_names_it(house: House, music: Made) -> None:
    music.stage("events", DAYS[1])
    music.stage("events", DAYS[2], event(3))

    summary = house.tick()

    plays_run, totals_run = summary.runs
    assert (plays_run.status, totals_run.status) == ("failure", "success")
    assert "2024-01-02: row_count: rule 'RowCount > 0' failed: RowCount is 0" in (plays_run.problem or "")
    assert recorded(plays_run.run_id).materialized == [("plays", DAYS[2])]
    assert [(refused.dataset, refused.partition) for refused in summary.refused] == [("plays", DAYS[1])]
    # The last good rows of the refused day stay, and what reads the table goes on.
    assert house.rows("SELECT _partition, COUNT(*) FROM plays GROUP BY 1 ORDER BY 1") == [
        (DAYS[0], 2),
        (DAYS[1], 2),
        (DAYS[2], 1),
    ]
    assert house.rows("SELECT plays FROM totals") == [(5,)]
    (status,) = [table for table in lake("status")["tables"] if table["dataset"] == "plays"]  # pyright: ignore
    assert list(status["refused"]) == [DAYS[1]]
    assert house.tick().runs == []


def test_another_select_re_runs_nothing_but_a_backfill_does(house: House, music: Made) -> None:
    declare(house, "plays", plays(), PLAYS_SQL.replace("e.userid", "e.userid + 10 AS userid"))

    # Only what was refused under the old one is looked at again.
    assert [run.partitions for run in house.tick("plays").runs] == [(DAYS[1],)]
    told = lake("backfill", "plays", "--from", DAYS[2])

    assert (told["exit_code"], told["refused"]) == (0, [])
    assert told["runs"][0]["partitions"] == [DAYS[2]]  # pyright: ignore
    assert house.rows("SELECT MIN(userid) FROM plays GROUP BY _partition ORDER BY _partition") == [(1,), (1,), (13,)]
    assert [run.dataset for run in house.tick("totals").runs] == ["totals"]


def test_a_backfill_of_all_days_is_one_run(house: House, music: Made) -> None:
    music.stage("events", DAYS[1], event(7))

    told = lake("backfill", "music/plays")

    (run,) = told["runs"]  # pyright: ignore
    assert run["partitions"] == list(DAYS)
    assert house.rows("SELECT MIN(userid) FROM plays GROUP BY _partition ORDER BY _partition") == [(11,), (17,), (13,)]


def test_a_range_is_one_run_in_the_ui_too(house: House) -> None:
    node = build_definitions(house.settings).resolve_asset_graph().get(dg.AssetKey(["music", "plays"]))

    assert node.backfill_policy == dg.BackfillPolicy.single_run()
    assert node.parent_keys == {dg.AssetKey(["events", "events_staging"]), dg.AssetKey(["songs", "songs_staging"])}


def test_the_asset_page_shows_where_columns_come_from_and_some_rows(house: House) -> None:
    with dg.DagsterInstance.get() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["music", "plays"]))
    assert event is not None
    assert event.asset_materialization is not None
    metadata = event.asset_materialization.metadata

    lineage = metadata["dagster/column_lineage"].value
    assert isinstance(lineage, dg.TableColumnLineage)
    assert lineage.deps_by_column["songid"] == [dg.TableColumnDep(dg.AssetKey(["songs", "songs_staging"]), "song_id")]
    assert str(metadata["lake_platform/sample"].value).startswith("| ts | userid | songid |")
    assert metadata["dagster/table_name"].value == "analytics.plays"


def test_retry_wakes_a_table_by_its_name(house: House, tmp_path: Path) -> None:
    told = CliRunner().invoke(cli, ["retry", "plays", DAYS[0]])

    assert told.exit_code == 0
    assert "tried again with the next tick" in told.output
