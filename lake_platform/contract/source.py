"""From the YAML files of a folder to contracts, with every fault at once, each with its line and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError

from lake_platform.contract.between import (
    DatasetSource,
    NotebookSource,
    Source,
    TableSource,
    find_faults_between,
    find_input_faults,
    find_own_faults,
)
from lake_platform.contract.bound import bind_tables
from lake_platform.contract.bound_notebooks import bind_notebooks
from lake_platform.contract.checks import find_problems
from lake_platform.contract.dataset import INCOHERENT, DatasetContract
from lake_platform.contract.document import Document, read_documents
from lake_platform.contract.draft import Draft
from lake_platform.contract.explain import explain
from lake_platform.contract.faults import Fault, closest
from lake_platform.contract.inputs import bind_inputs
from lake_platform.contract.notebook import BoundNotebook, Derived, NotebookContract
from lake_platform.contract.table import TableContract, find_draft_problems, incoherent
from lake_platform.contract.table_inputs import BoundTable, Declared

Contract = TypeVar("Contract", DatasetContract, TableContract, NotebookContract)

DATASET_TYPES = (
    "lake_platform.Dataset",
    "lake_platform.components.Dataset",
    "lake_platform.components.dataset.Dataset",
)
TABLE_TYPES = (
    "lake_platform.WarehouseTable",
    "lake_platform.components.WarehouseTable",
    "lake_platform.components.warehouse_table.WarehouseTable",
)
NOTEBOOK_TYPES = (
    "lake_platform.Notebook",
    "lake_platform.components.Notebook",
    "lake_platform.components.notebook.Notebook",
)
OWN_TYPES = ("lake_platform.Dataset", "lake_platform.Notebook", "lake_platform.WarehouseTable")
REFERENCES = {
    **dict.fromkeys(DATASET_TYPES, "docs/dataset.md"),
    **dict.fromkeys(TABLE_TYPES, "docs/table.md"),
    **dict.fromkeys(NOTEBOOK_TYPES, "docs/notebook.md"),
}
"""Where the fields of each component are told."""
_BESIDE = ("type", "attributes", "requirements", "post_processing", "template_vars_module")
"""What Dagster takes at the top of a component's file."""


@dataclass(frozen=True)
class Folder:
    """The declarations of a folder, and the faults of all files.

    Attributes:
        contracts: the datasets.
        files: the file of each dataset.
        tables: the tables made in the warehouse, those first that others read.
        table_files: the file of each table.
        notebooks: what runs when others have published, in the order of their keys.
    """

    contracts: tuple[DatasetContract, ...]
    faults: tuple[Fault, ...]
    files: tuple[Path, ...] = ()
    tables: tuple[BoundTable, ...] = ()
    table_files: tuple[Path, ...] = ()
    notebooks: tuple[BoundNotebook, ...] = ()

    @property
    def derived(self) -> tuple[Derived, ...]:
        """Tables and notebooks, those first that others read."""
        return *self.tables, *self.notebooks


def load_folder(folder: Path) -> Folder:
    """Reads every `defs.yaml` below a folder. Component types of others are checked for their syntax only."""
    files = sorted(folder.rglob("defs.yaml"))
    if not files:
        missing = Fault(file=folder, line=1, field="", message="there is no defs.yaml in this folder or below it")
        return Folder((), (missing,))
    found = [item for file in files for item in _read(file)]
    datasets = [item for item in found if isinstance(item, DatasetSource)]
    tables = [item for item in found if isinstance(item, TableSource)]
    bound, unbound = bind_tables(datasets, tables)
    notebooks = [item for item in found if isinstance(item, NotebookSource)]
    declared = Declared(
        datasets={source.contract.name: source.contract for source in datasets},
        tables={source.contract.name: source.contract for source in tables},
    )
    runnable, broken = bind_notebooks(notebooks, declared)
    faults = [item for item in found if isinstance(item, Fault)]
    faults += [*find_own_faults(datasets), *find_faults_between([*datasets, *tables, *notebooks])]
    faults += [*find_input_faults(datasets), *unbound, *broken]
    order = {file.parent: number for number, file in enumerate(files)}
    at = {source.contract.key: source.document.file for source in tables}
    return Folder(
        contracts=bind_inputs([source.contract for source in datasets]),
        faults=tuple(sorted(faults, key=lambda fault: (order[fault.file.parent], fault.file.suffix, fault.line))),
        files=tuple(source.document.file for source in datasets),
        tables=tuple(bound),
        table_files=tuple(at[table.contract.key] for table in bound),
        notebooks=tuple(runnable),
    )


def load_folder_once(folder: Path) -> Folder:
    """What `load_folder` gives, read once for all who ask, until one of its files is another one.

    For components: each of them needs its neighbours, and reading the folder for each takes most of the time that
    loading definitions takes.
    """
    files = (file for kind in ("*.yaml", "*.sql", "*.ipynb") for file in folder.rglob(kind))
    stamps = ((str(file), file.stat()) for file in sorted(files))
    return _remembered(folder, tuple((name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stamps))


@lru_cache(maxsize=1)
def _remembered(folder: Path, _: tuple[tuple[str, int, int, int], ...]) -> Folder:
    return load_folder(folder)


def load_file(file: Path) -> Folder:
    """Reads one file, which may declare several datasets; whether their inputs are declared, only the folder knows.

    Of tables it tells the faults that they have by themselves.
    """
    found = list(_read(file))
    sources = [item for item in found if isinstance(item, DatasetSource)]
    others = [item for item in found if isinstance(item, TableSource | NotebookSource)]
    faults = [item for item in found if isinstance(item, Fault)]
    return Folder(
        contracts=tuple(source.contract for source in sources),
        faults=(*faults, *find_own_faults(sources), *find_faults_between([*sources, *others])),
        files=(file,) * len(sources),
    )


def parse_contract(text: str, file: Path) -> DatasetContract | list[Fault]:
    """The contract of one file with one dataset, or everything that is wrong with it."""
    found = list(_parse(text, file))
    faults = [item for item in found if isinstance(item, Fault)]
    contracts = [item.contract for item in found if isinstance(item, DatasetSource)]
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
        source = _source(document) if document.data is not None else None
        yield from sorted(document.faults, key=lambda fault: fault.line)
        if source is not None and not document.faults:
            yield source


def _source(document: Document) -> Source | None:
    if not isinstance(document.data, dict):
        document.fault((), "the file is not a mapping", "start with type: lake_platform.Dataset and attributes:")
        return None
    data = cast("dict[str, Any]", document.data)
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in REFERENCES:
        _check_type(document, kind)
        return None
    for key in data.keys() - set(_BESIDE):
        document.fault((key,), f"unknown key {key!r} beside type and attributes", closest(key, _BESIDE))
    attributes = data.get("attributes")
    if not isinstance(attributes, dict) or not attributes:
        document.fault(("attributes",), "attributes is missing or empty", f"{REFERENCES[kind]} shows a whole file")
        return None
    declared = cast("dict[str, Any]", attributes)
    if kind in TABLE_TYPES:
        table = _validated(document, declared, TableContract)
        return TableSource(table, document) if table is not None else None
    if kind in NOTEBOOK_TYPES:
        notebook = _validated(document, declared, NotebookContract)
        return NotebookSource(notebook, document) if notebook is not None else None
    dataset = _validated(document, declared, DatasetContract)
    return DatasetSource(dataset, document) if dataset is not None else None


def _check_type(document: Document, kind: object) -> None:
    if kind is None:
        document.fault(("type",), "type is missing", "write type: lake_platform.Dataset")
    elif not isinstance(kind, str):
        document.fault(("type",), "type is no name", "write type: lake_platform.Dataset")
    elif kind.startswith("lake_platform.") and kind.count(".") == 1 and kind not in OWN_TYPES:
        document.fault(("type",), f"there is no component {kind!r}", closest(kind, OWN_TYPES))


def _validated(document: Document, attributes: dict[str, Any], model: type[Contract]) -> Contract | None:
    try:
        return model.model_validate(attributes)
    except ValidationError as error:
        details, between = error.errors(include_url=False), incoherent(error)
    for detail in details:
        if detail["type"] != INCOHERENT and detail["loc"][-1:] != ("str",):  # the other branch of list[str] | str
            explain(document, detail, model)
    # What the models say of single fields hides what fields demand of each other: that is asked of what can be read.
    if model is DatasetContract:
        between = find_problems(Draft.read(attributes))
    elif model is TableContract and not between:
        between = find_draft_problems(attributes)
    for problem in between:
        document.fault(("attributes", *problem.at), problem.message, problem.hint)
    return None
