"""The table of docs/permissions.md, line by line."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from lake_infra.options import Warehouse
from lake_infra.policy.calls import Means
from lake_infra.policy.evaluate import Request, decide
from lake_infra.policy.template import Policies, read_policies
from tests.conftest import HOME, REFERENCE, Template, of_type
from tests.permissions.conftest import with_dagster
from tests.permissions.recorded import ACCOUNT

PAGE = HOME.parent / "docs" / "permissions.md"
LAKE = replace(ACCOUNT, parameters={**ACCOUNT.parameters, "Prefix": "lake"})
_LINE = re.compile(r"^\| (\S+) \| `(\w[\w-]*:\w+)` \| (.+?) \| (yes|no) \| (.+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    who: str
    action: str
    on: str
    may: bool
    why: str


LINES = [
    Line(who, action, on, may == "yes", why) for who, action, on, may, why in _LINE.findall(PAGE.read_text("utf-8"))
]


@pytest.fixture(scope="module")
def ask(crawled: Template) -> Callable[[Line], bool]:
    policies = with_dagster(read_policies(crawled, LAKE), LAKE)
    (key,) = of_type(crawled, "AWS::KMS::Key")
    means = Means(key=LAKE.arn("kms", f"key/{LAKE.stack}-{key}"), jobs_role=_role("jobs"))
    return lambda line: decide(policies, _request(line, means)).allowed


def _case(line: Line) -> Any:
    """Two roles are given datasets by their names: their lines speak of those of the reference pipelines."""
    named = [name for name in REFERENCE if line.who in ("orchestrator", "crawler") and name in re.split(r"\W", line.on)]
    marks = [pytest.mark.reference(*named)] if named else []
    return pytest.param(line, marks=marks, id=f"{line.who} {line.action} {line.on}".replace(" ", "-"))


@pytest.mark.parametrize("line", [_case(line) for line in LINES])
def test_the_page_says_what_is_so(line: Line, ask: Callable[[Line], bool]) -> None:
    assert ask(line) == line.may, f"{line.who} {line.action} on {line.on}: {line.why}"


def test_the_table_is_read_as_a_whole() -> None:
    table = PAGE.read_text("utf-8").split("## Who may do what")[1].split("\n## ")[0]
    rows = [row for row in table.splitlines() if row.startswith("|")][2:]

    assert len(LINES) == len(rows)
    assert {line.who for line in LINES if "." not in line.who} == {
        *("orchestrator", "jobs", "copy", "crawler", "deployer", "janitor"),
        *("dagster-daemon", "dagster-operator", "dagster-viewer"),
    }


def test_the_guide_for_other_ways_names_the_same_actions(
    crawled: Template, policies_of: Callable[[Warehouse], Policies]
) -> None:
    """The table of docs/aws.md, by role: what any of the templates gives, and no more but where a parameter holds the key."""
    text = (HOME.parent / "docs" / "aws.md").read_text("utf-8").split("## What each role needs")[1].split("\n## ")[0]
    told = {
        (role, action)
        for role, actions in re.findall(r"^\| (\w+) \| (`\w.+?) \|", text, re.MULTILINE)
        for action in re.findall(r"`([\w-]+:\w+)`", actions)
    }
    given = {
        (role.arn.rpartition("-")[2], action)
        for policies in (read_policies(crawled, LAKE), policies_of("cluster"))
        for role in policies.roles.values()
        for statement in role.allows
        for action in statement.actions
    }

    assert told - {("jobs", "ssm:GetParameter")} == {
        (role, action) for role, action in given if role not in ("crawler", "logs")
    }


def _request(line: Line, means: Means) -> Request:
    named, _, how = line.on.partition(", ")
    return Request(
        principal=line.who if line.who.endswith(".amazonaws.com") else _role(line.who),
        action=line.action,
        resource=_arn(named, means),
        context=_context(how),
    )


def _arn(named: str, means: Means) -> str:
    kind, _, name = named.partition(" ")
    bucket, slash, key = named.partition("/")
    if bucket in ("landing", "lake", "code", "dagster"):
        return f"arn:aws:s3:::lake-{bucket}-{LAKE.number}-{LAKE.region}{slash}{key}"
    return {
        "job": LAKE.arn("glue", f"job/{name}"),
        "key": means.key,
        "queue": LAKE.arn("sqs", "lake-arrivals"),
        "role": _role(name),
        "runs": LAKE.arn("ecs", "task-definition/lake-dagster-run:3"),
        "secret": LAKE.arn("secretsmanager", "secret:lake-pii-key-AbCdEf"),
        "table": LAKE.arn("glue", f"table/{name}"),
        "topic": LAKE.arn("sns", "lake-alerts"),
        "workgroup": LAKE.arn("redshift-serverless", "workgroup/lake-warehouse"),
    }[kind]


def _context(how: str) -> dict[str, str]:
    """What follows the comma of the third column."""
    word, _, told = how.partition(" ")
    match word:
        case "in":
            return {"ecs:cluster": LAKE.arn("ecs", f"cluster/{told}")}
        case "through":
            return {"kms:ViaService": f"{told}.{LAKE.region}.amazonaws.com"}
        case "passed":
            return {"iam:PassedToService": told.removeprefix("to ")}
        case "of":
            return {"aws:SourceArn": LAKE.arn("events", told.replace("rule ", "rule/"))}
        case "for":
            return {"aws:SourceAccount": LAKE.number if told == "this account" else told.removeprefix("account ")}
        case _:
            assert how == ""
            return {}


def _role(name: str) -> str:
    return LAKE.global_arn("iam", f"role/lake-{name}")
