"""The errors of the jobs: each is given facts and writes its own sentence. All of them fail again with the same request."""


class JobError(Exception):
    """Base of the errors that a job raises itself: the request, the transform or the data it was given is wrong."""


class WireFormatError(JobError):
    """A JSON document is not what it should be."""

    def __init__(self, kind: str, where: str, fault: str) -> None:
        super().__init__(
            f"Not a {kind} that this version can read: {where} {fault}. Remove the document to have the job run again."
        )


class UnknownTypeError(JobError):
    """A column has a type that the jobs have no cast for."""

    def __init__(self, column: str, type_: str) -> None:
        super().__init__(
            f"Column {column} has the type {type_}, which no cast exists for: use a type of the contract's type table."
        )


class HeaderError(JobError):
    """The names in a file cannot be told apart, or are not known."""

    def __init__(self, key: str, fault: str) -> None:
        super().__init__(f"File {key}: {fault}. Refuse the file, or give it a header that names each column once.")


class FormatError(JobError):
    """The format of the files is not one that the jobs can read."""

    def __init__(self, setting: str, value: object, hint: str) -> None:
        super().__init__(f"format.{setting} is {value!r}: {hint}.")


class PathConflictError(JobError):
    """Two columns want a JSON value and a part of it."""

    def __init__(self, column: str, path: str) -> None:
        super().__init__(
            f"Column {column} reads {path!r}, which another column reads as a plain value: declare the parts only."
        )


class TransformError(JobError):
    """A transform is not there or breaks its promise."""

    def __init__(self, transform: str, dataset: str, fault: str) -> None:
        super().__init__(f"Transform {transform} of {dataset} {fault}.")


class CastAfterTransformError(JobError):
    """A value that a transform made does not fit the column it is declared for."""

    def __init__(self, dataset: str, column: str, *, type_: str, rows: int, partition: str) -> None:
        super().__init__(
            f"{dataset} {partition}: {rows} value(s) of column {column} do not fit {type_} after the transform. "
            "Make the transform yield values that fit, or widen the column in `produces`."
        )


class RowsWrittenError(JobError):
    """The files hold another number of rows than the job meant to write."""

    def __init__(self, partition: str, *, written: int, meant: int) -> None:
        super().__init__(
            f"Partition {partition}: {written} rows are in the files that were written, {meant} were meant to be."
        )


class PiiKeyMissingError(JobError):
    """A column is to be hashed and there is no key."""

    def __init__(self, dataset: str, column: str) -> None:
        super().__init__(f"{dataset}.{column} has pii: hash, but the job was given no key: set LAKE_PII_KEY.")


class SecretReferenceError(JobError):
    """A secret that a job was told to read is not to be had."""

    def __init__(self, reference: str, fault: str) -> None:
        super().__init__(
            f"The secret {reference} {fault}. Check the reference, and that the role of the job may read and decrypt it."
        )


class DeployedCodeError(JobError):
    """The job that was started is another version than the one that was meant."""

    def __init__(self, deployed: str, meant: str) -> None:
        super().__init__(
            f"The code {deployed} is deployed, {meant} was meant to run: another deployment came in between. "
            "Run `lake deploy-jobs`, or start the orchestrator from the code that is deployed."
        )
