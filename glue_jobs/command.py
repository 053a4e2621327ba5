"""A job as a program: the request is read from the lake, the report is written there last."""

import argparse
import dataclasses
import os
from collections.abc import Callable, Sequence

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import SparkSession

from glue_jobs.errors import DeployedCodeError, JobError
from glue_jobs.progress import Tell, begun, ended, opened_pipes, told_stages
from glue_jobs.protocol import JobFailure, JobReport, JobRequest, failure_url
from glue_jobs.references import read_reference
from glue_jobs.storage import exists, read_text, write_text_if_absent

Job = Callable[[SparkSession, JobRequest], JobReport]

_MESSAGE = 2000


def run_from_command(argv: Sequence[str], job: Job) -> int:
    """Runs one job. An existing report is the answer already: then nothing is run.

    The report stands beside the request, as report.json; of a job that fails, `failure` stands beside it under the
    request's name. The key for `pii: hash` is read from where `--pii-key-from` says, else from LAKE_PII_KEY, since
    neither a request in the lake nor an argument holds a secret. Arguments that Glue adds are left alone.
    """
    known = _arguments(argv)
    url = str(known.request)
    report = url.rsplit("/", 1)[0] + "/report.json"
    # Before pydeequ is imported, which reads it.
    os.environ.setdefault("SPARK_VERSION", "3.5")
    with opened_pipes(argv) as tell:
        spark = SparkSession.Builder().getOrCreate()
        if exists(spark, report):
            tell(f"{report} is there already")
            return 0
        request = JobRequest.from_json(read_text(spark, url))
        tell(begun(request))
        try:
            _require_code(known.deployed_code, known.lake_code)
            made = _run(spark, dataclasses.replace(request, pii_key=_pii_key(known.pii_key_from)), job=job, tell=tell)
        except Exception as error:
            failure = describe_failure(request, error)
            tell(f"{request.job} {request.dataset} failed: {failure.error}: {failure.message}")
            write_text_if_absent(spark, failure_url(url), failure.to_json())
            raise
        write_text_if_absent(spark, report, made.to_json())
        tell(ended(made))
    return 0


def describe_failure(request: JobRequest, error: Exception) -> JobFailure:
    """What is left in the lake of an error; `refused` where the same request fails again."""
    # Java adds its whole stack.
    text = str(error).split("\n\tat ")[0].strip()
    return JobFailure(
        job=request.job,
        dataset=request.dataset,
        token=request.token,
        error=type(error).__name__,
        message=text[:_MESSAGE],
        refused=isinstance(error, JobError | AnalysisException | ParseException),
    )


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--request", required=True, help="s3:// url of the request.json")
    parser.add_argument("--pii-key-from", help="where the key of pii: hash is: an ARN of Secrets Manager, or ssm:NAME")
    parser.add_argument("--lake-code", help="the code that is meant to run; it has to be what is deployed")
    parser.add_argument("--deployed-code", help="set by the deployed script")
    return parser.parse_known_args(list(argv))[0]


def _require_code(deployed: str | None, meant: str | None) -> None:
    if deployed and meant and deployed != meant:
        raise DeployedCodeError(deployed, meant)


def _pii_key(reference: str | None) -> str | None:
    return read_reference(reference) if reference else os.environ.get("LAKE_PII_KEY") or None


def _run(spark: SparkSession, request: JobRequest, *, job: Job, tell: Tell) -> JobReport:
    with told_stages(spark, tell):
        return job(spark, request)
