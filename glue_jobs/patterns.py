"""Regular expressions over one line or record of CSV, for Java's engine.

All loops are possessive: Java runs those without recursion, so a field of a megabyte does not overflow the stack.
"""

import re
from dataclasses import dataclass

from glue_jobs.formats import TextFormat


@dataclass(frozen=True)
class CsvPatterns:
    """The patterns of one dialect.

    Attributes:
        strict: a record whose quoted fields are closed and end at a delimiter.
        open_after_closed: a line that starts outside quotes and ends inside them.
        open_after_open: a line that starts inside quotes and ends inside them.
        field: a field with the delimiter before it, of a strict record with a delimiter put before it.
        escaped: an escape character and what it stands before.
        odd_escape: an escape character before anything but itself and a quote.
    """

    strict: str
    open_after_closed: str
    open_after_open: str
    field: str
    escaped: str
    odd_escape: str

    @classmethod
    def of(cls, form: TextFormat) -> "CsvPatterns":
        quote, delimiter = _quoted(form.quote), _quoted(form.delimiter)
        rest = f"[^{_in_class(form.delimiter)}]*+" if len(form.delimiter) == 1 else f"(?:(?!{delimiter}).)*+"
        if form.escape == form.quote:
            inside = f"[^{_in_class(form.quote)}]*+(?:{quote}{quote}[^{_in_class(form.quote)}]*+)*+"
        else:
            inside = f"(?:[^{_in_class(form.quote + form.escape)}]|{_quoted(form.escape)}.)*+"
        bare = f"(?!{quote}){rest}"
        closed = f"{quote}{inside}{quote}"
        lenient = f"(?:{closed}{rest}|{bare})"
        # A trailing escape character would swallow the line end, which is inside the quotes then.
        tail = inside if form.escape == form.quote else f"{inside}{_quoted(form.escape)}?+"
        return cls(
            strict=f"(?s)^(?:{closed}|{bare})(?:{delimiter}(?:{closed}|{bare}))*+$",
            open_after_closed=f"(?s)^(?:{lenient}{delimiter})*+{quote}{tail}$",
            field=f"(?s){delimiter}({closed}|{bare})",
            escaped=f"(?s){_quoted(form.escape)}(.)",
            odd_escape=f"(?s){_quoted(form.escape)}[^{_in_class(form.quote + form.escape)}]",
            open_after_open=f"(?s)^{inside}(?:{quote}{rest}{delimiter}(?:{lenient}{delimiter})*+{quote}{tail})?+$",
        )


def _quoted(text: str) -> str:
    return (
        re.sub(r"([^0-9A-Za-z_])", r"\\\1", text) if text.isprintable() else "".join(f"\\x{{{ord(c):x}}}" for c in text)
    )


def _in_class(characters: str) -> str:
    return "".join(_quoted(character) for character in dict.fromkeys(characters))
