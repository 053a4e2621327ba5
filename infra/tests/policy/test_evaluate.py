"""Who may do what: role, resource, trust, key, boundary."""

from typing import Any

import pytest

from lake_infra.policy.account import Account
from lake_infra.policy.errors import PolicyFormError, UnknownPrincipalError
from lake_infra.policy.evaluate import Request, decide
from lake_infra.policy.template import joined, read_policies

ACCOUNT = "111122223333"
JOBS = f"arn:aws:iam::{ACCOUNT}:role/jobs"
LAKE = "arn:aws:s3:::lake"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/data-Key"
TRUST = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}


def _document(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _deny(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {**_allow(action, resource, **more), "Effect": "Deny"}


def _template(*inline: Any, **resources: Any) -> dict[str, Any]:
    """A template with one role, `Jobs`, and its inline statements."""
    properties: dict[str, Any] = {"RoleName": "jobs", "AssumeRolePolicyDocument": _document(TRUST)}
    if inline:
        properties["Policies"] = [{"PolicyName": "own", "PolicyDocument": _document(*inline)}]
    role = resources.pop("Jobs", {})
    return {"Resources": {"Jobs": {"Type": "AWS::IAM::Role", "Properties": {**properties, **role}}, **resources}}


def _may(template: dict[str, Any], action: str, resource: str, principal: str = "Jobs", **context: Any) -> bool:
    policies = read_policies(template, Account(number=ACCOUNT, stack="data"))
    return decide(policies, Request(principal, action, resource, context.get("context", {}))).allowed


def test_nothing_is_allowed_that_nobody_allows() -> None:
    assert not _may(_template(), "s3:GetObject", f"{LAKE}/a")


def test_a_policy_of_a_role_allows_what_it_names_and_nothing_else() -> None:
    template = _template(_allow(["s3:GetObject", "s3:Put*"], f"{LAKE}/raw/*"))

    assert _may(template, "s3:GetObject", f"{LAKE}/raw/a")
    assert _may(template, "s3:putobject", f"{LAKE}/raw/a")
    assert not _may(template, "s3:GetObject", f"{LAKE}/processed/a")
    assert not _may(template, "s3:DeleteObject", f"{LAKE}/raw/a")
    assert not _may(template, "s3:GetObject", LAKE)


def test_not_action_and_not_resource_mean_all_others() -> None:
    template = _template({"Effect": "Allow", "NotAction": "s3:Delete*", "NotResource": f"{LAKE}/secret/*"})

    assert _may(template, "s3:GetObject", f"{LAKE}/a")
    assert not _may(template, "s3:DeleteObject", f"{LAKE}/a")
    assert not _may(template, "s3:GetObject", f"{LAKE}/secret/a")


@pytest.mark.parametrize(
    "attached",
    [
        {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "Roles": [{"Ref": "Jobs"}]}},
        {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"Roles": ["jobs"]}},
        {"Type": "AWS::IAM::RolePolicy", "Properties": {"PolicyName": "p", "RoleName": {"Ref": "Jobs"}}},
    ],
    ids=lambda each: each["Type"],
)
def test_policies_that_name_their_role_count_as_its_own(attached: dict[str, Any]) -> None:
    attached["Properties"]["PolicyDocument"] = _document(_allow("s3:GetObject", f"{LAKE}/*"))

    assert _may(_template(Attached=attached), "s3:GetObject", f"{LAKE}/a")


def test_a_role_that_names_managed_policies_has_them_and_unknown_ones_are_an_error() -> None:
    managed = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": _document(_allow("s3:*", "*"))}}
    template = _template(Own=managed, Jobs={"ManagedPolicyArns": [{"Ref": "Own"}]})

    assert _may(template, "s3:GetObject", f"{LAKE}/a")
    with pytest.raises(PolicyFormError, match="managed policy arn:aws:iam::aws:policy/Admin is not in the template"):
        _may(_template(Jobs={"ManagedPolicyArns": ["arn:aws:iam::aws:policy/Admin"]}), "s3:GetObject", LAKE)


def test_a_policy_of_another_role_does_not_count() -> None:
    other = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": _document(TRUST)}}
    policy = {"PolicyDocument": _document(_allow("s3:*", "*")), "Roles": [{"Ref": "Other"}]}

    template = _template(Other=other, P={"Type": "AWS::IAM::Policy", "Properties": policy})

    assert not _may(template, "s3:GetObject", f"{LAKE}/a")
    assert _may(template, "s3:GetObject", f"{LAKE}/a", principal="Other")


def test_within_one_account_the_policy_of_a_bucket_alone_is_enough() -> None:
    statement = {**_allow("s3:GetObject", f"{LAKE}/*"), "Principal": {"AWS": {"Fn::GetAtt": ["Jobs", "Arn"]}}}
    bucket = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "lake", "PolicyDocument": _document(statement)}}

    assert _may(_template(Guard=bucket), "s3:GetObject", f"{LAKE}/a")
    assert not _may(_template(Guard=bucket), "s3:GetObject", "arn:aws:s3:::landing/a")


def test_a_bucket_that_names_the_account_leaves_it_to_the_role() -> None:
    root = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    guard = {**_allow("s3:GetObject", f"{LAKE}/*"), "Principal": root}
    bucket = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "lake", "PolicyDocument": _document(guard)}}

    assert not _may(_template(Guard=bucket), "s3:GetObject", f"{LAKE}/a")
    assert _may(_template(_allow("s3:GetObject", "*"), Guard=bucket), "s3:GetObject", f"{LAKE}/a")


def test_a_bucket_that_denies_plain_connections_denies_them_to_who_may_all() -> None:
    plain = _deny("s3:*", [LAKE, f"{LAKE}/*"], Principal="*", Condition={"Bool": {"aws:SecureTransport": False}})
    bucket = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "lake", "PolicyDocument": _document(plain)}}
    template = _template(_allow("*", "*"), Guard=bucket)

    assert _may(template, "s3:GetObject", f"{LAKE}/a")
    assert not _may(template, "s3:GetObject", f"{LAKE}/a", context={"aws:SecureTransport": "false"})


def test_a_key_lets_in_nobody_whom_its_policy_does_not_name_or_leave_to_the_account() -> None:
    own = _allow("kms:Decrypt", "*")
    closed = {**_allow("kms:*", "*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}}
    left = {**_allow("kms:*", "*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}

    def key(statement: Any) -> dict[str, Any]:
        return {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": _document(statement)}}

    assert not _may(_template(own, Key=key(closed)), "kms:Decrypt", KEY)
    assert not _may(_template(Key=key(left)), "kms:Decrypt", KEY)
    assert _may(_template(own, Key=key(left)), "kms:Decrypt", KEY)
    assert _may(_template(Key=key({**left, "Principal": {"AWS": JOBS}})), "kms:Decrypt", KEY)


def test_a_service_is_let_in_by_the_resource_alone_and_under_its_conditions() -> None:
    statement = {
        **_allow("sqs:SendMessage", {"Fn::GetAtt": ["Arrivals", "Arn"]}),
        "Principal": {"Service": "events.amazonaws.com"},
        "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:events:eu-central-1:{ACCOUNT}:rule/landed"}},
    }
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "arrivals"}}
    policy = {"Queues": [{"Ref": "Arrivals"}], "PolicyDocument": _document(statement)}
    template = _template(Arrivals=queue, Guard={"Type": "AWS::SQS::QueuePolicy", "Properties": policy})
    arn = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:arrivals"

    def sent(rule: str, by: str = "events.amazonaws.com") -> bool:
        context = {"aws:SourceArn": f"arn:aws:events:eu-central-1:{ACCOUNT}:rule/{rule}"}
        return _may(template, "sqs:SendMessage", arn, principal=by, context=context)

    assert sent("landed")
    assert not sent("other")
    assert not sent("landed", by="s3.amazonaws.com")


def test_who_may_take_a_role_is_for_its_trust_policy_to_say() -> None:
    template = _template(_allow("sts:AssumeRole", "*"))

    assert _may(template, "sts:AssumeRole", JOBS, principal="glue.amazonaws.com")
    assert not _may(template, "sts:AssumeRole", JOBS, principal="ec2.amazonaws.com")
    assert not _may(template, "sts:AssumeRole", JOBS)


def test_a_boundary_allows_nothing_and_limits_all() -> None:
    boundary = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"PolicyDocument": _document(_allow("s3:Get*", "*"), _deny("s3:GetObject", f"{LAKE}/secret/*"))},
    }
    template = _template(_allow("s3:*", "*"), Edge=boundary, Jobs={"PermissionsBoundary": {"Ref": "Edge"}})
    bare = _template(Edge=boundary, Jobs={"PermissionsBoundary": {"Ref": "Edge"}})

    assert _may(template, "s3:GetObject", f"{LAKE}/a")
    assert not _may(template, "s3:PutObject", f"{LAKE}/a")
    assert not _may(template, "s3:GetObject", f"{LAKE}/secret/a")
    assert not _may(bare, "s3:GetObject", f"{LAKE}/a")


def test_a_policy_whose_condition_does_not_hold_in_the_template_is_not_there() -> None:
    template = _template(
        Extra={
            "Type": "AWS::IAM::Policy",
            "Condition": "Wanted",
            "Properties": {"Roles": ["jobs"], "PolicyDocument": _document(_allow("s3:*", "*"))},
        }
    )
    template["Conditions"] = {"Wanted": {"Fn::Equals": [{"Ref": "On"}, "yes"]}}
    template["Parameters"] = {"On": {"Default": "no"}}

    assert not _may(template, "s3:GetObject", f"{LAKE}/a")
    template["Parameters"] = {"On": {"Default": "yes"}}
    assert _may(template, "s3:GetObject", f"{LAKE}/a")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ({"Effect": "Permit", "Action": "*", "Resource": "*"}, "neither Allow nor Deny"),
        ({"Effect": "Allow", "Resource": "*"}, "either Action or NotAction"),
        ({"Effect": "Allow", "Action": "*"}, "needs Resource or NotResource"),
        ({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}, "names no principal"),
        (
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Conditions": {}},
            "unknown members of a statement: Conditions",
        ),
        (_allow("s3:*", "arn:aws:s3:::home/${aws:username}/*"), "policy variable"),
    ],
)
def test_what_aws_would_refuse_or_is_not_known_is_an_error_that_names_the_statement(statement: Any, told: str) -> None:
    with pytest.raises(PolicyFormError, match=f"Jobs/own\\[0\\]: .*{told}"):
        _may(_template(statement), "s3:GetObject", LAKE)


def test_an_old_version_of_the_language_is_refused() -> None:
    template = _template(_allow("s3:*", "*"))
    template["Resources"]["Jobs"]["Properties"]["Policies"][0]["PolicyDocument"]["Version"] = "2008-10-17"

    with pytest.raises(PolicyFormError, match="Version has to be 2012-10-17"):
        _may(template, "s3:GetObject", LAKE)


def test_allow_with_not_principal_is_refused() -> None:
    statement = {**_allow("s3:*", "*"), "NotPrincipal": {"AWS": JOBS}}
    bucket = {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": "lake", "PolicyDocument": _document(statement)}}

    with pytest.raises(PolicyFormError, match="lets in everybody else"):
        _may(_template(Guard=bucket), "s3:GetObject", LAKE)


def test_an_unknown_role_is_an_error_and_not_a_refusal() -> None:
    with pytest.raises(UnknownPrincipalError, match="no role Nobody"):
        _may(_template(), "s3:GetObject", LAKE, principal="Nobody")


def test_a_policy_of_one_template_for_a_role_of_another_counts_where_both_are_looked_at() -> None:
    policy = {
        "RoleName": "jobs",
        "PolicyName": "more",
        "PolicyDocument": _document(_allow("s3:GetObject", f"{LAKE}/*")),
    }
    more = {"Resources": {"More": {"Type": "AWS::IAM::RolePolicy", "Properties": policy}}}
    first, second = (read_policies(each, Account(number=ACCOUNT)) for each in (_template(), more))

    assert not decide(first, Request(JOBS, "s3:GetObject", f"{LAKE}/a")).allowed
    assert decide(joined(first, second), Request(JOBS, "s3:GetObject", f"{LAKE}/a")).allowed
    assert decide(joined(second, first), Request(JOBS, "s3:GetObject", f"{LAKE}/a")).allowed
    assert not joined(first, second).elsewhere
