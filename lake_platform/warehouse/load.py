"""Staging: one COPY of all partitions of a run, and the proof that every row arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lake_platform.errors import StagingCountError
from lake_platform.warehouse.names import quote, quote_literal
from lake_platform.warehouse.session import Session
from lake_platform.warehouse.table import Declaration, TableSpec, staging_table


@dataclass(frozen=True)
class StagedPartition:
    """What staging holds of a partition: the token of its rows, and how many they are by the manifest."""

    token: str
    rows: int


def stage(
    session: Session,
    contract: Declaration,
    *,
    manifest_url: str,
    partitions: Mapping[str, StagedPartition],
    copy_iam_role: str,
) -> None:
    """Replaces these partitions in staging by the files of the manifest, in the caller's transaction.

    Of changes and snapshots staging keeps only the partitions of the last run. Doing it again gives the same rows.

    Raises:
        StagingCountError: other rows arrived than the manifests say.
    """
    spec = staging_table(contract)
    session.execute(*render_delete(contract, spec, list(partitions)))
    if any(staged.rows for staged in partitions.values()):
        # A manifest without files is an error to COPY.
        session.execute(render_copy(spec, manifest_url, copy_iam_role))
        loaded = int(session.query_one("SELECT pg_last_copy_count()")[0])
        expected = sum(staged.rows for staged in partitions.values())
        if loaded != expected:
            raise StagingCountError(str(spec.table), "the whole load", expected=expected, found=loaded)
    held = _held(session, spec, list(partitions))
    for partition, staged in partitions.items():
        if (found := held.get(partition, {}).get(staged.token, 0)) != staged.rows:
            raise StagingCountError(str(spec.table), f"partition {partition}", expected=staged.rows, found=found)


def missing(session: Session, contract: Declaration, partitions: Mapping[str, StagedPartition]) -> list[str]:
    """Which partitions staging does not hold as they should be: with this token alone, and this number of rows."""
    held = _held(session, staging_table(contract), list(partitions))
    return [
        partition
        for partition, staged in partitions.items()
        if held.get(partition, {}) != ({staged.token: staged.rows} if staged.rows else {})
    ]


def render_delete(contract: Declaration, spec: TableSpec, partitions: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The DELETE before COPY, and its parameters. Never TRUNCATE: it commits."""
    if contract.delivers != "events":
        return f"DELETE FROM {spec.table.sql}", ()
    places = ", ".join("%s" for _ in partitions)
    return f"DELETE FROM {spec.table.sql}\nWHERE _partition IN ({places})", partitions


def render_copy(spec: TableSpec, manifest_url: str, copy_iam_role: str) -> str:
    """COPY with its columns named: Parquet is loaded by position, and columns that came later are last in the table."""
    columns = ", ".join(quote(name) for name in spec.column_names)
    role = "default" if copy_iam_role == "default" else quote_literal(copy_iam_role)
    return (
        f"COPY {spec.table.sql} ({columns})\n"
        f"FROM {quote_literal(manifest_url)}\n"
        f"IAM_ROLE {role}\n"
        "MANIFEST\n"
        "FORMAT AS PARQUET"
    )


def _held(session: Session, spec: TableSpec, partitions: Sequence[str]) -> dict[str, dict[str, int]]:
    """Rows by partition and token."""
    places = ", ".join("%s" for _ in partitions)
    rows = session.query(
        f"SELECT _partition, _token, COUNT(*)\nFROM {spec.table.sql}\n"
        f"WHERE _partition IN ({places})\nGROUP BY _partition, _token",
        partitions,
    )
    held: dict[str, dict[str, int]] = {}
    for partition, token, count in rows:
        held.setdefault(str(partition), {})[str(token)] = int(count)
    return held
