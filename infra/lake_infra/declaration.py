"""The declaration that the platform writes of its datasets: all that the infrastructure knows of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1


class DeclarationError(Exception):
    """A declaration that cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """What lands of one dataset.

    Attributes:
        prefix: below the landing bucket.
        suffixes: of the keys that count; none: every key counts.
        crawler: the name of the crawler that it asks for, without its prefix.
    """

    name: str
    prefix: str
    suffixes: tuple[str, ...]
    crawler: str | None


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What the platform declares.

    Attributes:
        notebook_datasets: whose processed rows notebooks read.
        schemas: the databases of the catalog, without their prefix.
        jobs: by kind, as CreateJob takes them; text may hold `${Placeholders}`.
        variables: what the backend reads, of what a stack knows: `always`, where it is `chosen`, and by the kind of the
            warehouse.
    """

    datasets: tuple[Dataset, ...]
    notebook_datasets: tuple[str, ...]
    schemas: tuple[str, ...]
    jobs: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, tuple[str, ...]]


def read_declaration(file: Path) -> Declaration:
    """The declaration of a file.

    Raises:
        DeclarationError: it is not there, is no JSON, or of another format; the message says what to do.
    """
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return _declaration(told)
    except OSError as error:
        raise DeclarationError(
            f"{file}: {error.strerror}. Write it with `lake infra declaration --out {file}`."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise DeclarationError(
            f"{file} is no declaration of this version ({error}). Write it with `lake infra declaration --out {file}`."
        ) from error


def _declaration(told: Mapping[str, Any]) -> Declaration:
    if told["format"] != FORMAT:
        raise ValueError(f"its format is {told['format']}, and this is for {FORMAT}")
    return Declaration(
        datasets=tuple(
            Dataset(
                name=one["name"],
                prefix=one["prefix"],
                suffixes=tuple(one["suffixes"]),
                crawler=one.get("crawler"),
            )
            for one in told["datasets"]
        ),
        notebook_datasets=tuple(told["notebook_datasets"]),
        schemas=tuple(told["schemas"]),
        jobs=told["jobs"],
        variables={kind: tuple(names) for kind, names in told["variables"].items()},
    )
