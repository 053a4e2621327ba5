"""From the YAML files of a folder to contracts, with every fault at once, each with its line.

Plain scalars are read as JSON would read them: `no`, `on` and `2015-01-01` are text, not a boolean and a date. A key
that stands twice, an empty file and a syntax error are faults too; YAML libraries let the first two pass.
"""

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lake_platform.contract.checks import find_problems
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.faults import Fault
from lake_platform.contract.rules import rule_faults

DATASET_TYPES = (
    "lake_platform.Dataset",
    "lake_platform.components.Dataset",
    "lake_platform.components.dataset.Dataset",
)
Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Folder:
    """The contracts of a folder and the faults of its files."""

    contracts: tuple[DatasetContract, ...]
    faults: tuple[Fault, ...]


@dataclass
class _Document:
    """One YAML document: its data, and the line of every value."""

    file: Path
    data: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, at: Location, message: str, hint: str = "") -> None:
        shown = at[1:] if at[:1] == ("attributes",) else at
        self.faults.append(Fault(file=self.file, line=self._line(at), field=_path(shown), message=message, hint=hint))

    def _line(self, at: Location) -> int:
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)


def load_folder(folder: Path) -> Folder:
    """Reads every `defs.yaml` below a folder. Other component types are checked for their syntax only."""
    contracts: list[tuple[DatasetContract, Path]] = []
    faults: list[Fault] = []
    files = sorted(folder.rglob("defs.yaml"))
    for file in files:
        for found in _read(file):
            if isinstance(found, DatasetContract):
                contracts.append((found, file))
            else:
                faults.append(found)
    if not files:
        faults.append(Fault(file=folder, line=1, field="", message="there is no defs.yaml below this folder"))
    faults += _between(contracts)
    return Folder(tuple(contract for contract, _ in contracts), tuple(faults))


def load_file(file: Path) -> Folder:
    """The datasets of one file and its faults."""
    found = list(_read(file))
    return Folder(
        tuple(item for item in found if isinstance(item, DatasetContract)),
        tuple(item for item in found if isinstance(item, Fault)),
    )


def parse_contract(text: str, file: Path) -> DatasetContract | list[Fault]:
    """The contract of one file with one dataset, or everything that is wrong with it."""
    found = list(_parse(text, file))
    faults = [item for item in found if isinstance(item, Fault)]
    contracts = [item for item in found if isinstance(item, DatasetContract)]
    if faults or len(contracts) != 1:
        return faults or [Fault(file=file, line=1, field="", message="the file declares no dataset")]
    return contracts[0]


def _read(file: Path) -> Iterator[DatasetContract | Fault]:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        yield Fault(file=file, line=1, field="", message=f"the file is not UTF-8: {error}", hint="save it as UTF-8")
        return
    yield from _parse(text, file)


def _parse(text: str, file: Path) -> Iterator[DatasetContract | Fault]:
    try:
        nodes = list(filter(None, yaml.compose_all(text, Loader=yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"not YAML: {error.problem or error.context}"
        yield Fault(file=file, line=mark.line + 1 if mark else 1, field="", message=message, hint=_syntax_hint(message))
        return
    except yaml.YAMLError as error:
        yield Fault(file=file, line=1, field="", message=f"not YAML: {str(error).splitlines()[0]}")
        return
    if not nodes:
        yield Fault(
            file=file, line=1, field="", message="the file is empty", hint="start with type: lake_platform.Dataset"
        )
    for node in nodes:
        document = _Document(file)
        document.data = _value(node, (), document)
        contract = _contract(document)
        yield from document.faults
        if contract is not None and not document.faults:
            yield contract


def _contract(document: _Document) -> DatasetContract | None:
    if not isinstance(document.data, dict):
        document.fault((), "the file is not a mapping", "start with type: and attributes:")
        return None
    kind = document.data.get("type")
    if kind is None:
        document.fault((), "type is missing", "write type: lake_platform.Dataset")
    if kind not in DATASET_TYPES:
        return None
    for key in document.data.keys() - {"type", "attributes", "requirements", "post_processing", "template_vars_module"}:
        document.fault((key,), f"unknown key {key!r} beside type and attributes")
    attributes = document.data.get("attributes")
    if not isinstance(attributes, dict) or not attributes:
        document.fault(("attributes",), "attributes is missing or empty", "the fields are in docs/dataset.md")
        return None
    try:
        contract = DatasetContract.model_validate(attributes)
    except ValidationError as error:
        for detail in error.errors():
            _tell(document, detail)
        return None
    problems = list(find_problems(contract))
    # Rules are checked against the types of the columns, so those must be known.
    typed = not any(at[0] == "columns" for at, _, _ in problems)
    for at, message, hint in (*problems, *(rule_faults(contract) if typed else ())):
        document.fault(("attributes", *at), message, hint)
    return contract


def _tell(document: _Document, detail: ErrorDetails) -> None:
    at: Location = ("attributes", *detail["loc"])
    message, hint = detail["msg"].removeprefix("Value error, "), ""
    if detail["type"] == "extra_forbidden":
        message = f"unknown key {detail['loc'][-1]!r}"
        hint = _closest(str(detail["loc"][-1]), detail["loc"][:-1])
    elif detail["type"] == "missing":
        message = "is missing"
        document.lines.setdefault(at, document.lines.get(at[:-1], 1))
    elif detail["type"] == "literal_error":
        message = f"{detail['input']!r} is not one of {detail['ctx']['expected']}"  # pyright: ignore[reportTypedDictNotRequiredAccess]
    elif detail["type"] == "value_error" and ": " in message and not detail["loc"]:
        field_name, _, rest = message.partition(": ")
        at, message = ("attributes", *_location(field_name)), rest
    elif "input" in detail and not isinstance(detail["input"], dict | list):
        message = f"{message} (it is {detail['input']!r})"
    document.fault(at, message, hint)


def _location(text: str) -> Location:
    """`quality.2.rule` back to a path."""
    return tuple(int(part) if part.isdecimal() else part for part in text.split("."))


def _closest(key: str, at: Sequence[str | int]) -> str:
    """A known key that looks alike."""
    schema = DatasetContract.model_json_schema(by_alias=True)
    names = set(schema.get("properties", {}))
    for model in schema.get("$defs", {}).values():
        names |= set(model.get("properties", {}))
    close = difflib.get_close_matches(key, sorted(names), n=1)
    return f"did you mean {close[0]!r}?" if close else "the fields are in docs/dataset.md"


def _value(node: yaml.Node, at: Location, document: _Document) -> Any:
    document.lines[at] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, at, document)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*at, number), document) for number, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node)


def _mapping(node: yaml.MappingNode, at: Location, document: _Document) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in values:
            document.lines[(*at, key)] = key_node.start_mark.line + 1
            document.fault((*at, key), f"the key {key!r} stands here twice", "remove one of them")
            continue
        values[key] = _value(value_node, (*at, key), document)
        document.lines[(*at, key)] = key_node.start_mark.line + 1
    return values


def _scalar(node: yaml.ScalarNode) -> Any:
    if node.style in ("'", '"', "|", ">"):
        return node.value
    if node.value in ("", "~", "null"):
        return None
    if node.value in ("true", "false") or re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", node.value):
        return json.loads(node.value)
    return node.value


def _between(contracts: Sequence[tuple[DatasetContract, Path]]) -> Iterator[Fault]:
    """What no file can know by itself: names, tables and prefixes that meet."""
    for number, (one, file) in enumerate(contracts):
        for other, elsewhere in contracts[:number]:
            if one.name == other.name:
                yield Fault(file=file, line=1, field="name", message=f"{one.name!r} is declared in {elsewhere} too")
            if one.target and other.target and one.target.table == other.target.table:
                message = f"{one.target.table!r} is the target of {other.name} ({elsewhere}) too"
                yield Fault(file=file, line=1, field="target.table", message=message)
            mine, theirs = one.arrives.prefix, other.arrives.prefix
            if mine.startswith(theirs) or theirs.startswith(mine):
                message = f"{mine!r} and {theirs!r} of {other.name} ({elsewhere}) share files"
                yield Fault(file=file, line=1, field="arrives.prefix", message=message)


def _path(at: Location) -> str:
    return ".".join(str(part) for part in at)


def _syntax_hint(message: str) -> str:
    return (
        "indent with spaces" if "\\t" in message or "tab" in message.lower() else "mind quotes, colons and indentation"
    )
