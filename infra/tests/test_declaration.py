"""What is read of the declaration, and what is said of one that cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest

from lake_infra.__main__ import main
from lake_infra.declaration import DeclarationError, read_declaration
from tests.conftest import HOME


def changed(folder: Path, **fields: Any) -> Path:
    """The committed declaration with other fields; None takes one away."""
    told = {**json.loads((HOME / "declaration.json").read_text(encoding="utf-8")), **fields}
    file = folder / "declaration.json"
    file.write_text(json.dumps({name: value for name, value in told.items() if value is not None}), encoding="utf-8")
    return file


def test_a_dataset_is_read_with_its_crawler_where_it_has_one(tmp_path: Path) -> None:
    told = {"name": "a", "prefix": "a/", "suffixes": [".csv"]}

    plain, crawled = read_declaration(changed(tmp_path, datasets=[told, {**told, "crawler": "c"}])).datasets

    assert (plain.prefix, plain.suffixes, plain.crawler, crawled.crawler) == ("a/", (".csv",), None, "c")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"format": 2}, "its format is 2, and this is for 1"),
        ({"jobs": None}, "'jobs'"),
        ({"datasets": [{"name": "a"}]}, "'prefix'"),
    ],
    ids=["another format", "a field less", "a dataset without a prefix"],
)
def test_another_document_is_refused_with_what_to_do(tmp_path: Path, fields: dict[str, Any], told: str) -> None:
    file = changed(tmp_path, **fields)

    with pytest.raises(DeclarationError) as refused:
        read_declaration(file)

    assert str(refused.value).startswith(f"{file} is no declaration of this version (")
    assert told in str(refused.value)
    assert str(refused.value).endswith(f"Write it with `lake infra declaration --out {file}`.")


def test_a_file_that_is_not_there_is_exit_code_two_and_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["synth", "--declaration", str(tmp_path / "none.json"), "--out", str(tmp_path)])

    assert code == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path / 'none.json'}: No such file or directory. Write it with")
