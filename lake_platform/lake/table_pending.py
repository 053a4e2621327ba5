"""Which partitions of a table made in the warehouse, or of a notebook, are pending: its inputs against what its own documents name."""

import datetime as dt
from collections.abc import Mapping

from lake_platform.contract.fingerprint import derived_fingerprint
from lake_platform.contract.notebook import Derived
from lake_platform.lake.lake import Lake
from lake_platform.lake.pending import REFUSED, WAITS, Candidate, Pending, decided
from lake_platform.lake.refusals import latest_refusal
from lake_platform.lake.table_inputs import InputReader, Versions
from lake_platform.lake.token import digest
from lake_platform.lake.versions import VersionDocument


def table_pending(
    table: Derived, *, lake: Lake, inputs: InputReader, now: dt.datetime, fingerprint: str | None = None
) -> Pending:
    """Compares every partition that the table can be made for with its own document.

    Args:
        fingerprint: of the table; a refusal under another one does not hold. Read where it is needed, when left out.
    """
    if missing := inputs.unpublished(table):
        return Pending(held={partition_name(table): f"{WAITS}{', '.join(missing)}: nothing is published there yet"})
    unfinished = unfinished_partitions(table, lake=lake, versions=inputs.versions(table))
    if not unfinished:
        return Pending()
    found = fingerprint or derived_fingerprint(table)
    key = table.contract.key

    def candidate(partition: str, versions: Versions) -> Candidate:
        content = digest(dict(versions))
        refusal = latest_refusal(lake.lake, key, partition)
        held = None
        if refusal is not None and (refusal.content, refusal.fingerprint) == (content, found):
            held = f"{REFUSED}{refusal.reason}"
        return Candidate(partition, digest([content, found]), held)

    return decided(
        lake.lake,
        key,
        [candidate(*each) for each in unfinished.items()],
        now=now,
        wakes=f"`lake retry {table.contract.name} {{partition}}` or a new version of an input wakes it",
    )


def unfinished_partitions(table: Derived, *, lake: Lake, versions: Mapping[str, Versions]) -> dict[str, Versions]:
    """The partitions whose document names other versions, or that have none."""
    published = lake.table_log(table.contract.key).latest_documents()
    return {
        partition: wanted
        for partition, wanted in sorted(versions.items())
        if not _is_made_of(published.get(partition), wanted)
    }


def partition_name(table: Derived) -> str:
    """How a table is named where no partition of it is meant."""
    return "all" if table.contract.partition is None else "every partition"


def _is_made_of(document: VersionDocument | None, versions: Versions) -> bool:
    return document is not None and document.body["inputs"] == dict(versions)
