"""The partition that keys speak of, held against the contract's own placing."""

from pathlib import Path

import pytest

from lake_platform.contract.partitions import partition_of
from lake_platform_tests.discovery.samples import contract_of, find_in

CONTENT = "id,n\n1,x\n2,y\n"
KEYS: dict[str, tuple[list[str], str, list[str]]] = {
    "hive days": (["dt=2024-01-31/a.csv", "dt=2024-02-01/a.csv"], "day", ["2024-01-31", "2024-02-01"]),
    "hive hours": (["dt=2024-01-31/hour=05/a.csv"], "hour", ["2024-01-31T05"]),
    "hive parts": (["year=2024/month=1/day=31/a.csv"], "day", ["2024-01-31"]),
    "folders": (["2024/01/31/a.csv"], "day", ["2024-01-31"]),
    "folders of hours": (["2024/01/31/05/a.csv"], "hour", ["2024-01-31T05"]),
    "folders and names": (["2018/11/2018-11-07-events.csv"], "day", ["2018-11-07"]),
    "names": (["x-2024-01-31.csv", "x-2024-02-01.csv"], "day", ["2024-01-31", "2024-02-01"]),
    "compact names": (["x_20240131.csv"], "day", ["2024-01-31"]),
    "months": (["2024-01/a.csv", "2024-02/a.csv"], "month", ["2024-01", "2024-02"]),
    "hive months": (["m=2024-01/a.csv"], "month", ["2024-01"]),
    "nothing": (["a.csv", "b.csv"], "none", ["all", "all"]),
    "no dates": (["2024-13-45.csv"], "none", ["all"]),
    "not all": (["dt=2024-01-31/a.csv", "other.csv"], "none", ["all", "all"]),
    "a part number": (["part-00001-20241.csv"], "none", ["all"]),
}


@pytest.mark.parametrize(("keys", "by", "places"), KEYS.values(), ids=KEYS.keys())
def test_the_partition_of_keys(tmp_path: Path, keys: list[str], by: str, places: list[str]) -> None:
    contract = contract_of(find_in(tmp_path, dict.fromkeys(keys, CONTENT)))

    assert contract.arrives.partition.by == by
    assert [partition_of(contract.arrives, f"orders/{key}") for key in keys] == places
