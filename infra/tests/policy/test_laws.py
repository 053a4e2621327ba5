"""Laws that hold whatever the policies are."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lake_infra.policy.account import Account
from lake_infra.policy.evaluate import Request, decide
from lake_infra.policy.template import read_policies

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs"
_ACTIONS = st.sampled_from(["s3:GetObject", "s3:Get*", "s3:PutObject", "s3:*", "*", "S3:getobject", "glue:GetJob"])
_RESOURCES = st.sampled_from(
    [
        "*",
        "arn:aws:s3:::lake",
        "arn:aws:s3:::lake/*",
        "arn:aws:s3:::lake/raw/?",
        "arn:aws:s3:::l*/raw/a",
        "arn:aws:glue:*:*:job/*",
    ]
)
_CONDITIONS = st.sampled_from(
    [
        {},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
        {"StringNotLike": {"aws:SourceArn": "arn:aws:*"}},
        {"Null": {"aws:SourceArn": "true"}},
    ]
)
_PRINCIPALS = st.sampled_from(["*", {"AWS": ROLE}, {"AWS": ACCOUNT}, {"Service": "glue.amazonaws.com"}])
_REQUESTS = st.builds(
    Request,
    st.sampled_from(["Jobs", "glue.amazonaws.com"]),
    st.sampled_from(["s3:GetObject", "s3:PutObject"]),
    st.sampled_from(["arn:aws:s3:::lake", "arn:aws:s3:::lake/raw/a", "arn:aws:s3:::lake/raw/ab"]),
    st.sampled_from([{}, {"aws:SourceArn": "arn:aws:s3:::x"}, {"aws:SecureTransport": "false"}]),
)


@st.composite
def _statements(draw: st.DrawFn, *, of_resource: bool, effects: tuple[str, ...] = ("Allow", "Deny")) -> dict[str, Any]:
    body: dict[str, Any] = {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "NotAction"])): draw(st.lists(_ACTIONS, min_size=1, max_size=2)),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(st.lists(_RESOURCES, min_size=1, max_size=2)),
        "Condition": draw(_CONDITIONS),
    }
    return {**body, "Principal": draw(_PRINCIPALS)} if of_resource else body


_OWN = st.lists(_statements(of_resource=False), max_size=4)
_GUARD = st.lists(_statements(of_resource=True), max_size=3)


def _allowed(own: list[Any], guard: list[Any], request: Request) -> bool:
    def document(statements: list[Any]) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": statements}

    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {
        "RoleName": "jobs",
        "AssumeRolePolicyDocument": document([trust]),
        "Policies": [{"PolicyName": "own", "PolicyDocument": document(own)}],
    }
    bucket = {"Bucket": "lake", "PolicyDocument": document(guard)}
    template = {
        "Resources": {
            "Jobs": {"Type": "AWS::IAM::Role", "Properties": role},
            "Guard": {"Type": "AWS::S3::BucketPolicy", "Properties": bucket},
        }
    }
    return decide(read_policies(template, Account(number=ACCOUNT)), request).allowed


@given(_OWN, _GUARD, _REQUESTS, st.integers(0, 4), st.booleans())
def test_a_deny_always_wins_wherever_it_stands(
    own: list[Any], guard: list[Any], request: Request, at: int, on_resource: bool
) -> None:
    denied: dict[str, Any] = {"Effect": "Deny", "Action": request.action.upper(), "Resource": request.resource}
    if on_resource:
        guard.insert(at, {**denied, "Principal": {"AWS": "*", "Service": "glue.amazonaws.com"}})
    elif request.principal == "Jobs":
        own.insert(at, denied)
    else:
        return

    assert not _allowed(own, guard, request)


@given(_OWN, _GUARD, _REQUESTS, _statements(of_resource=False, effects=("Allow",)))
def test_one_more_allow_never_takes_away(own: list[Any], guard: list[Any], request: Request, more: Any) -> None:
    assert _allowed([*own, more], guard, request) >= _allowed(own, guard, request)


@given(_OWN, _GUARD, _REQUESTS, _statements(of_resource=True, effects=("Deny",)))
def test_one_more_deny_never_gives(own: list[Any], guard: list[Any], request: Request, more: Any) -> None:
    assert _allowed(own, [*guard, more], request) <= _allowed(own, guard, request)


@given(_OWN, _GUARD, _REQUESTS)
def test_the_order_of_statements_and_the_case_of_actions_do_not_count(
    own: list[Any], guard: list[Any], request: Request
) -> None:
    swapped = Request(request.principal, request.action.swapcase(), request.resource, request.context)

    assert _allowed(own[::-1], guard[::-1], swapped) == _allowed(own, guard, request)


@given(_OWN, _GUARD, _REQUESTS)
def test_without_an_allow_nothing_is_allowed(own: list[Any], guard: list[Any], request: Request) -> None:
    denying = [[each for each in statements if each["Effect"] == "Deny"] for statements in (own, guard)]

    assert not _allowed(*denying, request)
