"""What a record of a text file is, for all who read such files without Spark."""

from lake_platform.contract.dataset import FileFormat

MAX_RECORD = 128 << 20
"""Characters of one record, or of one element of an array."""
SPACE = " \t\r\n"
"""A line of nothing else is no record."""


def is_comment(line: str, form: FileFormat) -> bool:
    """Whether a line is left out."""
    return form.comment is not None and line.startswith(form.comment)
