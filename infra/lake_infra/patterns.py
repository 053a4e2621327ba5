"""Which keys of the landing bucket EventBridge tells of, within the limits of its patterns."""

import json
from collections.abc import Iterator, Sequence

from lake_infra.declaration import Dataset

MOST_CHARACTERS = 2048
"""Of the pattern of one rule."""
DETAIL_TYPES = ("Object Created", "Object Restore Completed")
_LONGEST_BUCKET = "b" * 63

Matcher = dict[str, str]
"""`{"prefix": …}` or `{"wildcard": …}`."""


def event_pattern(bucket: str, matchers: Sequence[Matcher]) -> dict[str, object]:
    """What one rule matches: objects of the bucket whose key any of the matchers takes."""
    return {
        "source": ["aws.s3"],
        "detail-type": list(DETAIL_TYPES),
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": list(matchers)}},
    }


def key_matchers(datasets: Sequence[Dataset]) -> list[Matcher]:
    """One for each prefix and suffix, each once, in a fixed order."""
    found = {json.dumps(matcher, sort_keys=True): matcher for one in datasets for matcher in _matchers(one)}
    return [found[text] for text in sorted(found)]


def rules(datasets: Sequence[Dataset]) -> list[list[Matcher]]:
    """The matchers of each rule: as few rules as the limit of a pattern's size lets be, one for most folders.

    A rule for each dataset would need a statement of the queue's policy each, or overflow it at twenty.
    """
    made: list[list[Matcher]] = []
    for matcher in key_matchers(datasets):
        if not made or _size([*made[-1], matcher]) > MOST_CHARACTERS:
            made.append([])
        made[-1].append(matcher)
    return made


def _matchers(dataset: Dataset) -> Iterator[Matcher]:
    if not dataset.suffixes:
        yield {"prefix": dataset.prefix}
    for suffix in dataset.suffixes:
        yield {"wildcard": f"{_literal(dataset.prefix)}*{_literal(suffix)}"}


def _literal(text: str) -> str:
    """In a wildcard `*` stands for anything, and a backslash takes that meaning away."""
    return text.replace("\\", "\\\\").replace("*", "\\*")


def _size(matchers: Sequence[Matcher]) -> int:
    return len(json.dumps(event_pattern(_LONGEST_BUCKET, matchers), separators=(",", ":")).encode())
