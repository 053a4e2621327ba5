"""What the docs name exists, and what exists is in the docs."""

import re
from pathlib import Path

import pytest

from lake_platform.cli.main import cli
from lake_platform_tests.account.account import VARIABLES

ROOT = Path(__file__).parents[1]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SOURCES = [path for name in ("lake_platform", "glue_jobs") for path in sorted((ROOT / name).rglob("*.py"))]


def text_of(paths: list[Path]) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_commands_in_the_docs_are_the_commands_of_lake() -> None:
    told = set(re.findall(r"`lake ([a-z][a-z-]*)", text_of(DOCS)))

    assert told - set(cli.commands) == set()


def test_readme_names_every_command() -> None:
    told = set(re.findall(r"`lake ([a-z][a-z-]*)", text_of(DOCS[:1]))) | set(
        re.findall(r"`make ([a-z]+)`", text_of(DOCS[:1]))
    )

    assert set(cli.commands) - told == set()


def test_variables_in_the_docs_are_those_of_the_code() -> None:
    pattern = r"\bLAKE_[A-Z_]+\b"
    read = set(re.findall(rf"[\"']({pattern[2:-2]})[\"']", text_of(SOURCES)))

    assert set(re.findall(pattern, text_of(DOCS))) - read - set(VARIABLES) == set()
    assert read - set(re.findall(pattern, text_of(DOCS[:1]))) == set()


def test_variables_of_the_tests_against_an_account_are_in_the_docs() -> None:
    assert set(VARIABLES) - set(re.findall(r"\bLAKE_TEST_AWS_[A-Z_]+\b", text_of(DOCS))) == set()


def test_make_targets_in_the_docs_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    for target in set(re.findall(r"\bmake ([a-z]+)\b(?=[`\s]*(?:#|`))", text_of(DOCS))):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / link).exists(), link
