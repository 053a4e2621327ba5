"""Nobody has more than he needs by the form of his policies: no patterns of actions, no `*`, no open trust."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

import pytest

from lake_infra.policy.documents import Statement
from lake_infra.policy.evaluate import Request, decide
from lake_infra.policy.template import Policies, read_policies
from lake_infra.templates import DAGSTER, made_from
from tests.conftest import DECLARED, of_type
from tests.permissions.conftest import committed, with_dagster
from tests.permissions.recorded import ACCOUNT

STARTING = {f"dagster-start-{kind}" for kind in ("code", "daemon", "operator", "prepare", "run", "viewer")}
"""With what ECS starts the tasks of Dagster."""
FORCED = {"cloudwatch:PutMetricData": {"jobs"}, "ecr:GetAuthorizationToken": STARTING}
"""Actions that take no resource but `*`, with the roles that may do them."""
NO_ACCOUNT = "events.amazonaws.com"
"""Says no account when it sends to a queue."""


@pytest.fixture(params=[name for name in made_from(DECLARED) if name != DAGSTER])
def policies(request: pytest.FixtureRequest) -> Policies:
    """Of each template of the data stack, and the Dagster stack beside it."""
    return with_dagster(read_policies(committed(request.param), ACCOUNT), ACCOUNT)


def test_no_action_of_a_role_is_a_pattern(policies: Policies) -> None:
    patterns = {
        (role, action)
        for role, statement in _of_roles(policies)
        for action in (*statement.actions, *statement.not_actions)
        if "*" in action or "?" in action or statement.not_actions
    }

    assert patterns == set()


def test_every_resource_is_named_but_where_aws_takes_none(policies: Policies) -> None:
    everything: dict[str, set[str]] = {}
    for role, statement in _of_roles(policies):
        if "*" in statement.resources or statement.not_resources:
            for action in statement.actions:
                everything.setdefault(action, set()).add(role)

    assert everything == FORCED


def test_every_resource_of_a_role_is_of_this_account_or_a_bucket_of_this_lake(policies: Policies) -> None:
    foreign = {
        (role, resource)
        for role, statement in _of_roles(policies)
        for resource in statement.resources
        if resource != "*"
        and f":{ACCOUNT.number}:" not in resource
        and not resource.startswith("arn:aws:s3:::rehearsal-")
    }

    assert foreign == set()


def test_whoever_takes_a_role_for_a_service_does_so_for_this_account(policies: Policies) -> None:
    open_to_all = {
        (role.arn, principal.name)
        for role in policies.roles.values()
        for statement in role.trust
        for principal in statement.principals or ()
        if principal.kind == "Service" and not _asks_for_account(statement)
    }

    assert open_to_all == set()


def test_nobody_outside_of_the_account_takes_a_role(policies: Policies) -> None:
    others = {
        (role.arn, principal.name)
        for role in policies.roles.values()
        for statement in role.trust
        for principal in statement.principals or ()
        if principal.kind != "Service" and principal.name != ACCOUNT.global_arn("iam", "root")
    }

    assert others == set()


def test_a_role_is_passed_on_by_who_needs_it_and_to_its_service_alone(policies: Policies) -> None:
    passing = {
        (role, resource.rpartition("/rehearsal-")[2], condition.key, condition.values)
        for role, statement in _of_roles(policies)
        for resource in statement.resources
        for condition in statement.conditions
        if "iam:PassRole" in statement.actions
    }

    to, glue, ecs = "iam:PassedToService", ("glue.amazonaws.com",), ("ecs-tasks.amazonaws.com",)
    assert passing == {
        ("deployer", "jobs", to, glue),
        ("dagster-daemon", "orchestrator", to, ecs),
        ("dagster-daemon", "dagster-start-run", to, ecs),
    }


def test_no_role_changes_roles_policies_or_keys(policies: Policies) -> None:
    changing = {
        action
        for _, statement in _of_roles(policies)
        for action in statement.actions
        if action.startswith(("iam:", "kms:Put", "kms:CreateGrant", "s3:Put", "sts:"))
    }

    assert changing == {"iam:PassRole", "s3:PutObject"}


def test_a_condition_on_the_account_drops_the_events_and_nobody_is_told() -> None:
    """EventBridge tells the rule's ARN and no account: the queue must not ask for it."""
    template = deepcopy(committed("lake"))
    (policy,) = (
        body
        for body in of_type(template, "AWS::SQS::QueuePolicy").values()
        if "events.amazonaws.com" in str(body["PolicyDocument"])
    )
    (statement,) = (each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow")
    request = Request(
        NO_ACCOUNT,
        "sqs:SendMessage",
        ACCOUNT.arn("sqs", "rehearsal-arrivals"),
        {"aws:SourceArn": ACCOUNT.arn("events", "rule/rehearsal-arrivals-1")},
    )
    assert decide(read_policies(template, ACCOUNT), request).allowed

    statement["Condition"]["StringEquals"] = {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert not decide(read_policies(template, ACCOUNT), request).allowed


@pytest.mark.parametrize("prefix", ["other", "myrehearsal", "rehearsal2", "rehears"])
def test_another_lake_of_the_account_is_out_of_reach(prefix: str, policies: Policies) -> None:
    """Two stacks in one account: the roles of one see nothing of the other."""
    other = replace(ACCOUNT, parameters={**ACCOUNT.parameters, "Prefix": prefix}, stack=prefix)
    reached = {
        (role, action, resource)
        for role, statement in _of_roles(read_policies(committed("lake"), other), prefix=f"{prefix}-")
        for action in statement.actions
        for resource in statement.resources
        # The catalog of an account is one.
        if resource != "*" and not resource.endswith(":catalog")
        for own in policies.roles
        if decide(policies, Request(own, action, resource, {"kms:ViaService": "s3.us-east-1.amazonaws.com"})).allowed
    }

    assert reached == set()


def _of_roles(policies: Policies, prefix: str = "rehearsal-") -> Iterator[tuple[str, Statement]]:
    for role in policies.roles.values():
        for statement in role.allows:
            yield role.arn.rpartition("/")[2].removeprefix(prefix), statement


def _asks_for_account(statement: Statement) -> bool:
    return any(
        each.operator == "StringEquals" and each.key == "aws:SourceAccount" and each.values == (ACCOUNT.number,)
        for each in statement.conditions
    )
