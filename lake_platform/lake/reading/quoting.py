"""Dialects that Python's csv module does not know: an escape character that counts inside quotes only, long delimiters."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Quoting:
    """How fields are told apart. A quote opens a field only at its beginning; what follows its end belongs to it still."""

    delimiter: str
    quote: str
    escape: str

    def ends_inside(self, line: str, *, inside: bool) -> bool:
        """Whether a line that begins inside quotes, or not, ends inside them."""
        at = 0
        while True:
            if inside or line.startswith(self.quote, at):
                at = self._closed(line, at if inside else at + 1)
                if at < 0:
                    return True
                inside = False
            at = line.find(self.delimiter, at)
            if at < 0:
                return False
            at += len(self.delimiter)

    def fields(self, record: str) -> Iterator[str]:
        """The fields of a whole record, without their quotes."""
        at = 0
        while True:
            quoted = record.startswith(self.quote, at)
            end = self._closed(record, at + 1) if quoted else at
            stop = len(record) if end < 0 else record.find(self.delimiter, end)
            text = record[at : len(record) if stop < 0 else stop]
            yield self._plain(text) if quoted else text
            if end < 0 or stop < 0:
                return
            at = stop + len(self.delimiter)

    def _closed(self, line: str, at: int) -> int:
        """The place behind the quote that closes; -1 where none does."""
        while True:
            quote, escape = line.find(self.quote, at), line.find(self.escape, at)
            if quote < 0:
                return -1
            doubled = self.escape == self.quote and line.startswith(self.quote, quote + 1)
            if not doubled and (escape < 0 or quote <= escape):
                return quote + 1
            at = (quote if doubled else escape) + 2

    def _plain(self, quoted: str) -> str:
        """Without the quotes and the escapes; what follows the closing quote is taken as it stands."""
        end = self._closed(quoted, 1)
        inside, rest = (quoted[1:], "") if end < 0 else (quoted[1 : end - 1], quoted[end:])
        plain, at = "", 0
        while at < len(inside):
            at += 1 if inside[at] == self.escape else 0
            plain += inside[at : at + 1]
            at += 1
        return plain + rest
