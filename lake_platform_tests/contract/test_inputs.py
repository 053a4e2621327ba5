"""Datasets that read each other: what a folder says of them, and in which order they are looked at."""

import textwrap
from pathlib import Path

import pytest

from lake_platform.contract.inputs import bind_inputs, in_reading_order
from lake_platform.contract.source import Folder, load_folder
from lake_platform.errors import InputUnknownError
from lake_platform_tests.contract.declared import contract_of

TRANSFORMS = "lake_platform_tests.contract.transforms_to_find"


def text(name: str, *, inputs: str = "{}", run: str = f"{TRANSFORMS}:plain", delivers: str = "snapshot") -> str:
    transform = f"transform: {{run: '{run}', rows: same, inputs: {inputs}}}"
    return textwrap.dedent(f"""\
        type: lake_platform.Dataset
        attributes:
          name: {name}
          description: made for a test
          arrives:
            prefix: {name}/
            partition: {{by: none, from: key}}
            format: {{kind: csv}}
            delivers: {delivers}
          columns:
            - {{name: id, type: bigint}}
          {transform}
        """)


def folder_of(tmp_path: Path, *texts: str) -> Folder:
    for number, each in enumerate(texts):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "defs.yaml").write_text(each)
    return load_folder(tmp_path)


@pytest.mark.parametrize(
    ("inputs", "run", "field", "said"),
    [
        pytest.param("{countries: countrys}", "takes_countries", "transform.inputs.countries", "mean 'countries'?", id="unknown"),
        pytest.param("{countries: log}", "takes_countries", "transform.inputs.countries", "delivers changes", id="changes"),
        pytest.param("{countries: flights}", "takes_countries", "transform.inputs.countries", "flights → flights", id="itself"),
        pytest.param("{country: countries}", "takes_countries", "transform.inputs.country", "did you mean 'countries'?", id="parameter"),
        pytest.param("{}", "takes_countries", "transform.inputs", "wants an input 'countries'", id="input left out"),
        pytest.param("{countries: countries}", "plain", "transform.inputs.countries", "it takes the rows only", id="no parameter"),
        pytest.param("{}", "nothing", "transform.run", "no parameter for the rows", id="no rows"),
        pytest.param("{}", "palin", "transform.run", "did you mean 'plain'?", id="no function"),
        pytest.param("{countries: {dataset: countries, refresh: never}}", "takes_countries", "transform.inputs.countries.refresh", "'always'", id="refresh"),
        pytest.param("{countries: {datset: countries}}", "takes_countries", "transform.inputs.countries.datset", "did you mean 'dataset'?", id="key"),
        pytest.param("{countries: 7}", "takes_countries", "transform.inputs.countries", "is not a mapping", id="a number"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_inputs_is_told_at_its_field(
    tmp_path: Path, inputs: str, run: str, field: str, said: str
) -> None:
    folder = folder_of(
        tmp_path,
        text("countries"),
        text("flights", inputs=inputs, run=f"{TRANSFORMS}:{run}"),
        text("log", delivers="changes"),
    )

    told = {fault.field: str(fault) for fault in folder.faults}
    assert field in told, told
    assert said in told[field]
    assert f"{tmp_path}/1/defs.yaml:12" in told[field]


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("nowhere.at_all:f", "'nowhere.at_all' cannot be found"),
        (f"{__name__}.deeper:f", "deeper' cannot be found"),
        ("sys:exit", "'sys' cannot be found"),
    ],
)
def test_a_module_that_is_not_there_is_told(tmp_path: Path, run: str, said: str) -> None:
    (fault,) = folder_of(tmp_path, text("flights", run=run)).faults

    assert (fault.field, fault.line) == ("transform.run", 12)
    assert said in fault.message


def test_a_module_that_is_no_python_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "half_a_module.py").write_text("x = 1\ndef f(rows:\n")
    monkeypatch.syspath_prepend(tmp_path / "lib")

    (fault,) = folder_of(tmp_path, text("flights", run="half_a_module:f")).faults

    assert (fault.field, "line 2" in fault.message) == ("transform.run", True)


@pytest.mark.parametrize("run", ["takes_countries", "takes_all", "by_keyword", "optional", "assigned"])
def test_a_function_that_takes_the_input_has_no_fault(tmp_path: Path, run: str) -> None:
    inputs = "{countries: {dataset: countries, refresh: always}}"

    assert folder_of(
        tmp_path, text("countries"), text("flights", inputs=inputs, run=f"{TRANSFORMS}:{run}")
    ).faults == ()  # fmt: skip


def test_a_circle_is_told_with_its_way_at_each_of_its_datasets(tmp_path: Path) -> None:
    run = f"{TRANSFORMS}:takes_countries"
    folder = folder_of(
        tmp_path,
        text("a", inputs="{countries: b}", run=run),
        text("b", inputs="{countries: c}", run=run),
        text("c", inputs="{countries: a}", run=run),
        text("d", inputs="{countries: a}", run=run),
    )

    told = [(fault.file.parent.name, fault.message) for fault in folder.faults]
    assert told == [
        ("0", "the inputs go in a circle: a → b → c → a"),
        ("1", "the inputs go in a circle: b → c → a → b"),
        ("2", "the inputs go in a circle: c → a → b → c"),
    ]


def test_the_name_alone_means_that_newer_versions_re_run_nothing(tmp_path: Path) -> None:
    run = f"{TRANSFORMS}:takes_countries"
    folder = folder_of(tmp_path, text("countries"), text("flights", inputs="{countries: countries}", run=run))

    (_, flights) = folder.contracts
    assert flights.inputs["countries"].model_dump() == {"dataset": "countries", "refresh": "backfill"}
    assert flights.input_contract("countries").name == "countries"


def test_a_contract_that_was_read_alone_knows_no_inputs() -> None:
    with pytest.raises(InputUnknownError, match=r"'airports'.*lake check"):
        contract_of().input_contract("airports")


def test_what_is_read_comes_first(tmp_path: Path) -> None:
    run = f"{TRANSFORMS}:takes_countries"
    chain = [
        text("a", inputs="{countries: c}", run=run),
        text("b"),
        text("c", inputs="{countries: d}", run=run),
        text("d"),
    ]
    contracts = folder_of(tmp_path, *chain).contracts

    assert [each.name for each in in_reading_order(contracts)] == ["d", "c", "a", "b"]
    assert [each.name for each in in_reading_order(contracts[:2])] == ["a", "b"]
    assert bind_inputs(contracts)[0].input_contract("c").input_contract("d").name == "d"
