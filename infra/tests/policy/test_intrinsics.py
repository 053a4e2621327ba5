"""Intrinsic functions with given names."""

from typing import Any

import pytest

from lake_infra.policy.account import Account
from lake_infra.policy.errors import UnknownIntrinsicError
from lake_infra.policy.intrinsics import Resolver

TEMPLATE: dict[str, Any] = {
    "Parameters": {"Prefix": {"Type": "String", "Default": "acme"}, "Vpc": {"Type": "String"}},
    "Conditions": {
        "Named": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Prefix"}, ""]}]},
        "Both": {"Fn::And": [{"Condition": "Named"}, {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Condition": "Named"}]}]},
    },
    "Resources": {
        "Lake": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": "${Prefix}-lake"}}},
        "Loose": {"Type": "AWS::S3::Bucket"},
        "Arrivals": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "arrivals"}},
        "Alerts": {"Type": "AWS::SNS::Topic"},
        "Jobs": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "jobs"}},
        "Warehouse": {"Type": "AWS::RedshiftServerless::Workgroup", "Properties": {"WorkgroupName": "lake"}},
        "Odd": {"Type": "AWS::EC2::Thing"},
    },
}


def _resolve(value: object, **names: Any) -> Any:
    return Resolver(TEMPLATE, Account(number="1", region="eu", stack="data", **names)).resolve(value, "here")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "AWS::AccountId"}, "1"),
        ({"Ref": "Prefix"}, "acme"),
        ({"Ref": "Lake"}, "acme-lake"),
        ({"Ref": "Loose"}, "data-loose"),
        ({"Ref": "Jobs"}, "jobs"),
        ({"Ref": "Arrivals"}, "https://sqs.eu.amazonaws.com/1/arrivals"),
        ({"Ref": "Alerts"}, "arn:aws:sns:eu:1:data-Alerts"),
        ({"Fn::GetAtt": ["Lake", "Arn"]}, "arn:aws:s3:::acme-lake"),
        ({"Fn::GetAtt": "Arrivals.Arn"}, "arn:aws:sqs:eu:1:arrivals"),
        ({"Fn::GetAtt": ["Jobs", "Arn"]}, "arn:aws:iam::1:role/jobs"),
        ({"Fn::GetAtt": ["Warehouse", "Workgroup.WorkgroupArn"]}, "arn:aws:redshift-serverless:eu:1:workgroup/lake"),
        ({"Fn::Sub": "${Lake.Arn}/${!literal}/${AWS::Region}"}, "arn:aws:s3:::acme-lake/${literal}/eu"),
        ({"Fn::Sub": ["${Part}/${Lake}", {"Part": {"Ref": "AWS::Region"}}]}, "eu/acme-lake"),
        (
            {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": "Lake"}, "/*"]]},
            "arn:aws:s3:::acme-lake/*",
        ),
        ({"Fn::Select": [1, {"Fn::Split": ["/", "a/b/c"]}]}, "b"),
        ({"Fn::If": ["Both", "yes", "no"]}, "yes"),
        ({"Fn::ImportValue": {"Fn::Sub": "${AWS::StackName}-vpc"}}, "vpc-1"),
        (["a", {"Ref": "AWS::NoValue"}, {"k": {"Ref": "AWS::NoValue"}}], ["a", {}]),
    ],
)
def test_a_function_has_the_value_that_cloudformation_would_give_it(value: object, expected: object) -> None:
    assert _resolve(value, imports={"data-vpc": "vpc-1"}) == expected


def test_given_names_go_before_those_of_the_template() -> None:
    assert _resolve({"Fn::GetAtt": ["Lake", "Arn"]}, resources={"Lake": "mine"}) == "arn:aws:s3:::mine"
    assert _resolve({"Ref": "Lake"}, parameters={"Prefix": "other"}) == "other-lake"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"Ref": "Vpc"}, "the parameter Vpc"),
        ({"Ref": "Nobody"}, "the parameter Nobody"),
        ({"Fn::GetAtt": ["Lake", "DomainName"]}, "the attribute DomainName of Lake"),
        ({"Fn::GetAtt": ["Odd", "Arn"]}, "the attribute Arn of Odd"),
        ({"Fn::GetAtt": ["Nobody", "Arn"]}, "the resource Nobody"),
        ({"Fn::Cidr": ["10.0.0.0/16", 2]}, "Fn::Cidr"),
        ({"Fn::ImportValue": "nowhere"}, "the export nowhere"),
        ({"Fn::If": ["Unsaid", 1, 2]}, "the condition Unsaid"),
    ],
)
def test_what_has_no_value_is_an_error_and_no_empty_text(value: object, told: str) -> None:
    with pytest.raises(UnknownIntrinsicError, match=f"here: {told}"):
        _resolve(value)
