"""What happens to files: new, rewritten, renamed, late, withdrawn, many, broken."""

import gzip
import os

import pytest
from click.testing import CliRunner

from lake_platform.cli.files import withdraw
from lake_platform_tests.e2e.contracts import HEADER, day_file, define, key_of, scd2
from lake_platform_tests.e2e.house import House, csv_of

pytestmark = [pytest.mark.spark, pytest.mark.warehouse, pytest.mark.e2e]

Version = tuple[int, str, str, str | None]


def history(house: House, name: str) -> list[Version]:
    """Customer, region, valid_from and valid_to as day and minute."""
    query = f"SELECT customer_id, region, valid_from, valid_to FROM dim_{name} ORDER BY 1, 3"
    return [
        (key, region, f"{start:%d %H:%M}", None if end is None else f"{end:%d %H:%M}")
        for key, region, start, end in house.rows(query)
    ]


def ran(house: House, name: str) -> list[tuple[str, tuple[str, ...]]]:
    """Ticks; status and partitions of each run."""
    return [(run.status, run.partitions) for run in house.tick(name).runs]


def test_a_file_is_dropped_then_rewritten_renamed_preceded_and_withdrawn(shared_house: House) -> None:
    house, name = shared_house, "customers"
    house.define(name, scd2(name))
    restated, new = (1, "U", "north", 1, "2024-03-02 08:00"), (3, "I", "west", 3, "2024-03-02 08:00")
    first = day_file(
        name, "2024-03-01", (1, "I", "north", 1, "2024-03-01 08:00"), (2, "I", "east", 2, "2024-03-01 08:00")
    )

    house.drop(*first)
    house.drop(*day_file(name, "2024-03-02", restated, new))
    assert ran(house, name) == [("success", ("2024-03-01", "2024-03-02"))]
    assert ran(house, name) == []
    dropped = [(1, "north", "01 08:00", None), (2, "east", "01 08:00", None), (3, "west", "02 08:00", None)]
    assert history(house, name) == dropped

    # One changed row, of a later time: one version more.
    house.drop(*day_file(name, "2024-03-02", (1, "U", "south", 1, "2024-03-02 09:00"), new))
    assert ran(house, name) == [("success", ("2024-03-02",))]
    moved = [(1, "north", "01 08:00", "02 09:00"), (1, "south", "02 09:00", None)]
    assert history(house, name) == [*moved, *dropped[1:]]

    # The same time again: corrected in place. Customer 3 is left out, so it is taken back.
    house.drop(*day_file(name, "2024-03-02", (1, "U", "centre", 1, "2024-03-02 09:00")))
    assert ran(house, name) == [("success", ("2024-03-02",))]
    corrected = [(1, "north", "01 08:00", "02 09:00"), (1, "centre", "02 09:00", None)]
    assert history(house, name) == [*corrected, dropped[1]]

    # The same bytes under another name, and a file of an earlier day.
    house.drop(key_of(name, "2024-03-01", "copy.csv"), first[1])
    house.drop(*day_file(name, "2024-02-20", (2, "I", "north", 2, "2024-02-20 07:00")))
    assert ran(house, name) == [("success", ("2024-02-20", "2024-03-01"))]
    spliced = [*corrected, (2, "north", "20 07:00", "01 08:00"), (2, "east", "01 08:00", None)]
    assert history(house, name) == spliced
    copy = house.files(name, "2024-03-01")[key_of(name, "2024-03-01", "copy.csv")]
    assert copy == ("duplicate", f"duplicate of {first[0]}")
    assert ran(house, name) == []

    # What a withdrawn file said is gone, from history too.
    taken = CliRunner().invoke(withdraw, [name, key_of(name, "2024-03-02")], catch_exceptions=False)
    assert taken.exit_code == 0, taken.output
    assert ran(house, name) == [("success", ("2024-03-02",))]
    assert history(house, name) == [(1, "north", "01 08:00", None), *spliced[2:]]
    assert ran(house, name) == []


def test_thirty_days_at_once_are_one_run_and_a_bad_one_holds_back_only_itself(shared_house: House) -> None:
    house, name, bad = shared_house, "thirty", "2024-04-11"
    house.define(name, scd2(name))
    days = [f"2024-04-{day:02d}" for day in range(1, 31)]
    for number, day in enumerate(days):
        op = "?" if day == bad else "I"
        house.drop(
            *day_file(name, day, (number, op, "north", 1, f"{day} 08:00"), (100 + number, op, "x", 1, f"{day} 08:00"))
        )

    (run,) = house.tick(name).runs
    arrived = {row[0] for row in house.rows(f"SELECT customer_id FROM dim_{name}")}
    held = house.look(name).held

    assert (run.status, run.partitions) == ("failure", tuple(days))
    assert run.problem is not None
    assert bad in run.problem
    assert "op_in_i_u_d" in run.problem
    assert "2024-04-10" not in run.problem
    assert arrived == {n for number in range(30) if number != 10 for n in (number, 100 + number)}
    assert list(held) == [bad]
    assert "no row is valid" in held[bad]
    assert ran(house, name) == [], "it is not tried again by itself"

    # Another file wakes it; it is still too bad.
    house.drop(*day_file(name, bad, (10, "I", "north", 1, f"{bad} 09:00"), file="b.csv"))
    assert ran(house, name) == [("failure", (bad,))]
    assert "block_above" in house.look(name).held[bad]
    assert ran(house, name) == []

    # Another contract wakes it, and only it.
    house.define(name, scd2(name, quarantine={"block_above": 0.9}))
    assert ran(house, name) == [("success", (bad,))]
    assert house.rows(f"SELECT count(*) FROM dim_{name}") == [(59,)]
    assert ran(house, name) == []


def test_files_that_cannot_be_taken_are_told_and_the_others_go_on(shared_house: House) -> None:
    house, name, day = shared_house, "odd", "2024-05-02"
    house.define(name, scd2(name))
    good = (1, "I", "north", 1, f"{day} 08:00")
    packed = gzip.compress(csv_of(HEADER, [good] * 50).encode())
    outside = [key_of(name, "2023-12-31"), key_of(name, "2024-02-30"), key_of(name, day, "a\nb.csv"), f"{name}/x.csv"]
    for key in [*outside, key_of(name, day, "notes.txt"), key_of(name, day, "_SUCCESS"), f"{name}2/dt={day}/a.csv"]:
        house.drop(key, csv_of(HEADER, [(99, "I", "nowhere", 1, f"{day} 08:00")]))
    house.drop(*day_file(name, day, good, file="[good] a*.csv"))
    house.drop(key_of(name, day, "cut.csv.gz"), packed[: len(packed) // 2])
    house.drop(key_of(name, day, "plain.csv.gz"), csv_of(HEADER, [good]))
    house.drop(key_of(name, day, "pointer.csv"), "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n")
    house.drop(
        key_of(name, day, "short.csv"), csv_of("customer_id,op,region,changed_at", [(2, "I", "x", f"{day} 08:00")])
    )
    house.drop(key_of(name, day, "wide.csv"), csv_of(f"{HEADER},extra", [(3, "I", "wide", 1, f"{day} 08:00", "?")]))

    seen = house.tick(name)
    assert [run.problem for run in seen.runs] == [None], seen
    files = house.files(name, day)
    reasons = {key.rpartition("/")[2]: reason or "" for key, (_, reason) in files.items()}
    document = house.lake.log(name, "raw").latest(day)

    assert [(run.status, run.partitions) for run in seen.runs] == [("success", (day,))]
    assert history(house, name) == [(1, "north", "02 08:00", None), (3, "wide", "02 08:00", None)]
    told = "\n".join(seen.ticks[0].reported)
    assert len(seen.ticks[0].reported) == len(outside)
    assert "before start" in told
    assert "'2024-02-30' is no day" in told
    assert "a\nb.csv" in told
    assert f"{name}/x.csv" in told
    assert seen.ticks[0].ignored == 2
    assert {key.rpartition("/")[2] for key, (status, _) in files.items() if status == "refused"} == {
        "cut.csv.gz",
        "plain.csv.gz",
        "pointer.csv",
        "short.csv",
    }
    assert "cut off" in reasons["cut.csv.gz"]
    assert "not gzip" in reasons["plain.csv.gz"]
    assert "Git LFS" in reasons["pointer.csv"]
    assert "amount" in reasons["short.csv"]
    assert document is not None
    warned = {file["key"].rpartition("/")[2]: file["warnings"] for file in document.body["files"] if file["warnings"]}
    assert list(warned) == ["wide.csv"]
    assert "extra" in warned["wide.csv"][0]
    assert ran(house, name) == [], "what was refused is not looked at again"


def test_two_files_of_one_second_both_count_and_the_greater_key_wins(shared_house: House) -> None:
    house, name, day = shared_house, "second", "2024-05-02"
    target = {"table": name, "write": "upsert", "keys": ["customer_id"], "effective_at": "changed_at"}
    house.define(name, define(name, arrives={"partition": {"by": "none"}}, target=target))
    for file, region in (("b.csv", "later"), ("a.csv", "earlier")):
        house.drop(
            f"{name}/{file}",
            csv_of(HEADER, [(1, "U", region, 1, f"{day} 08:00"), (ord(file[0]), "I", "x", 1, f"{day} 08:00")]),
        )
    moment = (house.landing / name / "a.csv").stat().st_mtime_ns // 10**9
    for file in ("a.csv", "b.csv"):
        os.utime(house.landing / name / file, (moment, moment))

    assert ran(house, name) == [("success", ("all",))]
    rows = f"SELECT customer_id, region FROM {name} ORDER BY 1"
    assert house.rows(rows) == [(1, "later"), (97, "x"), (98, "x")]

    # Without partitions too a late file of an earlier time does not win, and its new key arrives.
    house.drop(
        f"{name}/c.csv", csv_of(HEADER, [(1, "U", "late", 1, f"{day} 07:00"), (2, "I", "new", 1, f"{day} 07:00")])
    )
    assert ran(house, name) == [("success", ("all",))]
    assert house.rows(rows) == [(1, "later"), (2, "new"), (97, "x"), (98, "x")]
    assert ran(house, name) == []


def test_events_keep_rows_that_are_exactly_alike_and_a_rewritten_day_replaces_its_own(shared_house: House) -> None:
    house, name = shared_house, "sales"
    columns = [{"name": "item", "type": "varchar(20)"}, {"name": "amount", "type": "decimal(18,2)"}]
    target = {"table": name, "write": "replace_partition"}
    house.define(name, define(name, arrives={"delivers": "events"}, columns=columns, quality=None, target=target))
    house.drop(key_of(name, "2024-06-01"), csv_of("item,amount", [("tea", "1.10"), ("tea", "1.10"), ("milk", "2.00")]))
    house.drop(key_of(name, "2024-06-02"), csv_of("item,amount", [("tea", "1.10")]))
    totals = f"SELECT item, count(*), sum(amount) FROM {name} GROUP BY 1 ORDER BY 1"

    assert ran(house, name) == [("success", ("2024-06-01", "2024-06-02"))]
    assert [(item, n, str(total)) for item, n, total in house.rows(totals)] == [("milk", 1, "2.00"), ("tea", 3, "3.30")]

    house.drop(key_of(name, "2024-06-01"), csv_of("item,amount", [("tea", "5.00"), ("tea", "5.00")]))
    assert ran(house, name) == [("success", ("2024-06-01",))]
    assert [(item, n, str(total)) for item, n, total in house.rows(totals)] == [("tea", 3, "11.10")]


def test_a_replaced_table_is_the_newest_snapshot_whenever_the_others_arrive(shared_house: House) -> None:
    house, name = shared_house, "stock"
    columns = [{"name": "item", "type": "varchar(20)"}, {"name": "amount", "type": "integer"}]
    target = {"table": name, "write": "replace"}
    house.define(name, define(name, arrives={"delivers": "snapshot"}, columns=columns, quality=None, target=target))
    house.drop(key_of(name, "2024-06-02"), csv_of("item,amount", [("tea", 2), ("milk", 2)]))

    assert ran(house, name) == [("success", ("2024-06-02",))]
    assert house.rows(f"SELECT item, amount FROM {name} ORDER BY 1") == [("milk", 2), ("tea", 2)]

    house.drop(key_of(name, "2024-06-01"), csv_of("item,amount", [("tea", 1), ("salt", 1)]))
    assert ran(house, name) == [("success", ("2024-06-01",))]
    assert house.rows(f"SELECT item, amount FROM {name} ORDER BY 1") == [("milk", 2), ("tea", 2)]

    house.drop(key_of(name, "2024-06-03"), csv_of("item,amount", [("tea", 3)]))
    assert ran(house, name) == [("success", ("2024-06-03",))]
    assert house.rows(f"SELECT item, amount FROM {name}") == [("tea", 3)]
