"""Errors of the store, its documents, the catalog and alerts."""

from lake_platform.errors.base import LakeError, TerminalError, TransientError


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


class InputNotPublishedError(TerminalError):
    """A transform reads a dataset of which nothing is published yet."""

    def __init__(self, dataset: str, wanted: str) -> None:
        super().__init__(
            f"{dataset}: its input {wanted} has no published rows yet: `lake tick {wanted}` first, then start this run again."
        )
        self.dataset, self.wanted = dataset, wanted


class WriteConflictError(TransientError):
    """S3 was asked for two writes of one key at the same moment and let neither decide (409)."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__(f"s3://{bucket}/{key} was written by somebody else at the same moment. Try again.")
        self.bucket, self.key = bucket, key


class CatalogTableError(TerminalError):
    """No dataset can be made of a table of the Glue Data Catalog."""

    def __init__(self, table: str, fault: str) -> None:
        super().__init__(f"No dataset can be made of the table {table}: {fault}.")
        self.table, self.fault = table, fault


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


class AlertNotSentError(LakeError):
    """A receiver did not take a message. `passing` says whether another attempt may help."""

    def __init__(self, told: str, *, passing: bool) -> None:
        super().__init__(f"The message was not sent: {told}.")
        self.told, self.passing = told, passing


class NothingPublishedError(TerminalError):
    """A notebook asks for rows that nobody has published yet."""

    def __init__(self, dataset: str) -> None:
        super().__init__(f"{dataset} has no processed rows yet: run `lake tick {dataset}` first")
