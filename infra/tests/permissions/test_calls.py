"""Every call of a full rehearsal is allowed to whoever makes it, and what is allowed besides has a reason."""

import re
from collections.abc import Callable, Iterator

import pytest
import yaml

from lake_infra.options import WAREHOUSES, Warehouse
from lake_infra.policy.calls import Call, Means, permissions_of
from lake_infra.policy.errors import UnknownCallError
from lake_infra.policy.evaluate import Request, decide
from lake_infra.policy.template import Policies, Role, read_policies
from lake_infra.policy.usage import Allowed, unused
from lake_infra.policy.wildcards import matches
from tests.conftest import HOME, REFERENCE, Template
from tests.permissions.conftest import with_dagster
from tests.permissions.recorded import ACCOUNT, ROLES, needed, recorded_calls, role_arn

ALWAYS_THERE = ("glue_jobs", "s3:ListBucket", "arn:aws:s3:::rehearsal-code-123456789012-us-east-1")
"""A run reads the code that its definition names: where it is not there the run fails, whatever S3 says."""
REASONS = yaml.safe_load((HOME / "unused.yaml").read_text())


@pytest.fixture(scope="module")
def everything(crawled: Template) -> Policies:
    """Of both stacks, with a crawler."""
    return with_dagster(read_policies(crawled, ACCOUNT), ACCOUNT)


@pytest.mark.reference
@pytest.mark.parametrize("warehouse", WAREHOUSES)
@pytest.mark.parametrize("actor", ROLES)
def test_every_recorded_call_is_allowed_to_the_role_that_makes_it(
    actor: str, warehouse: Warehouse, policies_of: Callable[[Warehouse], Policies], means: Means
) -> None:
    calls = [call for call in recorded_calls() if call.actor == actor]
    asked = [
        (call, need)
        for call in calls
        for need in permissions_of(call, means)
        if (actor, need.action, need.resource) != ALWAYS_THERE
    ]

    refused = [
        f"{call.call} on {call.resource} needs {need.action} on {need.resource}: {told.reason}"
        for call, need in asked
        if not (
            told := decide(
                policies_of(warehouse), Request(role_arn(ROLES[actor]), need.action, need.resource, need.context)
            )
        ).allowed
    ]

    assert calls
    assert refused == []


def test_the_record_is_of_the_reference_datasets() -> None:
    processed = (re.search(r":::rehearsal-lake-[^/]+/processed/(\w+)/", call.resource) for call in recorded_calls())

    assert {found[1] for found in processed if found} == {*REFERENCE}


def test_the_record_is_of_known_actors() -> None:
    assert {call.actor for call in recorded_calls()} == set(ROLES)


@pytest.mark.reference
def test_what_the_rehearsal_does_not_need_has_a_reason(everything: Policies, means: Means) -> None:
    calls = recorded_calls()
    actors = {role: actor for actor, role in ROLES.items()}
    missing: list[str] = []
    used: set[tuple[str, int]] = set()
    for role in everything.roles.values():
        name = _name(role)
        for allowed in unused(role, needed(calls, actors.get(name, ""), means)):
            found = set(_reasons(name, allowed))
            used |= found
            if not found:
                missing.append(f"{name}: {allowed.action} on {allowed.resource}")

    idle = [
        f"{key}: {reason}"
        for key, reasons in REASONS.items()
        for number, reason in enumerate(reasons)
        if (key, number) not in used
    ]
    assert missing == [], "give each a reason in infra/unused.yaml, or take it away"
    assert idle == [], "the rehearsal needs all of it, or it is not allowed: take the reason away"


def test_every_role_of_the_lake_is_looked_at(everything: Policies) -> None:
    named = {_name(role) for role in everything.roles.values()}

    assert {name for name in named if not any(matches(key, name) for key in REASONS)} == set()
    assert {key for key in REASONS if not any(matches(key, name) for name in named)} == set()


def _name(role: Role) -> str:
    """Behind the prefix of the lake."""
    return role.arn.rpartition("/")[2].removeprefix("rehearsal-")


def _reasons(role: str, allowed: Allowed) -> Iterator[tuple[str, int]]:
    """The reasons that explain what a role may, by their key and number."""
    for key, reasons in REASONS.items():
        for number, reason in enumerate(reasons):
            if (
                matches(key, role)
                and allowed.action in reason["actions"]
                and any(matches(pattern, allowed.resource) for pattern in reason.get("on", ["*"]))
            ):
                yield key, number


@pytest.mark.parametrize(
    ("call", "resource", "expected"),
    [
        ("s3.HeadObject", "arn:aws:s3:::lake/a", ["s3:GetObject", "s3:ListBucket", "kms:Decrypt"]),
        ("s3.UploadPart", "arn:aws:s3:::lake/a", ["s3:PutObject", "kms:GenerateDataKey", "kms:Decrypt"]),
        ("s3.ListObjectVersions", "arn:aws:s3:::lake", ["s3:ListBucketVersions"]),
        ("sqs.DeleteMessageBatch", "arn:aws:sqs:eu:1:q", ["sqs:DeleteMessage"]),
        ("glue.CreateJob", "arn:aws:glue:eu:1:job/x", ["glue:CreateJob", "glue:TagResource", "iam:PassRole"]),
    ],
)
def test_a_call_needs_more_than_its_name_says(call: str, resource: str, expected: list[str], means: Means) -> None:
    told = permissions_of(Call(actor="orchestrator", call=call, resource=resource), means)

    assert [each.action for each in told] == expected


def test_the_catalog_asks_for_catalog_database_and_table(means: Means) -> None:
    head = "arn:aws:glue:eu:1"
    of_table = Call(actor="orchestrator", call="glue.GetTable", resource=f"{head}:table/lake/sales")
    of_database = Call(actor="orchestrator", call="glue.GetTables", resource=f"{head}:database/lake")

    assert [each.resource for each in permissions_of(of_table, means)] == [
        f"{head}:catalog",
        f"{head}:database/lake",
        f"{head}:table/lake/sales",
    ]
    assert [each.resource for each in permissions_of(of_database, means)][-1] == f"{head}:table/lake/*"


def test_a_call_that_nobody_has_judged_is_an_error(means: Means) -> None:
    with pytest.raises(UnknownCallError, match=r"glue\.DeleteDatabase"):
        permissions_of(Call(actor="orchestrator", call="glue.DeleteDatabase", resource="*"), means)
