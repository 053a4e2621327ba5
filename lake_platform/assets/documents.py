"""What the documents of the layers hold, from the figures of a job's report and back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from glue_jobs.protocol import OutputFile, PartitionReport, RuleOutcome, Total
from lake_platform.assets.catalog_tables import catalog_name
from lake_platform.contract.dataset import LAYERS, Column, DatasetContract, Layer
from lake_platform.contract.types import parse_type
from lake_platform.lake.inputs import INPUTS
from lake_platform.lake.lake import Lake
from lake_platform.lake.layout import manifest_key
from lake_platform.lake.manifest import Manifest, partition_entries, write_manifest
from lake_platform.lake.versions import VersionDocument

COUNTS = ("rows_in", "rows_out", "rows_quarantined", "rows_dropped", "rows_unknown")


def empty_report(partition: str, token: str) -> PartitionReport:
    """What a job would say of a partition without files; none is run for it."""
    return PartitionReport(partition=partition, token=token, rows_in=0, rows_out=0)


def figures(report: PartitionReport) -> dict[str, Any]:
    """The counts, the reasons and the outcomes of the rules."""
    return {
        **{name: getattr(report, name) for name in COUNTS},
        "reasons": dict(report.reasons),
        "rules": [asdict(rule) for rule in report.rules],
        "unreadable_keys": report.unreadable_keys,
        "totals": [asdict(total) for total in report.totals],
    }


def layer_body(
    contract: DatasetContract, layer: Layer, *, lake: Lake, report: PartitionReport, source: VersionDocument
) -> dict[str, Any]:
    """The body of a document of `validated` or `processed`; writes the manifest that it names.

    Args:
        source: the document of the layer before; the digest of raw content in it is what the sensor compares.
    """
    columns = contract.columns if layer == "validated" else contract.produced
    key = manifest_key(contract.name, layer, partition=report.partition, token=report.token)
    manifest = Manifest(entries=partition_entries(report.files), columns=_types(columns))
    return {
        **made_of(contract, source, layer),
        "manifest": write_manifest(lake.lake, key, manifest),
        "location": _folder(report.files),
        "bytes": sum(file.content_length for file in report.files),
        "quarantine": [asdict(file) for file in report.quarantine_files],
        **figures(report),
    }


def made_of(contract: DatasetContract, source: VersionDocument, layer: Layer) -> dict[str, Any]:
    """What a document of `layer` says of its origin: the raw content, the inputs of the transform, the layer before."""
    before = LAYERS[LAYERS.index(layer) - 1]
    return {
        "content": source.body["content"],
        INPUTS: source.body.get(INPUTS, {}),
        "source": {"name": catalog_name(contract, before), "number": source.number, "token": source.token},
    }


def report_of(body: Mapping[str, Any], *, partition: str, token: str) -> PartitionReport:
    """The figures of a published document, for checks that are told again."""
    return PartitionReport(
        partition=partition,
        token=token,
        **{name: body[name] for name in COUNTS},
        reasons=body["reasons"],
        rules=tuple(RuleOutcome(**rule) for rule in body["rules"]),
        unreadable_keys=body["unreadable_keys"],
        totals=tuple(Total(**total) for total in body.get("totals", ())),
        quarantine_files=tuple(OutputFile(**file) for file in body["quarantine"]),
    )


def _folder(files: Sequence[OutputFile]) -> str:
    """A job writes the files of a partition into one folder; "" where there are none."""
    return f"{files[0].url.rpartition('/')[0]}/" if files else ""


def _types(columns: list[Column]) -> tuple[tuple[str, str], ...]:
    return tuple((column.name, parse_type(column.type).redshift) for column in columns)
