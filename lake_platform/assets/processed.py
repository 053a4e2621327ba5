"""The `processed` layer: the transform, then Parquet with the exact columns and types of the table."""

from collections.abc import Iterator, Sequence

import dagster as dg

from glue_jobs.protocol import InputFile, PartitionReport, PartitionWork
from lake_platform.assets.jobs import bytes_of, column_schema, figures, run_for, sample_table
from lake_platform.assets.keys import partition_keys
from lake_platform.assets.plan import Absent, Plan, Todo, plan_step
from lake_platform.assets.results import CheckOutcome, DeclaredCheck, PartitionResult, absent
from lake_platform.assets.step import StepEvent, report_step, step_arguments, told_to_dagster
from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.lake import Lake
from lake_platform.lake.manifest import Manifest, read_manifest, write_manifest
from lake_platform.spark.code import layer_fingerprint
from lake_platform.spark.requests import process_request
from lake_platform.spark.runner import JobRunner

CHECKS = (DeclaredCheck("rows_conserved", "Valid rows = rows written + rows that the transform declared as dropped."),)
