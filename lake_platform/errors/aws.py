"""Errors of the other services of AWS."""

from lake_platform.errors.base import TerminalError, TransientError


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


class InfraNotSetUpError(TerminalError):
    """The infrastructure has an environment of its own, which is not there."""

    def __init__(self, folder: object) -> None:
        super().__init__(
            f"There is no environment for the infrastructure in {folder}: run `make infra-setup` in a checkout of the "
            "project, and this command there."
        )


class StackOutputsError(TerminalError):
    """Outputs of a stack that do not say what the backend needs."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The outputs of the stack cannot be used: {problem}.")
