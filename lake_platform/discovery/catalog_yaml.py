"""A table of the Glue Data Catalog as a `defs.yaml`, with the guesses as comments."""

from collections.abc import Iterator

from lake_platform.discovery.catalog_table import TableColumn, TableFound
from lake_platform.discovery.yaml_text import BLOCK_ABOVE, comment_text, render_format, scalar


def render_table_definition(name: str, found: TableFound, *, landing: str) -> str:
    """The text of a definition that `lake check` accepts as it stands.

    Args:
        landing: the landing bucket; a table whose files are elsewhere is told.
    """
    lines = [
        f"# Made by `lake new {name}` from the table {comment_text(found.table)} of the Glue Data Catalog.",
        "# No file was read. What the table does not say is guessed, and each guess says so.",
        *_elsewhere(found, landing),
        "type: lake_platform.Dataset",
        "attributes:",
        f"  name: {name}",
        f"  description: {scalar(f'{name}, as the table {found.table} has it')}  # say what one row is",
        "  arrives:",
        f"    prefix: {scalar(found.prefix)}  # below the landing bucket",
        f"    partition: {_partition(found)}",
        *(f"    # guess: {comment_text(guess)}" for guess in found.guesses),
        f"    format: {render_format(found.form)}",
        "    delivers: events  # guess: facts; or changes, or snapshot: what all there is looks like",
        "  columns:",
        *(_column(column, found) for column in found.columns),
        *(f"    # left out: {comment_text(source)} is {comment_text(kind)}" for source, kind in found.left_out.items()),
        "  quality:",
        "    - {rule: 'RowCount > 0', otherwise: warn}  # guess: an empty partition is mostly a fault",
        f"  quarantine: {{block_above: {BLOCK_ABOVE}}}",
        "  target:",
        f"    table: {name}",
        "    write: replace_partition  # with delivers: changes or snapshot: upsert or scd2, and keys",
    ]
    return "\n".join(lines) + "\n"


def _elsewhere(found: TableFound, landing: str) -> Iterator[str]:
    if found.bucket != landing:
        yield (
            f"# The files of the table are in the bucket {comment_text(found.bucket)}, and the landing bucket is "
            f"{comment_text(landing)}: let them land there."
        )


def _partition(found: TableFound) -> str:
    partition = found.partition
    parts = f"by: {partition.by}"
    if partition.pattern is not None:
        parts += f", start: {scalar(partition.start or '')}, from: key, pattern: {scalar(partition.pattern)}"
    return f"{{{parts}}}  # {comment_text(partition.evidence)}"


def _column(column: TableColumn, found: TableFound) -> str:
    told = [f"name: {column.name}", f"type: {scalar(column.type) if ',' in column.type else column.type}"]
    by_name = found.form.kind != "csv" or found.form.header
    if column.path is not None:
        told.append(f"path: {scalar(column.path)}")
    elif by_name and column.source != column.name:
        told.append(f"aliases: [{scalar(column.source)}]")
    guess = f"  # guess: {comment_text(column.guess)}" if column.guess else ""
    return f"    - {{{', '.join(told)}}}{guess}"
