"""Errors of AWS Glue and of the deployment of its jobs."""

from collections.abc import Sequence

from lake_platform.errors.base import TerminalError, TransientError


class GlueUnreachableError(TransientError):
    """Glue, or another service of AWS, did not answer for longer than the platform is patient."""

    def __init__(self, operation: str, *, minutes: float, detail: str) -> None:
        super().__init__(
            f"{operation} did not succeed for {minutes:g} minutes: {detail}. A run that was started goes on; "
            "the next try attaches to it."
        )


class GlueRefusedError(TerminalError):
    """A call that AWS refuses, and would again."""

    def __init__(self, operation: str, *, code: str, message: str) -> None:
        super().__init__(
            f"AWS refuses {operation} ({code}): {message} Check the credentials, the region and the permissions "
            "of the role that makes the call."
        )
        self.operation, self.code = operation, code


class GlueNotFoundError(TerminalError):
    """There is no such job or run in Glue."""

    def __init__(self, operation: str, *, message: str) -> None:
        super().__init__(f"{operation}: {message}")


class GlueJobMissingError(TerminalError):
    """The job is not deployed."""

    def __init__(self, job: str) -> None:
        super().__init__(
            f"There is no Glue job {job}: run `lake deploy-jobs`, or set LAKE_GLUE_JOB_PREFIX to the prefix it was deployed with."
        )
        self.job = job


class GlueJobDriftError(TerminalError):
    """What is deployed is not what this code would deploy."""

    def __init__(self, job: str, differences: Sequence[str]) -> None:
        super().__init__(
            f"The Glue job {job} is not what this code would deploy, so it was not started: {'; '.join(differences)}. "
            "Run `lake deploy-jobs` to deploy this code, or start the orchestrator from the code that is deployed."
        )
        self.job, self.differences = job, tuple(differences)


class GlueBusyError(TransientError):
    """There was no capacity for another run."""

    def __init__(self, job: str, *, minutes: float, code: str) -> None:
        super().__init__(
            f"The Glue job {job} could not be started for {minutes:g} minutes ({code}): too many runs at once. "
            "Raise LAKE_GLUE_CONCURRENT_RUNS and deploy the jobs again, or ask AWS for a larger quota."
        )


class GlueRunError(TransientError):
    """A run of a job ended without a report, for a reason that may pass."""

    def __init__(self, dataset: str, run: str, *, state: str, detail: str) -> None:
        super().__init__(f"{dataset}: Glue run {run} ended as {state}. {detail}")
        self.dataset, self.run, self.state = dataset, run, state


class GlueRunStoppedError(TerminalError):
    """Somebody stopped a run."""

    def __init__(self, dataset: str, run: str, *, detail: str) -> None:
        super().__init__(
            f"{dataset}: Glue run {run} was stopped by somebody. Start the partition again when that is wanted. {detail}"
        )
        self.dataset, self.run, self.state = dataset, run, "STOPPED"


class GlueRunTimeoutError(TerminalError):
    """A run took longer than it may."""

    def __init__(self, dataset: str, run: str, *, minutes: int, detail: str) -> None:
        super().__init__(
            f"{dataset}: Glue run {run} took longer than {minutes} minutes and was ended. Raise LAKE_GLUE_TIMEOUT_MINUTES "
            f"or LAKE_GLUE_WORKERS and deploy the jobs again, or run fewer partitions at once. {detail}"
        )
        self.dataset, self.run, self.state = dataset, run, "TIMEOUT"


class DeploymentError(TerminalError):
    """Job code cannot be deployed, or not be taken back, as asked."""


class CrawlerMissingError(TerminalError):
    """There is no such crawler."""

    def __init__(self, crawler: str) -> None:
        super().__init__(
            f"There is no Glue crawler {crawler!r} in this account and region: create it, or correct `catalog.crawler` of "
            "the dataset or LAKE_GLUE_CRAWLER_PREFIX."
        )
        self.crawler = crawler


class CrawlerTargetError(TerminalError):
    """The crawler looks elsewhere, so its success would say nothing."""

    def __init__(self, crawler: str, *, url: str, targets: Sequence[str]) -> None:
        super().__init__(
            f"The Glue crawler {crawler!r} does not look at {url}: its targets on S3 are {', '.join(targets) or 'none'}. "
            "Add the path to the crawler, or name another one in `catalog.crawler`."
        )
        self.crawler, self.url, self.targets = crawler, url, tuple(targets)


class CrawlFailedError(TransientError):
    """A crawl ended, but not well."""

    def __init__(self, crawler: str, *, status: str, message: str, log: str) -> None:
        super().__init__(
            f"The crawl of {crawler!r} ended as {status}: {message or 'Glue gives no reason'}. Its log: {log or 'none'}. "
            "The tables of the dataset are not touched by it."
        )
        self.crawler, self.status = crawler, status


class CrawlerCancelledError(TerminalError):
    """Somebody stopped the crawl."""

    def __init__(self, crawler: str, *, log: str) -> None:
        super().__init__(
            f"The crawl of {crawler!r} was stopped by somebody, so it is not started again here. Its log: {log or 'none'}."
        )
        self.crawler = crawler


class CrawlerTimeoutError(TerminalError):
    """A crawl was waited for as long as the dataset says."""

    def __init__(self, crawler: str, *, minutes: float, detail: str) -> None:
        super().__init__(
            f"The crawler {crawler!r} did not finish in {minutes:g} minutes: {detail}. A crawl that runs goes on, and the "
            "next run takes it if it began after the files came. Raise `catalog.crawler_timeout` where crawls take longer."
        )
        self.crawler, self.minutes = crawler, minutes
