"""Patterns of IAM against a reference that is too simple to be wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_infra.policy.errors import PolicyFormError
from lake_infra.policy.wildcards import matches, matches_action, matches_arn

_PATTERNS = st.text("ab*?:/.", max_size=8)
_TEXTS = st.text("ab:/.*", max_size=8)


def _reference(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return _reference(pattern[1:], text) or (text != "" and _reference(pattern, text[1:]))
    return text != "" and pattern[0] in ("?", text[0]) and _reference(pattern[1:], text[1:])


@given(_PATTERNS, _TEXTS)
def test_patterns_match_what_the_reference_matches(pattern: str, text: str) -> None:
    assert matches(pattern, text) == _reference(pattern, text)


@given(_TEXTS)
def test_a_star_matches_everything_and_a_text_without_wildcards_itself_alone(text: str) -> None:
    assert matches("*", text)
    assert matches(text.replace("*", "x"), text) == ("*" not in text)


def test_actions_are_compared_without_regard_to_case_and_resources_are_not() -> None:
    assert matches_action("S3:getobject*", "s3:GetObjectVersion")
    assert not matches_arn("arn:aws:s3:::Lake/*", "arn:aws:s3:::lake/raw", "here")


@pytest.mark.parametrize(
    ("pattern", "arn", "meant"),
    [
        ("arn:aws:s3:::lake/raw/*", "arn:aws:s3:::lake/raw/a/b", True),
        ("arn:aws:s3:::lake/raw/*", "arn:aws:s3:::lake/raw", False),
        ("arn:aws:s3:::lake*", "arn:aws:s3:::lake-code/x", True),
        ("arn:aws:glue:*:1:job/x", "arn:aws:glue:eu:1:job/x", True),
        ("arn:aws:glue:*:job/x", "arn:aws:glue:eu:1:job/x", None),
        ("arn:aws:*:::lake", "arn:aws:s3:::lake", True),
        ("arn:aws:*::1:lake", "arn:aws:s3:eu::1:lake", False),
        ("arn:aws:logs:eu:1:log-group:/a/*:*", "arn:aws:logs:eu:1:log-group:/a/b:log-stream:c", True),
        ("*", "*", True),
        ("arn:aws:s3:::lake", "*", False),
    ],
)
def test_a_wildcard_ends_at_the_next_colon_of_an_arn(pattern: str, arn: str, meant: bool | None) -> None:
    if meant is None:
        with pytest.raises(PolicyFormError, match="neither `\\*` nor an ARN of six parts"):
            matches_arn(pattern, arn, "here")
    else:
        assert matches_arn(pattern, arn, "here") == meant
