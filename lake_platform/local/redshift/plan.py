"""What the endpoint does with a statement."""

from dataclasses import dataclass

from lake_platform.local.redshift.copy_statement import CopyStatement


@dataclass(frozen=True)
class Plan:
    """How one client statement is run.

    Attributes:
        sql: the text for PostgreSQL.
        tag: what the client is told on completion, where that is not PostgreSQL's own tag.
        copy: the COPY to be carried out here.
        commits: the statement commits the transaction in which it runs.
        outside: the name of a statement that cannot run inside a transaction block.
    """

    sql: str
    tag: str = ""
    copy: CopyStatement | None = None
    commits: bool = False
    outside: str = ""

    @property
    def special(self) -> bool:
        """Whether the endpoint carries the statement out itself instead of passing it on."""
        return bool(self.tag)
