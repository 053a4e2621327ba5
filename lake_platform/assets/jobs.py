"""One Spark job for all partitions of a step that have work."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from glue_jobs.protocol import JobRequest, PartitionReport, PartitionWork
from lake_platform.assets.documents import empty_report
from lake_platform.contract.dataset import DatasetContract, Layer
from lake_platform.lake.lake import Lake
from lake_platform.lake.layout import data_key
from lake_platform.lake.token import digest
from lake_platform.spark.runner import JobRunner, run_job

MakeRequest = Callable[[str, str, Sequence[PartitionWork]], JobRequest]
"""From the job's token, its output folder and its partitions to the request."""


def run_for(
    contract: DatasetContract,
    layer: Layer,
    *,
    lake: Lake,
    spark: JobRunner,
    work: Sequence[PartitionWork],
    make_request: MakeRequest,
) -> dict[str, PartitionReport]:
    """Runs the job; one that was reported under its token before is not run again.

    Returns:
        The report of each partition, with what the runner tells of the whole run; one without files is reported empty
        without Spark.
    """
    reports = {part.partition: empty_report(part.partition, part.token) for part in work if not part.files}
    filled = [part for part in work if part.files]
    if filled:
        job_token = digest([layer, [[part.partition, part.token] for part in filled]])
        attempt = uuid.uuid4().hex[:12]
        output = lake.lake.url(data_key(layer, contract.name, job_token, attempt=attempt))
        aside = lake.lake.url(data_key("quarantine", contract.name, job_token, attempt=attempt))
        request = replace(make_request(job_token, output, filled), quarantine_output=aside)
        report = run_job(lake.lake, request, spark.run)
        run = {**spark.figures(request), "partitions": len(filled)}
        reports |= {part.partition: replace(part, run=run if len(run) > 1 else {}) for part in report.partitions}
    return reports
