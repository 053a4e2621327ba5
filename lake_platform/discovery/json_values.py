"""The values of a JSON record as texts, under the paths that lead to them."""

import json
from collections.abc import Iterator
from typing import Any, cast

MAX_DEPTH = 4
Path = tuple[str, ...]


class Number(str):
    """A number as the file spells it: a double would lose digits."""

    __slots__ = ()


DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number)


def flat(record: dict[str, Any]) -> Iterator[tuple[Path, str | None, bool]]:
    """Path, text and whether it is the text of a whole list or object, of each value of a record."""
    yield from _below(record, ())


def _below(value: dict[str, Any], at: Path) -> Iterator[tuple[Path, str | None, bool]]:
    for name, inside in value.items():
        path = (*at, name)
        if (
            isinstance(inside, dict)
            and inside
            and len(path) < MAX_DEPTH
            and all(map(_is_step, cast("dict[str, Any]", inside)))
            and _is_step(name)
        ):
            yield from _below(cast("dict[str, Any]", inside), path)
        else:
            yield path, _text(inside), isinstance(inside, list | dict)


def _is_step(name: str) -> bool:
    """Whether a path may lead through a name: a dot in it would be two steps."""
    return bool(name) and "." not in name and not any(sign.isspace() for sign in name)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, Number):
        return json.loads(value)
    if isinstance(value, dict):
        return {name: _plain(inside) for name, inside in cast("dict[str, Any]", value).items()}
    return [_plain(inside) for inside in cast("list[Any]", value)] if isinstance(value, list) else value
