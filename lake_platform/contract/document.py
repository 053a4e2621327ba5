"""One YAML document: its data, the line of every value, and what is wrong with it as YAML.

Plain scalars are read as JSON would read them: `no`, `on`, `NULL` and `2015-01-01` are text, not a boolean, nothing and
a date. Only true, false, null, ~ and JSON's numbers are what they look like. A key that stands twice, an empty file, a
merge key and a tag are faults: YAML libraries let the first two pass.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lake_platform.contract.faults import Fault, Location, path_text

MAX_NODES = 100_000
"""A file of aliases of aliases grows without end."""
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ATTRIBUTES = "attributes"


@dataclass
class Document:
    """What was read, and the faults that were found so far. Locations begin at the document's top."""

    file: Path
    data: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, at: Location, message: str, hint: str = "") -> None:
        """Adds a fault, with the line of the value or of the nearest one around it."""
        shown = at[1:] if at[:1] == (_ATTRIBUTES,) and len(at) > 1 else at
        self.faults.append(
            Fault(file=self.file, line=self.line(at), field=path_text(shown), message=message, hint=hint)
        )

    def line(self, at: Location) -> int:
        """The line of a value, counted from 1."""
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)


def read_documents(text: str, file: Path) -> Iterator[Document]:
    """All documents of a file. What is not YAML at all gives one document with its fault and no data."""
    try:
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        yield _broken(file, *_told(error, text))
        return
    except RecursionError:
        yield _broken(file, 1, "not readable: brackets stand too deep in each other")
        return
    nodes = [node for node in nodes if not (isinstance(node, yaml.ScalarNode) and not node.value and not node.style)]
    if not nodes:
        yield _broken(file, 1, "the file is empty", "start with type: lake_platform.Dataset")
    for node in nodes:
        document = Document(file)
        document.data = _Walk(document).value(node, ())
        yield document


def _broken(file: Path, line: int, message: str, hint: str = "") -> Document:
    return Document(file, faults=[Fault(file=file, line=line, field="", message=message, hint=hint)])


def _told(error: yaml.YAMLError, text: str) -> tuple[int, str, str]:
    """Line, message and hint of a syntax error."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        problem = f"{error.problem or ''} {error.context or ''}".strip()
        if mark is None:
            return 1, f"not YAML: {problem}", ""
        return mark.line + 1, f"not YAML: {problem} (column {mark.column + 1})", _syntax_hint(problem)
    position = getattr(error, "position", 0)
    line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
    return line, f"not YAML: {str(error).splitlines()[0]}", "remove the control character"


def _syntax_hint(problem: str) -> str:
    if "\\t" in problem:
        return "indent with spaces, not with tabs"
    if "undefined alias" in problem or "'*'" in problem:
        return "a text that begins with * stands in quotes"
    if "escape" in problem:
        return "put texts with backslashes in single quotes"
    return "mind quotes, brackets, colons and indentation"


class _Walk:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._nodes = 0
        self._open: set[int] = set()

    def value(self, node: yaml.Node, at: Location) -> Any:
        self._document.lines.setdefault(at, node.start_mark.line + 1)
        self._nodes += 1
        if self._nodes > MAX_NODES or id(node) in self._open:
            if self._nodes != MAX_NODES + 2:
                self._document.fault(
                    at, "an alias leads back into itself, or there are too many of them", "write it out"
                )
            self._nodes = MAX_NODES + 1
            return None
        if not node.tag.startswith("tag:yaml.org,2002:"):
            self._document.fault(
                at, f"the tag {node.tag} means nothing here", "a text that begins with ! stands in quotes"
            )
        self._open.add(id(node))
        try:
            return self._inside(node, at)
        finally:
            self._open.discard(id(node))

    def _inside(self, node: yaml.Node, at: Location) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*at, number)) for number, item in enumerate(node.value)]
        return _scalar(node) if isinstance(node, yaml.ScalarNode) else None

    def _mapping(self, node: yaml.MappingNode, at: Location) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._document.lines[*at, "?"] = line
                self._document.fault(
                    (*at, "?"), "a key is a list or a mapping", "a text that begins with { or [ stands in quotes"
                )
                continue
            key = key_node.value
            here = (*at, key)
            if key == "<<" and not key_node.style:
                self._document.lines[here] = line
                self._document.fault(here, "merge keys are not supported", "write the fields out")
            elif key in values:
                first = self._document.lines[here]
                self._document.lines[here] = line
                self._document.fault(here, f"the key {key!r} stands twice, first in line {first}", "remove one of them")
                self._document.lines[here] = first
            else:
                self._document.lines[here] = line
                values[key] = self.value(value_node, here)
        return values


def _scalar(node: yaml.ScalarNode) -> Any:
    if node.style in ("'", '"', "|", ">"):
        return node.value
    if node.value in ("", "~", "null"):
        return None
    if node.value in ("true", "false") or _NUMBER.fullmatch(node.value):
        return json.loads(node.value)
    return node.value
