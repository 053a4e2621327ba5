"""Whatever comes first, airports or flights, and whatever dies: every flight has the city that it should have.

Files of both come in any order, again and again; runs die after any layer. No flight is published before the airports
are. What a document says it has read is what its rows hold. Once the dust has settled, flights that refresh have the
newest cities; those that do not are as they were published, until a backfill.
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lake_platform_tests.assets.reading import DAYS, WORKED, Reading

CITIES = st.dictionaries(st.sampled_from(["AAA", "BBB", "CCC"]), st.sampled_from(["Rome", "Oslo", "Bern"]), min_size=1)
CODES = st.lists(st.sampled_from(["AAA", "BBB", "CCC", "XXX"]), min_size=1, max_size=3)


class AirportsAndFlights(RuleBasedStateMachine):
    @initialize(refreshes=st.booleans())
    def begin(self, refreshes: bool) -> None:
        self.refreshes = refreshes
        self.lake = Reading("always" if refreshes else "backfill")
        self.airports: dict[str, str] | None = None
        self.versions: dict[int, dict[str, str]] = {}
        self.flights: dict[str, list[str]] = {}

    @rule(cities=CITIES)
    def drop_airports(self, cities: dict[str, str]) -> None:
        self.airports = cities
        self.lake.drop_airports(**cities)

    @rule(day=st.sampled_from(DAYS), codes=CODES)
    def drop_flights(self, day: str, codes: list[str]) -> None:
        self.flights[day] = codes
        self.lake.drop_flights(day, *codes)

    @rule(dies_after=st.sampled_from(WORKED))
    def tick_airports(self, dies_after: str) -> None:
        self.lake.tick(self.lake.airports, dies_after=dies_after)

    @rule(dies_after=st.sampled_from(WORKED))
    def tick_flights(self, dies_after: str) -> None:
        self.lake.tick(self.lake.flights, dies_after=dies_after)

    @rule()
    def settle(self) -> None:
        self.lake.settle()
        if self.airports is not None:
            assert {day for day in DAYS if self.lake.published(day)} == set(self.flights)
            if self.refreshes:
                self.has_the_newest_cities()

    @rule()
    def backfill(self) -> None:
        self.lake.settle()
        if self.airports is not None and self.flights:
            self.lake.run(self.lake.flights, sorted(self.flights))
            self.has_the_newest_cities()

    @invariant()
    def published_flights_have_the_cities_of_the_version_that_they_name(self) -> None:
        log = self.lake.lake.log("airports", "processed")
        if (newest := log.latest("all")) is not None:
            self.versions.setdefault(newest.number, dict(self.airports or {}))
        for day in DAYS:
            if (document := self.lake.published(day)) is not None:
                read = document.body["read"]["airports"]
                assert read["dataset"] == "airports"
                cities = self.versions[read["documents"]["all"]]
                assert set(self.lake.cities(day)) <= {*cities.values(), ""}

    def has_the_newest_cities(self) -> None:
        assert self.airports is not None
        for day, codes in self.flights.items():
            assert self.lake.cities(day) == [self.airports.get(code, "") for code in codes]


TestAirportsAndFlights = AirportsAndFlights.TestCase
TestAirportsAndFlights.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
