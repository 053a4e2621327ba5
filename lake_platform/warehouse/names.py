"""Names and literals in SQL: the one quoting function, and table names."""

from dataclasses import dataclass

from lake_platform.contract.target import DEFAULT_SCHEMA, STAGING_SCHEMA

__all__ = ["DEFAULT_SCHEMA", "STAGING_SCHEMA", "TableName", "quote", "quote_literal"]


def quote(name: str) -> str:
    """An identifier. Redshift folds names to lower case also inside quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """A string, where a statement takes no parameters (COPY, SET). Redshift reads backslashes as escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


@dataclass(frozen=True)
class TableName:
    """A table and its schema; a temporary table has none."""

    schema: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "TableName":
        """`schema.table`, or `table` in the default schema."""
        schema, _, name = text.rpartition(".")
        return cls(schema or DEFAULT_SCHEMA, name)

    @property
    def sql(self) -> str:
        """With its schema, quoted."""
        return f"{quote(self.schema)}.{quote(self.name)}" if self.schema else quote(self.name)

    @property
    def bare(self) -> str:
        """Without its schema, quoted: how the target of an UPDATE or DELETE is named inside the statement."""
        return quote(self.name)

    def beside(self, part: str) -> "TableName":
        """A table that belongs to this one: `dim_customer__ledger`."""
        return TableName(self.schema, f"{self.name}__{part}")

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name
