"""Conditions: values, absent keys, many values, and what is not known."""

import pytest

from lake_infra.policy.conditions import Context, holds
from lake_infra.policy.documents import Condition
from lake_infra.policy.errors import UnknownConditionError

KEY = "aws:SourceArn"
ARN = "arn:aws:events:eu:1:rule/landed"


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "expected"),
    [
        ("StringEquals", "landing", "landing", True),
        ("StringEquals", "Landing", "landing", False),
        ("StringEqualsIgnoreCase", "Landing", "landing", True),
        ("StringNotEquals", "landing", "landing", False),
        ("StringNotEquals", "landing", "lake", True),
        ("StringLike", "raw/*", "raw/a/b", True),
        ("StringEquals", "raw/*", "raw/a/b", False),
        ("StringNotLike", "raw/*", "raw/a/b", False),
        ("ArnLike", "arn:aws:events:eu:1:rule/*", ARN, True),
        ("ArnEquals", "arn:aws:events:eu:1:rule/*", ARN, True),
        ("ArnLike", "arn:aws:events:eu:2:rule/*", ARN, False),
        ("ArnNotLike", "arn:aws:events:eu:1:rule/*", ARN, False),
        ("Bool", "false", "FALSE", True),
        ("Bool", "true", "false", False),
        ("NumericLessThan", "1.2", "1.1", True),
        ("NumericLessThan", "1.2", "1.2", False),
        ("NumericGreaterThanEquals", "1.2", "1.2", True),
    ],
)
def test_a_value_is_compared_as_its_operator_says(operator: str, wanted: str, value: str, expected: bool) -> None:
    assert holds(Condition(operator, KEY, (wanted,)), {KEY: value}, "here") == expected


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("ArnNotLike", True),
        ("Bool", False),
        ("StringEqualsIfExists", True),
        ("BoolIfExists", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAllValues:StringEquals", True),
    ],
)
def test_a_key_that_the_request_does_not_have(operator: str, expected: bool) -> None:
    for context in ({}, {KEY: []}):
        assert holds(Condition(operator, KEY, ("true",)), context, "here") == expected


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("ForAnyValue:StringEquals", ["a", "x"], True),
        ("ForAnyValue:StringEquals", ["x", "y"], False),
        ("ForAllValues:StringEquals", ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a", "x"], False),
        ("ForAllValues:StringNotEquals", ["x", "y"], True),
        ("ForAnyValue:StringNotEquals", ["a", "x"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], False),
    ],
)
def test_many_values_of_a_key(operator: str, values: list[str], expected: bool) -> None:
    assert holds(Condition(operator, KEY, ("a", "b")), {KEY: values}, "here") == expected


@pytest.mark.parametrize(
    ("value", "context", "expected"),
    [
        ("true", {}, True),
        ("true", {KEY: ARN}, False),
        ("false", {KEY: ARN}, True),
        ("false", {}, False),
    ],
)
def test_null_says_whether_a_key_is_there(value: str, context: Context, expected: bool) -> None:
    assert holds(Condition("Null", KEY, (value,)), context, "here") == expected


def test_keys_are_compared_without_regard_to_case() -> None:
    assert holds(Condition("StringEquals", "AWS:sourcearn", (ARN,)), {KEY: ARN}, "here")


def test_any_of_the_wanted_values_is_enough_and_of_a_negated_operator_none_may_be() -> None:
    assert holds(Condition("StringEquals", KEY, ("a", "b")), {KEY: "b"}, "here")
    assert not holds(Condition("StringNotEquals", KEY, ("a", "b")), {KEY: "b"}, "here")


@pytest.mark.parametrize(
    ("operator", "context", "told"),
    [
        ("IpAddress", {KEY: "1.2.3.4"}, "the condition operator IpAddress"),
        ("DateLessThan", {}, "the condition operator DateLessThan"),
        ("StringEquals", {KEY: ["a", "b"]}, "on the many values of aws:SourceArn"),
        ("ForAnyValue:Null", {KEY: ["a"]}, "ForAnyValue:Null is no operator"),
        ("NumericEquals", {KEY: "x"}, "'x' compared with the number"),
    ],
)
def test_what_is_not_known_is_an_error_that_names_its_place(operator: str, context: Context, told: str) -> None:
    with pytest.raises(UnknownConditionError, match=f"Lake/trust\\[0\\]: .*{told}"):
        holds(Condition(operator, KEY, ("1",)), context, "Lake/trust[0]")
