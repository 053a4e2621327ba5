"""Errors that a client of the endpoint gets, as Redshift would word them."""


class RedshiftError(Exception):
    """An error for the client: message, SQLSTATE, detail. It never leaves the gateway as an exception."""

    def __init__(self, message: str, code: str = "42601", *, detail: str = "", fields: bytes = b"") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.detail = detail
        self.fields = fields
        """The whole ErrorResponse, where PostgreSQL sent it."""


class NotSupportedError(RedshiftError):
    """The endpoint does not take this, because Redshift does not or because it is not built here."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "0A000")


class SpectrumError(RedshiftError):
    """COPY cannot take a columnar file. Message and detail have the shape of Redshift's own."""

    def __init__(self, code: int, context: str, *, file: str, column: str = "") -> None:
        detail = f"\n  error:  Spectrum Scan Error\n  code:      {code}\n  context:   {context}\n"
        super().__init__("Spectrum Scan Error", "XX000", detail=detail)
        self.number = code
        self.context = context
        self.file = file
        self.column = column
        self.query = 0
        """The id of the COPY, once it is known."""
