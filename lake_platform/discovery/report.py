"""Findings as plain values, for JSON."""

from dataclasses import asdict
from typing import Any

from lake_platform.discovery.catalog_table import TableFound
from lake_platform.discovery.discover import Findings
from lake_platform.discovery.profile import profile_document
from lake_platform.discovery.schema import Schema


def findings_document(found: Findings) -> dict[str, Any]:
    """The profile of a sample, and what a definition would say."""
    schema = found.schema
    return {
        "sample": found.sample,
        "format": found.form.model_dump(exclude_defaults=True),
        "partition": {"by": found.partition.by, "pattern": found.partition.pattern, "start": found.partition.start},
        "key": schema.key,
        "evidence": [*found.form_evidence, found.partition.evidence, *schema.notes],
        "unreadable": dict(found.unreadable),
        **profile_document(found.scan, source_types(schema), schema.nulls),
        "contract": [
            {
                "name": column.name,
                "source": column.source,
                "type": column.type,
                "formats": list(column.formats),
                "notes": column.notes,
            }
            for column in schema.columns
        ],
    }


def table_document(found: TableFound) -> dict[str, Any]:
    """What a table of the catalog says, and what is guessed."""
    return {
        "table": found.table,
        "bucket": found.bucket,
        "prefix": found.prefix,
        "format": found.form.model_dump(exclude_defaults=True),
        "partition": asdict(found.partition),
        "guesses": list(found.guesses),
        "left_out": dict(found.left_out),
        "contract": [asdict(column) for column in found.columns],
    }


def source_types(schema: Schema) -> dict[str, str]:
    """The proposed type by the name in the files."""
    return {column.source: column.type for column in schema.columns}
