"""Calls of AWS by the platform itself: clients from the ordinary chain, errors in our words."""

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lake_platform.errors import AwsRefusedError, AwsUnreachableError
from lake_platform.settings import aws_region
from lake_platform.spark.glue.connect import ATTEMPTS

Connect = Callable[[str], Any]
"""From the name of a service to a new client of it, with the credentials that are valid now."""

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "UnrecognizedClientException"})
_PASSING = frozenset(
    {
        "InternalServiceException",
        "OperationTimeoutException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
    }
)
_REFUSED = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "InvalidClientTokenId", "SignatureDoesNotMatch"}
)


def connect(service: str) -> Any:
    """A new client; region, credentials and endpoint are those of the environment, read anew."""
    retries: Any = {"mode": "standard", "total_max_attempts": ATTEMPTS}
    session: Any = boto3.session.Session(region_name=aws_region())
    return session.client(service, config=Config(retries=retries, connect_timeout=10, read_timeout=60))


class AwsCalls:
    """One service. The client is made at the first call, and anew where credentials have expired."""

    def __init__(self, connect: Connect, service: str) -> None:
        self._connect, self._service = connect, service
        self._client: Any = None

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """One call; what is neither refused nor passing goes on as it is, for its caller to judge by `code_of`.

        Raises:
            AwsRefusedError: the credentials are not allowed to do this.
            AwsUnreachableError: no answer, or an answer that says to come again later.
        """
        try:
            return self._asked(operation, arguments)
        except ClientError as error:
            code = code_of(error)
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in _REFUSED:
                raise AwsRefusedError(self._service, operation, str(error)) from error
            if code in EXPIRED or code in _PASSING or status >= 500:
                raise AwsUnreachableError(self._service, operation, str(error)) from error
            raise
        except BotoCoreError as error:
            raise AwsUnreachableError(self._service, operation, str(error)) from error

    def pages(self, operation: str, member: str, **arguments: Any) -> list[Any]:
        """All members of an answer that comes in pages by NextToken."""
        found: list[Any] = []
        token: dict[str, str] = {}
        while True:
            answer = self.call(operation, **arguments, **token)
            found += answer.get(member, [])
            if not answer.get("NextToken"):
                return found
            token = {"NextToken": answer["NextToken"]}

    def _asked(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            return getattr(self._connected(), operation)(**arguments)
        except ClientError as error:
            if code_of(error) not in EXPIRED:
                raise
            self._client = None
            return getattr(self._connected(), operation)(**arguments)

    def _connected(self) -> Any:
        if self._client is None:
            self._client = self._connect(self._service)
        return self._client


def code_of(error: ClientError) -> str:
    """The code of an error of AWS, such as `EntityNotFoundException`."""
    return str(error.response.get("Error", {}).get("Code", ""))
