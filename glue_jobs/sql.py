"""Spark SQL text: names and values quoted."""


def name(identifier: str) -> str:
    """A column name; dots and spaces in it are only characters."""
    return "`" + identifier.replace("`", "``") + "`"


def text(value: str) -> str:
    """A string literal, for the default `spark.sql.parser.escapedStringLiterals=false`."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
