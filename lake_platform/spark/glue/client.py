"""Calls of AWS that outlast what passes: throttling, broken connections, credentials that expire meanwhile."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    ProxyConnectionError,
)

from lake_platform.errors import GlueNotFoundError, GlueRefusedError, GlueUnreachableError

Connect = Callable[[str], Any]
"""From the name of a service to a new boto3 client of it, with the credentials that are valid now. Glue's client must
not repeat calls by itself (`total_max_attempts: 1`): a start whose answer was lost would start a second run."""

_NOT_NOW = frozenset(
    {
        "ConcurrentModificationException",
        "RequestLimitExceeded",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_BROKEN = frozenset({"InternalServiceException", "InternalFailure", "OperationTimeoutException", "ServiceUnavailable"})
_EXPIRED = frozenset({"ExpiredTokenException", "ExpiredToken", "RequestExpired", "UnrecognizedClientException"})
_FULL = frozenset({"ConcurrentRunsExceededException", "ResourceNumberLimitExceededException"})
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 20.0


class Clock(Protocol):
    """Time as the loops here see it."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The clock of this machine, which never goes backwards."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class NoCapacity:
    """The call was understood and not executed: too many runs."""

    code: str


@dataclass(frozen=True)
class Unknown:
    """There was no answer: the call may have been executed."""

    detail: str


class GlueCalls:
    """One service, called again and again for as long as the platform is patient.

    Args:
        connect: makes a client; made anew when credentials have expired.
        patience: seconds after which a call that does not succeed is given up.
    """

    def __init__(
        self,
        connect: Connect,
        service: str,
        *,
        patience: float,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._connect, self._service, self._patience = connect, service, patience
        self._clock, self._jitter = clock, jitter
        self._client: Any = None

    def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """A call that may be made twice.

        Raises:
            GlueNotFoundError: there is no such thing.
            GlueRefusedError: the call is refused for good.
            GlueUnreachableError: it did not succeed in time.
        """
        attempts = _Attempts(self._clock, self._patience, self._jitter)
        while True:
            answer = self._try(operation, arguments)
            if isinstance(answer, dict):
                return answer
            detail = answer.detail if isinstance(answer, Unknown | _NotNow) else answer.code
            if not attempts.pause():
                raise GlueUnreachableError(operation, minutes=self._patience / 60, detail=detail)

    def call_once(self, operation: str, **arguments: Any) -> dict[str, Any] | NoCapacity | Unknown:
        """A call that must not be executed twice: made again only where it certainly was not executed.

        Raises:
            GlueNotFoundError, GlueRefusedError, GlueUnreachableError: as `call`.
        """
        attempts = _Attempts(self._clock, self._patience, self._jitter)
        while True:
            answer = self._try(operation, arguments)
            if not isinstance(answer, _NotNow):
                return answer
            if not attempts.pause():
                raise GlueUnreachableError(operation, minutes=self._patience / 60, detail=answer.detail)

    @property
    def region(self) -> str:
        return str(self._connected().meta.region_name)

    def close(self) -> None:
        """Closes the connections; the next call opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _connected(self) -> Any:
        if self._client is None:
            self._client = self._connect(self._service)
        return self._client

    def _try(self, operation: str, arguments: dict[str, Any]) -> "dict[str, Any] | NoCapacity | Unknown | _NotNow":
        try:
            return getattr(self._connected(), operation)(**arguments)
        except ClientError as error:
            return self._judged(operation, error)
        except (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError) as error:
            return _NotNow(str(error))
        except CredentialRetrievalError as error:
            self.close()
            return _NotNow(str(error))
        except HTTPClientError as error:
            return Unknown(str(error))
        except BotoCoreError as error:
            # No credentials, no region, an argument of the wrong type.
            raise GlueRefusedError(operation, code=type(error).__name__, message=str(error)) from error

    def _judged(self, operation: str, error: ClientError) -> "NoCapacity | Unknown | _NotNow":
        code = str(error.response.get("Error", {}).get("Code", ""))
        message = str(error.response.get("Error", {}).get("Message", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _FULL:
            return NoCapacity(code)
        if code in _NOT_NOW or status == 429:
            return _NotNow(f"{code}: {message}")
        if code in _EXPIRED:
            self.close()
            return _NotNow(f"{code}: {message}")
        if code in _BROKEN or status >= 500:
            return Unknown(f"{code}: {message}")
        if code in ("EntityNotFoundException", "ResourceNotFoundException"):
            raise GlueNotFoundError(operation, message=message) from error
        raise GlueRefusedError(operation, code=code, message=message) from error


@dataclass(frozen=True)
class _NotNow:
    """The call was not executed and may be made again."""

    detail: str


class _Attempts:
    """Pauses that double, with jitter, until the patience ends."""

    def __init__(self, clock: Clock, patience: float, jitter: Callable[[], float]) -> None:
        self._clock, self._jitter = clock, jitter
        self._end = clock.now() + patience
        self._pause = _FIRST_PAUSE

    def pause(self) -> bool:
        """Waits; False where the patience has ended."""
        left = self._end - self._clock.now()
        if left <= 0:
            return False
        self._clock.sleep(min(left, self._pause * (0.5 + self._jitter() / 2)))
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        return True
