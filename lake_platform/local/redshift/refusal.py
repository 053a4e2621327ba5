"""Errors that a client of the endpoint gets, as Redshift would word them."""


class RedshiftError(Exception):
    """An error for the client: message, SQLSTATE, detail. It never leaves the gateway as an exception."""

    def __init__(self, message: str, code: str = "42601", *, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.detail = detail


class NotSupportedError(RedshiftError):
    """The endpoint does not take this, because Redshift does not or because it is not built here."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "0A000")
