"""From the YAML files of a folder to contracts, with every fault at once, each with its line and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from lake_platform.contract.between import Source, find_faults_between, find_input_faults, find_own_faults
from lake_platform.contract.checks import find_problems
from lake_platform.contract.dataset import INCOHERENT, DatasetContract
from lake_platform.contract.document import Document, read_documents
from lake_platform.contract.draft import Draft
from lake_platform.contract.explain import explain
from lake_platform.contract.faults import Fault, closest
from lake_platform.contract.inputs import bind_inputs

DATASET_TYPES = (
    "lake_platform.Dataset",
    "lake_platform.components.Dataset",
    "lake_platform.components.dataset.Dataset",
)
OWN_TYPES = ("lake_platform.Dataset", "lake_platform.WarehouseTable")
_BESIDE = ("type", "attributes", "requirements", "post_processing", "template_vars_module")
"""What Dagster takes at the top of a component's file."""


@dataclass(frozen=True)
class Folder:
    """The contracts of a folder, the file of each, and the faults of all files."""

    contracts: tuple[DatasetContract, ...]
    faults: tuple[Fault, ...]
    files: tuple[Path, ...] = ()


def load_folder(folder: Path) -> Folder:
    """Reads every `defs.yaml` below a folder. Other component types are checked for their syntax only."""
    files = sorted(folder.rglob("defs.yaml"))
    if not files:
        missing = Fault(file=folder, line=1, field="", message="there is no defs.yaml in this folder or below it")
        return Folder((), (missing,))
    sources: list[Source] = []
    faults: list[Fault] = []
    for file in files:
        found = list(_read(file))
        sources += [item for item in found if isinstance(item, Source)]
        faults += [item for item in found if isinstance(item, Fault)]
    faults += [*find_own_faults(sources), *find_faults_between(sources), *find_input_faults(sources)]
    order = {file: number for number, file in enumerate(files)}
    return Folder(
        contracts=bind_inputs([source.contract for source in sources]),
        faults=tuple(sorted(faults, key=lambda fault: (order[fault.file], fault.line))),
        files=tuple(source.document.file for source in sources),
    )


def load_file(file: Path) -> Folder:
    """Reads one file, which may declare several datasets; whether their inputs are declared, only the folder knows."""
    found = list(_read(file))
    sources = [item for item in found if isinstance(item, Source)]
    faults = [item for item in found if isinstance(item, Fault)]
    return Folder(
        contracts=tuple(source.contract for source in sources),
        faults=(*faults, *find_own_faults(sources), *find_faults_between(sources)),
        files=(file,) * len(sources),
    )


def parse_contract(text: str, file: Path) -> DatasetContract | list[Fault]:
    """The contract of one file with one dataset, or everything that is wrong with it."""
    found = list(_parse(text, file))
    faults = [item for item in found if isinstance(item, Fault)]
    contracts = [item.contract for item in found if isinstance(item, Source)]
    if not faults and len(contracts) == 1:
        return contracts[0]
    told = "the file declares no dataset" if not contracts else f"the file declares {len(contracts)} datasets"
    hint = "one `type: lake_platform.Dataset` in each file"
    return faults or [Fault(file=file, line=1, field="", message=told, hint=hint)]


def _read(file: Path) -> Iterator[Source | Fault]:
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        yield Fault(file=file, line=line, field="", message="the file is not UTF-8", hint="save it as UTF-8")
    except OSError as error:
        yield Fault(file=file, line=1, field="", message=f"the file cannot be read: {error.strerror}")
    else:
        yield from _parse(text, file)


def _parse(text: str, file: Path) -> Iterator[Source | Fault]:
    for document in read_documents(text, file):
        contract = _contract(document) if document.data is not None else None
        yield from sorted(document.faults, key=lambda fault: fault.line)
        if contract is not None and not document.faults:
            yield Source(contract, document)


def _contract(document: Document) -> DatasetContract | None:
    if not isinstance(document.data, dict):
        document.fault((), "the file is not a mapping", "start with type: lake_platform.Dataset and attributes:")
        return None
    data = cast("dict[str, Any]", document.data)
    kind = data.get("type")
    if kind not in DATASET_TYPES:
        _check_type(document, kind)
        return None
    for key in data.keys() - set(_BESIDE):
        document.fault((key,), f"unknown key {key!r} beside type and attributes", closest(key, _BESIDE))
    attributes = data.get("attributes")
    if not isinstance(attributes, dict) or not attributes:
        document.fault(("attributes",), "attributes is missing or empty", "docs/dataset.md shows a whole file")
        return None
    return _validated(document, cast("dict[str, Any]", attributes))


def _check_type(document: Document, kind: object) -> None:
    if kind is None:
        document.fault(("type",), "type is missing", "write type: lake_platform.Dataset")
    elif not isinstance(kind, str):
        document.fault(("type",), "type is no name", "write type: lake_platform.Dataset")
    elif kind.startswith("lake_platform.") and kind.count(".") == 1 and kind not in OWN_TYPES:
        document.fault(("type",), f"there is no component {kind!r}", closest(kind, OWN_TYPES))


def _validated(document: Document, attributes: dict[str, Any]) -> DatasetContract | None:
    try:
        return DatasetContract.model_validate(attributes)
    except ValidationError as error:
        details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] != INCOHERENT and detail["loc"][-1:] != ("str",):  # the other branch of list[str] | str
            explain(document, detail)
    # What the models say of single fields hides what fields demand of each other: that is asked of what can be read.
    for problem in find_problems(Draft.read(attributes)):
        document.fault(("attributes", *problem.at), problem.message, problem.hint)
    return None
