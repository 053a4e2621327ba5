"""The parts of a declaration that can be read, even where others cannot: so that all faults are told at once."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ValidationError

from lake_platform.contract.arrives import Arrives, FileFormat, Partitioning
from lake_platform.contract.columns import Column
from lake_platform.contract.faults import Location
from lake_platform.contract.strict import Delivers
from lake_platform.contract.target import Target, Transform

Part = TypeVar("Part", bound=BaseModel)


@dataclass(frozen=True)
class DraftColumn:
    """A column and where it stands; `column` is None where only its name can be read."""

    at: Location
    name: str
    column: Column | None


@dataclass(frozen=True)
class DraftRule:
    """A rule and its place in the list; `otherwise` is what stands there."""

    number: int
    rule: str
    otherwise: object


@dataclass(frozen=True, kw_only=True)
class DraftArrives:
    """What can be read of `arrives`."""

    prefix: str | None = None
    partition: Partitioning | None = None
    format: FileFormat | None = None
    delivers: Delivers | None = None
    files: list[str] | str | None = None

    @classmethod
    def of(cls, arrives: Arrives) -> "DraftArrives":
        return cls(
            prefix=arrives.prefix,
            partition=arrives.partition,
            format=arrives.format,
            delivers=arrives.delivers,
            files=arrives.files,
        )

    @classmethod
    def read(cls, raw: object) -> "DraftArrives":
        if (whole := _read(Arrives, raw)) is not None:
            return cls.of(whole)
        fields = cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
        prefix, delivers = fields.get("prefix"), fields.get("delivers")
        return cls(
            prefix=prefix if isinstance(prefix, str) else None,
            partition=_read(Partitioning, fields.get("partition")),
            format=_read(FileFormat, fields.get("format")),
            delivers=delivers if delivers in get_args(Delivers) else None,
        )


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The readable parts.

    Attributes:
        columns: None where not even all names can be read.
        produced: the columns after the transform; None as above.
        quality: the rules whose text can be read.
    """

    arrives: DraftArrives
    columns: tuple[DraftColumn, ...] | None
    produced: tuple[DraftColumn, ...] | None
    quality: tuple[DraftRule, ...]
    transform: Transform | None
    target: Target | None

    @classmethod
    def read(cls, attributes: Mapping[str, Any]) -> "Draft":
        """What can be read of a declaration with faults."""
        columns = _read_columns(attributes.get("columns"), ("columns",))
        transform = attributes.get("transform")
        own = cast("Mapping[str, Any]", transform).get("produces") if isinstance(transform, dict) else None
        rules = [(at, rule) for at, rule in enumerate(_sequence(attributes.get("quality"))) if isinstance(rule, dict)]
        return cls(
            arrives=DraftArrives.read(attributes.get("arrives")),
            columns=columns,
            produced=columns if own is None else _read_columns(own, ("transform", "produces")),
            quality=tuple(
                DraftRule(at, rule["rule"], rule.get("otherwise"))
                for at, rule in rules
                if isinstance(rule.get("rule"), str)
            ),
            transform=_read(Transform, transform),
            target=_read(Target, attributes.get("target")),
        )


def drafted(columns: Sequence[Column], at: Location) -> tuple[DraftColumn, ...]:
    """Whole columns as those of a draft; `at` is the list's own place."""
    return tuple(DraftColumn((*at, number), column.name, column) for number, column in enumerate(columns))


def _read_columns(raw: object, at: Location) -> tuple[DraftColumn, ...] | None:
    found: list[DraftColumn] = []
    for number, each in enumerate(_sequence(raw)):
        name = cast("Mapping[str, Any]", each).get("name") if isinstance(each, dict) else None
        if not isinstance(name, str):
            return None
        found.append(DraftColumn((*at, number), name, _read(Column, each)))
    return tuple(found) or None


def _sequence(raw: object) -> Sequence[Any]:
    return cast("list[Any]", raw) if isinstance(raw, list) else ()


def _read(model: type[Part], raw: object) -> Part | None:
    """A part without what is wrong in it, if it can do without."""
    if not isinstance(raw, dict):
        return None
    rest = without_faults(model, cast("dict[str, Any]", raw))
    if rest is None:
        return None
    try:
        return model.model_validate(rest)
    except ValidationError:
        return None


def without_faults(model: type[BaseModel], raw: dict[str, Any]) -> dict[str, Any] | None:
    """A declaration without the fields that the model cannot read; None where that cannot be taken out."""
    rest = deepcopy(raw)
    try:
        model.model_validate(raw)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if not _remove(rest, detail["loc"]):
                return None
    return rest


def _remove(raw: dict[str, Any], at: Location) -> bool:
    parent: Any = raw
    for step in at[:-1]:
        inside = isinstance(parent, dict) and step in parent
        parent = cast("dict[str | int, Any]", parent)[step] if inside else None
    if not isinstance(parent, dict) or at[-1] not in parent:
        return False
    del cast("dict[str | int, Any]", parent)[at[-1]]
    return True
