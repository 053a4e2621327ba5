"""Jars by their digests; a Java by its version."""

import hashlib
import threading
from pathlib import Path

import pytest

from lake_platform.errors import JarDigestError, JarFetchError, JavaNotFoundError
from lake_platform.spark.jars import JARS, Fetch, Jar, default_cache, ensure_jars, ivy, maven
from lake_platform.spark.java import find_java_home, java_version

CONTENT = b"a jar"
JAR = Jar("org.example", "thing", "1.0", hashlib.sha256(CONTENT).hexdigest())


def writes(content: bytes, calls: list[str]) -> Fetch:
    def fetch(jar: Jar, folder: Path) -> str | None:
        calls.append(jar.artifact)
        (folder / jar.file).write_bytes(content)
        return None

    return fetch


def test_a_jar_is_fetched_once(tmp_path: Path) -> None:
    calls: list[str] = []
    threads = [
        threading.Thread(
            target=ensure_jars, args=(tmp_path, {}), kwargs={"jars": [JAR], "fetches": [writes(CONTENT, calls)]}
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert calls == ["thing"]
    assert ensure_jars(tmp_path, {}, jars=[JAR], fetches=[]) == [tmp_path / "thing-1.0.jar"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [".lock", "thing-1.0.jar"]


def test_the_next_way_is_tried_when_one_fails(tmp_path: Path) -> None:
    def broken(jar: Jar, folder: Path) -> str | None:
        return "mvn: no route"

    calls: list[str] = []
    assert ensure_jars(tmp_path, {}, jars=[JAR], fetches=[broken, writes(CONTENT, calls)])[0].read_bytes() == CONTENT
    with pytest.raises(
        JarFetchError, match=r"Could not fetch thing-1.0.jar. mvn: no route \| mvn: no route \| Put the file into"
    ):
        ensure_jars(tmp_path / "other", {}, jars=[JAR], fetches=[broken, broken])


def test_a_jar_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JarDigestError, match=f"not {JAR.sha256}"):
        ensure_jars(tmp_path, {}, jars=[JAR], fetches=[writes(b"another", [])])
    assert not (tmp_path / JAR.file).exists()

    (tmp_path / JAR.file).write_bytes(b"tampered")
    with pytest.raises(JarDigestError, match="delete the file"):
        ensure_jars(tmp_path, {}, jars=[JAR], fetches=[])


def test_without_programs_each_way_says_why(tmp_path: Path) -> None:
    assert maven({"PATH": str(tmp_path)})(JAR, tmp_path) == "mvn: not installed"


def test_the_cache_is_where_the_environment_says() -> None:
    assert default_cache({"LAKE_JARS": "/j"}) == Path("/j")
    assert default_cache({"XDG_CACHE_HOME": "/c"}) == Path("/c/lake_platform/jars")
    assert default_cache({"HOME": "/h"}) == Path("/h/.cache/lake_platform/jars")


def java(home: Path, version: str) -> Path:
    (home / "bin").mkdir(parents=True)
    (home / "bin/java").write_text("#!/bin/sh\n")
    (home / "bin/java").chmod(0o755)
    (home / "release").write_text(f'JAVA_VERSION="{version}"\n')
    return home


def test_java_home_wins_then_the_path_then_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = (java(tmp_path / name, "17.0.9") for name in ("first", "second", "third"))
    old = java(tmp_path / "old", "11.0.2")
    monkeypatch.setattr("lake_platform.spark.java._from_wheel", lambda: third)

    assert find_java_home({"JAVA_HOME": str(first), "PATH": str(second / "bin")}) == first
    assert find_java_home({"JAVA_HOME": str(old), "PATH": str(second / "bin")}) == second
    assert find_java_home({"PATH": str(old / "bin")}) == third


def test_without_a_java_17_the_error_names_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = java(tmp_path / "old", "21.0.1")
    monkeypatch.setattr("lake_platform.spark.java._from_wheel", lambda: None)

    with pytest.raises(JavaNotFoundError, match=r"found only .*old \(Java 21\).*Set JAVA_HOME to a Java 17"):
        find_java_home({"JAVA_HOME": str(old), "PATH": ""})
    with pytest.raises(JavaNotFoundError, match="found none"):
        find_java_home({"PATH": ""})


def test_a_java_without_a_release_file_is_asked(tmp_path: Path) -> None:
    home = java(tmp_path / "asked", "0")
    (home / "release").unlink()
    (home / "bin/java").write_text("#!/bin/sh\necho 'openjdk version \"17.0.1\" 2021' >&2\n")

    assert java_version(home) == 17


def test_what_is_pinned() -> None:
    assert [(jar.artifact, jar.version, jar.sha256[:8]) for jar in JARS] == [
        ("deequ", "2.1.0-spark-3.5", "ab902814"),
        ("dqdl", "1.0.0", "8382887b"),
    ]


def test_ivy_reports_what_it_cannot_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    assert ivy({})(JAR, tmp_path) == "ivy: pyspark is not installed"
