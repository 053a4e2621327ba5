"""When flights wait for their airports, when newer airports re-run them, and what their documents say of it."""

import dagster as dg
import pytest

from lake_platform.assets.inputs import input_dependencies, input_metadata
from lake_platform.contract.inputs import bind_inputs
from lake_platform.errors import InputColumnsError, InputNotPublishedError
from lake_platform.lake.inputs import published_inputs
from lake_platform.lake.refusals import Refusal, record_attempt, refuse
from lake_platform_tests.assets.reading import DAYS, Reading

D1, D2, D3 = DAYS


@pytest.fixture
def reading() -> Reading:
    """Flights that a newer version of the airports does not re-run."""
    return Reading("backfill")


def jobs(reading: Reading, dataset: str) -> int:
    return sum(1 for request in reading.spark.jobs if request.dataset == dataset)


def test_flights_wait_until_airports_were_published(reading: Reading) -> None:
    reading.drop_flights(D1, "AAA")
    assert reading.look(reading.flights).held == {D1: "waits for airports: nothing of it is published yet"}

    reading.drop_airports(AAA="Rome")
    assert reading.look(reading.flights).held == {D1: "waits for airports: all is on the way"}
    assert reading.tick(reading.flights) == []

    reading.tick(reading.airports)
    assert reading.tick(reading.flights) == [D1]
    assert reading.cities(D1) == ["Rome"]


def test_a_dimension_file_does_not_trigger_the_job_of_the_fact(reading: Reading) -> None:
    reading.drop_airports(AAA="Rome")
    reading.drop_flights(D1, "AAA")
    reading.settle()
    before = jobs(reading, "flights")

    reading.drop_airports(AAA="Oslo")
    reading.settle()

    assert jobs(reading, "flights") == before == 2
    assert reading.cities(D1) == ["Rome"]


def test_new_flights_read_the_newest_airports_and_leave_the_others_alone(reading: Reading) -> None:
    reading.drop_airports(AAA="Rome")
    reading.drop_flights(D1, "AAA")
    reading.settle()
    reading.drop_airports(AAA="Oslo")
    reading.drop_flights(D2, "AAA")
    reading.settle()

    assert (reading.cities(D1), reading.cities(D2)) == (["Rome"], ["Oslo"])
    assert [_document_read(reading, day) for day in (D1, D2)] == [{"all": 1}, {"all": 2}]


def test_a_backfill_reads_the_newest_airports(reading: Reading) -> None:
    reading.drop_airports(AAA="Rome")
    reading.drop_flights(D1, "AAA")
    reading.settle()
    reading.drop_airports(AAA="Oslo")
    reading.settle()

    reading.run(reading.flights, [D1])

    assert reading.cities(D1) == ["Oslo"]
    assert reading.look(reading.flights).partitions == {}


def test_flights_that_refresh_are_run_again_for_newer_airports_once() -> None:
    reading = Reading("always")
    reading.drop_airports(AAA="Rome")
    reading.drop_flights(D1, "AAA")
    reading.drop_flights(D2, "AAA", "BBB")
    reading.settle()
    reading.drop_airports(AAA="Oslo", BBB="Bern")
    assert reading.tick(reading.flights) == [], "airports are on the way"
    reading.tick(reading.airports)

    assert reading.tick(reading.flights) == [D1, D2]
    assert reading.tick(reading.flights) == []
    assert (reading.cities(D1), reading.cities(D2)) == (["Oslo"], ["Oslo", "Bern"])


def test_the_same_airports_under_another_name_refresh_nothing() -> None:
    reading = Reading("always")
    reading.drop_airports(AAA="Rome")
    reading.drop_flights(D1, "AAA")
    reading.settle()
    reading.lake.landing.put("airports/again.csv", reading.lake.landing.read("airports/airports.csv"))

    assert reading.tick(reading.airports) == ["all"]
    assert reading.tick(reading.flights) == []


def test_refused_airports_are_not_waited_for_where_good_ones_are_there(reading: Reading) -> None:
    reading.drop_airports(AAA="Rome")
    reading.settle()
    reading.drop_airports(AAA="Atlantis")
    reading.tick(reading.airports, dies_after="raw")
    _refuse_airports(reading)
    reading.drop_flights(D1, "AAA")

    assert reading.tick(reading.flights) == [D1]
    assert reading.cities(D1) == ["Rome"]


def test_newer_airports_wake_flights_that_were_refused_for_what_the_transform_made(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading.drop_airports(AAA="Rome")
    reading.settle()
    reading.drop_flights(D1, "AAA")
    with monkeypatch.context() as patch:
        patch.setattr(reading.spark, "loses_rows", True)
        reading.tick(reading.flights)
    assert "refused: " in reading.look(reading.flights).held[D1]

    reading.drop_airports(AAA="Oslo")
    reading.tick(reading.airports)

    assert reading.tick(reading.flights) == [D1]
    assert reading.cities(D1) == ["Oslo"]


def test_airports_that_failed_too_often_are_waited_for(reading: Reading) -> None:
    reading.drop_airports(AAA="Rome")
    state = reading.look(reading.airports).partitions["all"]
    for run in range(3):
        record_attempt(reading.lake.lake, "airports", "all", state=state, run_id=str(run))
    reading.drop_flights(D1, "AAA")

    assert "failed 3 times" in reading.look(reading.airports).held["all"]
    assert reading.look(reading.flights).held == {D1: "waits for airports: all is on the way"}


def test_newer_airports_wake_flights_that_failed_too_often(reading: Reading) -> None:
    reading.drop_airports(AAA="Rome")
    reading.settle()
    reading.drop_flights(D1, "AAA")
    state = reading.look(reading.flights).partitions[D1]
    for run in range(3):
        record_attempt(reading.lake.lake, "flights", D1, state=state, run_id=str(run))
    assert "failed 3 times" in reading.look(reading.flights).held[D1]

    reading.drop_airports(AAA="Oslo")
    reading.tick(reading.airports)

    assert reading.tick(reading.flights) == [D1]


def test_a_run_without_published_airports_says_what_to_do(reading: Reading) -> None:
    reading.drop_flights(D1, "AAA")

    with pytest.raises(InputNotPublishedError, match=r"flights: its input airports has no published rows.*lake tick"):
        reading.run(reading.flights, [D1])
    assert reading.published(D1) is None


def test_airports_of_another_contract_are_not_read(reading: Reading) -> None:
    reading.drop_airports(AAA="Rome")
    reading.settle()
    city = reading.airports.columns[1].model_copy(update={"type": "integer"})
    wider = reading.airports.columns[0].model_copy(update={"type": "varchar(99)"})
    changed = reading.airports.model_copy(update={"columns": [wider, city]})
    _, reading.flights = bind_inputs([changed, reading.flights])
    reading.drop_flights(D1, "AAA")

    with pytest.raises(InputColumnsError, match=r"partition all of its input airports.*city is string.*says int"):
        reading.run(reading.flights, [D1])


def test_of_events_all_partitions_are_read_of_a_snapshot_the_newest(reading: Reading) -> None:
    reading.drop_airports(AAA="Rome")
    for day in (D1, D2):
        reading.drop_flights(day, "AAA")
    reading.settle()

    def read(delivers: str) -> object:
        arrives = reading.flights.arrives.model_copy(update={"delivers": delivers})
        flights = reading.flights.model_copy(update={"arrives": arrives, "transform": None})
        transform = reading.flights.transform
        assert transform is not None
        inputs = {"past": transform.inputs["airports"].model_copy(update={"dataset": "flights"})}
        report = reading.flights.model_copy(
            update={"name": "report", "transform": transform.model_copy(update={"inputs": inputs})}
        )
        (bound, _) = bind_inputs([report, flights])
        found = published_inputs(reading.lake, bound)
        told = input_metadata(found)["lake_platform/input/past"]
        return found.document_numbers()["past"]["documents"], str(told).partition(", version")[0]

    assert read("events") == ({D1: 1, D2: 1}, f"flights 2 partitions, the last is {D2}")
    assert read("snapshot") == ({D2: 1}, f"flights {D2}")


def test_an_input_is_a_dependency_between_the_processed_layers(reading: Reading) -> None:
    (dependency,) = input_dependencies(reading.flights)

    assert dependency.asset_key == dg.AssetKey(["airports", "airports_processed"])


def _document_read(reading: Reading, day: str) -> object:
    document = reading.published(day)
    assert document is not None
    return document.body["read"]["airports"]["documents"]


def _refuse_airports(reading: Reading) -> None:
    raw = reading.lake.log("airports", "raw").latest("all")
    assert raw is not None
    from lake_platform.spark.code import dataset_fingerprint

    refusal = Refusal(
        token="t",
        content=raw.body["content"],
        fingerprint=dataset_fingerprint(reading.airports),
        layer="validated",
        gate="g",
        reason="r",
        checks=[],
        figures={},
    )
    refuse(reading.lake.lake, "airports", "all", refusal)
