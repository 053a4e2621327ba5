"""`lake new`, `lake profile` and `dg scaffold`: what they write, print and refuse."""

import json
from pathlib import Path

import dagster as dg
import pytest

from lake_platform.components.scaffold import DatasetScaffolder
from lake_platform_tests.cli.conftest import Lake

ORDERS = "order_id,status,amount\n" + "".join(f"{n},{'AB'[n % 2]},{n / 4}\n" for n in range(30))


@pytest.fixture
def defs(tmp_path: Path) -> Path:
    folder = tmp_path / "defs"
    folder.mkdir()
    return folder


def test_new_writes_a_definition_that_check_takes(lake: Lake, tmp_path: Path, defs: Path) -> None:
    (tmp_path / "o.csv").write_text(ORDERS)

    told = lake("--defs", defs, "new", "orders", "--sample", "o.csv")

    assert told.exit_code == 0, told.output
    assert "key: order_id" in told.output
    assert "prefix: 'orders/'" in (defs / "orders" / "defs.yaml").read_text()
    assert lake("--defs", defs, "check").exit_code == 0


def test_new_never_replaces_without_force(lake: Lake, tmp_path: Path, defs: Path) -> None:
    (tmp_path / "o.csv").write_text(ORDERS)
    (defs / "orders").mkdir()
    file = defs / "orders" / "defs.yaml"
    file.write_text("mine")

    told = lake("--defs", defs, "new", "orders", "--sample", "o.csv")
    assert (told.exit_code, file.read_text()) == (2, "mine")
    assert "--force" in told.output

    assert lake("--defs", defs, "new", "orders", "--sample", "o.csv", "--force").exit_code == 0
    assert file.read_text() != "mine"


def test_new_takes_back_what_does_not_fit_to_other_definitions(lake: Lake, tmp_path: Path, defs: Path) -> None:
    (tmp_path / ".lake" / "s3" / "landing" / "orders" / "eu").mkdir(parents=True)
    (tmp_path / ".lake" / "s3" / "landing" / "orders" / "eu" / "o.csv").write_text(ORDERS)
    lake("--defs", defs, "new", "orders", "--sample", "orders/")

    told = lake("--defs", defs, "new", "eu", "--sample", "orders/eu")

    assert told.exit_code == 2
    assert "arrives.prefix: files below 'orders/eu/'" in told.output
    assert not (defs / "eu").exists()


@pytest.mark.parametrize("sample", ["sales/", "sales", ".lake/s3/landing/sales", "sales/dt=2024-01-31/o.csv"])
def test_what_has_landed_keeps_its_prefix(lake: Lake, tmp_path: Path, defs: Path, sample: str) -> None:
    landing = tmp_path / ".lake" / "s3" / "landing"
    for key in ("sales/dt=2024-01-31/o.csv", "sales2/x.csv", "sales/_SUCCESS", "sales/.o.csv"):
        (landing / key).parent.mkdir(parents=True, exist_ok=True)
        (landing / key).write_text(ORDERS if key.endswith("/o.csv") else "")

    told = lake("--defs", defs, "new", "sales", "--sample", sample, "--json")

    assert told.exit_code == 0, told.output
    found = json.loads(told.output)
    assert list(found["files"]) == ["sales/dt=2024-01-31/o.csv"]
    assert found["partition"]["by"] == "day"
    assert "prefix: 'sales/'" in (defs / "sales" / "defs.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("new", "Orders", "--sample", "o.csv"), "is no name of a dataset"),
        (("new", "orders", "--sample", "nothing.csv"), "there is no such file here, and nothing below it"),
        (("new", "orders", "--sample", "empty"), "the folder holds no file"),
        (("new", "orders", "--sample", "e.csv"), "the file is empty, 0 bytes"),
        (("profile", "orders"), "there is no such file here"),
        (("profile", "o.csv", "--partition", "all"), "--partition is for datasets"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    lake: Lake, tmp_path: Path, defs: Path, arguments: tuple[str, ...], told: str
) -> None:
    (tmp_path / "o.csv").write_text(ORDERS)
    (tmp_path / "e.csv").write_text("")
    (tmp_path / "empty").mkdir()
    (defs / "other").mkdir()
    lake("--defs", defs, "new", "other", "--sample", "o.csv")

    ran = lake("--defs", defs, *arguments)

    assert ran.exit_code == 2
    assert told in ran.output
    assert "Traceback" not in ran.output
    assert sorted(path.name for path in defs.iterdir()) == ["other"]


def test_profile_of_a_file(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(ORDERS + "x\n")

    table, document = lake("profile", "o.csv"), json.loads(lake("profile", "o.csv", "--json").output)

    assert "31 record(s) in 1 file(s), 1 malformed" in table.output
    order_id, status, amount = document["columns"]
    assert (order_id["unique"], order_id["smallest"], order_id["largest"]) == (True, "0", "29")
    assert (status["distinct"], status["top"], status["patterns"]) == (2, {"A": 15, "B": 15}, {"A": 30})
    assert (amount["completeness"], amount["type"], amount["largest"]) == (1.0, "decimal(18,2)", "7.25")


def test_scaffolding_takes_a_sample(lake: Lake, tmp_path: Path, defs: Path) -> None:
    (tmp_path / "o.csv").write_text(ORDERS)
    params = DatasetScaffolder.get_scaffold_params()(sample="o.csv")
    request = dg.ScaffoldRequest(
        type_name="lake_platform.Dataset",
        target_path=defs / "orders",
        scaffold_format="yaml",
        project_root=None,
        params=params,
    )

    DatasetScaffolder().scaffold(request)

    assert "name: order_id, type: integer, required: true" in (defs / "orders" / "defs.yaml").read_text()
    assert lake("--defs", defs, "check").exit_code == 0


def test_profile_of_a_dataset_needs_something_taken(lake: Lake) -> None:
    told = lake("profile", "customers")

    assert (told.exit_code, "no partition yet: land files" in told.output) == (2, True)
