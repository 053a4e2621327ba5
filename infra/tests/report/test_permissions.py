"""Permissions that a change of a template gives and takes, in words."""

from typing import Any

from lake_infra.report.diff import render_diff
from lake_infra.report.permissions import compare_permissions

VERSION = "2012-10-17"


def _template(*own: Any, service: str = "glue.amazonaws.com", **resources: Any) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    role = {
        "RoleName": {"Fn::Sub": "${Prefix}-jobs"},
        "AssumeRolePolicyDocument": {"Version": VERSION, "Statement": [trust]},
        "Policies": [{"PolicyName": "own", "PolicyDocument": {"Version": VERSION, "Statement": list(own)}}],
    }
    return {
        "Parameters": {"Prefix": {"Default": "lake"}, "Code": {"Type": "String"}},
        "Resources": {"Jobs": {"Type": "AWS::IAM::Role", "Properties": role}, **resources},
    }


READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"}


def _told(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    changes = compare_permissions(before, after)
    return [*(f"+ {grant}" for grant in changes.added), *(f"- {grant}" for grant in changes.removed)]


def test_the_same_permissions_written_otherwise_are_no_change() -> None:
    split = [{**READ, "Action": action} for action in ("s3:GetObject", "s3:PutObject")]

    assert _told(_template({**READ, "Action": ["s3:PutObject", "s3:GetObject"], "Sid": "A"}), _template(*split)) == []


def test_what_comes_and_what_goes_is_said_of_role_action_and_resource() -> None:
    after = _template(READ, {**READ, "Action": "s3:DeleteObject", "Condition": {"Bool": {"aws:SecureTransport": True}}})

    assert _told(_template(READ), after) == [
        "+ role lake-jobs may s3:DeleteObject on arn:aws:s3:::lake/* where aws:SecureTransport Bool true"
    ]
    assert _told(_template(READ), _template()) == ["- role lake-jobs may s3:GetObject on arn:aws:s3:::lake/*"]


def test_a_deny_that_comes_is_told_as_such() -> None:
    assert _told(_template(READ), _template(READ, {**READ, "Effect": "Deny"})) == [
        "+ role lake-jobs may never s3:GetObject on arn:aws:s3:::lake/*"
    ]


def test_who_may_take_a_role_and_whom_a_resource_lets_in_are_permissions_too() -> None:
    statement = {**READ, "Principal": {"AWS": {"Fn::GetAtt": ["Jobs", "Arn"]}}}
    bucket = {"Bucket": "lake", "PolicyDocument": {"Version": VERSION, "Statement": [statement]}}

    after = _template(service="ec2.amazonaws.com", Guard={"Type": "AWS::S3::BucketPolicy", "Properties": bucket})

    assert _told(_template(), after) == [
        "+ ec2.amazonaws.com may sts:AssumeRole on role lake-jobs",
        "+ role lake-jobs may s3:GetObject on arn:aws:s3:::lake/*",
        "- glue.amazonaws.com may sts:AssumeRole on role lake-jobs",
    ]


def test_a_policy_for_a_role_of_another_template_is_told_too() -> None:
    policy = {"PolicyName": "more", "RoleName": "elsewhere", "PolicyDocument": {"Version": VERSION, "Statement": READ}}

    assert _told(_template(), _template(More={"Type": "AWS::IAM::RolePolicy", "Properties": policy})) == [
        "+ role elsewhere may s3:GetObject on arn:aws:s3:::lake/*"
    ]


def test_in_the_policy_of_a_key_a_star_is_that_key() -> None:
    statement = {
        "Effect": "Allow",
        "Action": "kms:*",
        "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    }
    key = {"KeyPolicy": {"Version": VERSION, "Statement": statement}}

    assert _told(_template(), _template(Key={"Type": "AWS::KMS::Key", "Properties": key})) == [
        "+ whom the account lets may kms:* on arn:aws:kms:eu-central-1:111122223333:key/lake-Key"
    ]


def test_the_whole_difference_is_three_lists_and_a_sum() -> None:
    before, after = _template(READ), _template({**READ, "Action": "s3:PutObject"})
    after["Parameters"]["Extra"] = {"Default": 1}

    text = render_diff(before, after)

    assert text.splitlines()[:2] == ["Resources (+ new, - gone, ~ changed, ! replaced):", "  ~ AWS::IAM::Role Jobs"]
    assert "  + role lake-jobs may s3:PutObject on arn:aws:s3:::lake/*\n" in text
    assert "  + parameter Extra\n" in text
    assert text.splitlines()[-1] == ("0 added, 0 removed, 1 changed, 0 replaced; 1 permission(s) more, 1 less")


def test_no_difference_is_no_text() -> None:
    assert render_diff(_template(READ), _template(READ)) == ""
