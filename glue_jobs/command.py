"""A job as a program: the request is read from the lake, the report is written there last."""

import argparse
import dataclasses
import os
from collections.abc import Callable, Sequence

from pyspark.sql import SparkSession

from glue_jobs.protocol import JobReport, JobRequest
from glue_jobs.storage import read_text, write_text_if_absent

Job = Callable[[SparkSession, JobRequest], JobReport]


def run_from_command(argv: Sequence[str], job: Job) -> int:
    """Runs one job. An existing report is the answer already: then nothing is run.

    The report stands beside the request, as report.json. The key for `pii: hash` comes from LAKE_PII_KEY, since a
    request in the lake holds no secret. Arguments that Glue adds are left alone.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--request", required=True, help="s3:// url of the request.json")
    known, _ = parser.parse_known_args(list(argv))
    url = str(known.request)
    report = url.rsplit("/", 1)[0] + "/report.json"
    # Before pydeequ is imported, which reads it.
    os.environ.setdefault("SPARK_VERSION", "3.5")
    spark = SparkSession.Builder().getOrCreate()
    request = JobRequest.from_json(read_text(spark, url))
    request = dataclasses.replace(request, pii_key=os.environ.get("LAKE_PII_KEY") or None)
    write_text_if_absent(spark, report, job(spark, request).to_json())
    return 0
