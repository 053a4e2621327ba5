"""Messages to a webhook: one JSON POST, with a limit in time that no receiver can stretch."""

import json
import os
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from email.message import Message
from typing import IO

from lake_platform.errors import AlertNotSentError
from lake_platform.sensors.run_alert import RunAlert

TIMEOUT = 5.0
"""Seconds from the first look-up of the host to the status of the answer."""
THREAD = "alert"
PASSING = (408, 425, 429)
"""Of the answers from 400 to 499, those that may be another one later."""


@dataclass(frozen=True)
class WebhookSender:
    """Posts to one address. The address holds a token: no message, error or representation names it."""

    url: str = field(repr=False)
    name: str = "webhook"

    def send(self, alert: RunAlert) -> None:
        """Posts the message; any answer from 200 to 299 is success.

        Raises:
            AlertNotSentError: the receiver is not there, does not answer in time, or answers otherwise.
        """
        request = urllib.request.Request(
            self.url,
            data=json.dumps(alert.document(), ensure_ascii=False).encode(),
            headers={
                "Content-Type": "application/json",
                "User-Agent": "lake_platform",
                "Idempotency-Key": alert.run_id,
            },
            method="POST",
        )
        outcome: list[AlertNotSentError | None] = []
        # A name that is looked up, or a header that comes byte by byte, knows no timeout of a socket.
        sending = threading.Thread(target=lambda: outcome.append(_post(request)), name=THREAD, daemon=True)
        sending.start()
        sending.join(TIMEOUT)
        problem = outcome[0] if outcome else AlertNotSentError(f"no answer within {TIMEOUT:g} s", passing=True)
        if problem is not None:
            raise problem


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the message, and with it what is in the address, to another host."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def _post(request: urllib.request.Request) -> AlertNotSentError | None:
    """None where it was taken. Errors are told by their kind only: their own text may hold the address."""
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT):
            return None
    except urllib.error.HTTPError as error:
        with error:
            passing = error.code >= 500 or error.code in PASSING
        return AlertNotSentError(f"the receiver answered {error.code}", passing=passing)
    except Exception as error:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        number = cause.errno if isinstance(cause, OSError) else None
        told = f": {os.strerror(number)}" if number and number > 0 else ""
        return AlertNotSentError(f"the receiver cannot be reached ({type(cause).__name__}{told})", passing=True)
