"""Which objects reach the queue of arrivals: those that a dataset reads, of the landing bucket, and no others."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_infra.declaration import Dataset, Declaration
from lake_infra.patterns import MOST_CHARACTERS, event_pattern, key_matchers, rules
from lake_infra.policy.intrinsics import Resolver
from tests.conftest import Template, datasets, of_type
from tests.event_rules import ACCOUNT, object_created, rules_of, takes

LANDING = "lake-landing-111122223333-eu-central-1"
TEXT = st.text("ab/*\\.é", max_size=6)
DATASETS = st.lists(
    st.builds(
        Dataset,
        name=st.just("d"),
        prefix=TEXT.map(lambda text: f"{text}/"),
        suffixes=st.lists(TEXT.filter(bool), max_size=2).map(tuple),
        crawler=st.none(),
    ),
    min_size=1,
    max_size=60,
)


def sent(template: Template, bucket: str, key: str) -> bool:
    return any(takes(pattern, object_created(bucket, key)) for pattern in rules_of(template).values())


def test_a_key_of_every_dataset_reaches_the_queue(template: Template, declaration: Declaration) -> None:
    for dataset in declaration.datasets:
        for suffix in dataset.suffixes or ("",):
            assert sent(template, LANDING, f"{dataset.prefix}dt=2024-01-01/a{suffix}"), dataset


def test_the_bucket_of_the_rules_is_the_landing_bucket_of_the_outputs(template: Template) -> None:
    told = Resolver(template, ACCOUNT).resolve(template["Outputs"]["LakeLandingBucket"]["Value"], "output")

    assert told == LANDING
    assert {name for pattern in rules_of(template).values() for name in pattern["detail"]["bucket"]["name"]} == {told}


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        (LANDING, "elsewhere/a.csv"),
        (LANDING, "customers2/a.csv"),
        (LANDING, "customers/a.tmp"),
        ("lake-lake-111122223333-eu-central-1", "customers/a.csv"),
    ],
    ids=["no dataset's prefix", "a longer name", "a suffix that does not count", "another bucket"],
)
def test_other_objects_do_not(template: Template, bucket: str, key: str) -> None:
    assert not sent(template, bucket, key)


def test_a_prefix_that_differs_from_the_declaration_is_missed(template: Template, declaration: Declaration) -> None:
    """What the tests above hold: the template of yesterday does not know the dataset of today."""
    moved = replace(declaration.datasets[0], prefix="moved/")

    assert not sent(template, LANDING, f"{moved.prefix}a{moved.suffixes[0]}")


@given(DATASETS, TEXT)
def test_rules_take_what_a_dataset_takes(made: list[Dataset], middle: str) -> None:
    patterns = [event_pattern("b", matchers) for matchers in rules(made)]

    for dataset in made:
        for suffix in dataset.suffixes or ("",):
            event = object_created("b", f"{dataset.prefix}{middle}{suffix}")
            assert any(takes(pattern, event) for pattern in patterns)
    assert not any(takes(pattern, object_created("b", f"c{middle}")) for pattern in patterns)


@given(DATASETS)
def test_no_pattern_is_too_long_and_none_is_told_twice(made: list[Dataset]) -> None:
    patterns = rules(made)

    told = [json.dumps(matcher) for matchers in patterns for matcher in matchers]
    assert len(told) == len(set(told)) == len(key_matchers(made))
    assert all(
        len(json.dumps(event_pattern("b" * 63, each), separators=(",", ":"))) <= MOST_CHARACTERS for each in patterns
    )


def test_few_rules_serve_many_datasets() -> None:
    counted = {number: len(rules(datasets(number))) for number in (1, 9, 40, 100)}

    assert counted == {1: 1, 9: 1, 40: 2, 100: 5}


def test_a_message_that_cannot_be_read_is_put_aside(template: Template) -> None:
    queue, dead = sorted(of_type(template, "AWS::SQS::Queue").values(), key=lambda queue: "RedrivePolicy" not in queue)

    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    assert queue["MessageRetentionPeriod"] == dead["MessageRetentionPeriod"] == 14 * 24 * 3600
