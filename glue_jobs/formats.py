"""How the bytes of the files are read, as the jobs use it."""

from dataclasses import dataclass
from typing import Any, cast

from glue_jobs.errors import FormatError

_ASCII_SUPERSETS = ("utf-8", "us-ascii", "iso-8859-", "windows-", "koi8-", "latin", "cp125")
_PYTHON_TO_JAVA = {
    "latin-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "ascii": "us-ascii",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
}


@dataclass(frozen=True)
class TextFormat:
    """`arrives.format` of a contract. Lines end with LF, CRLF or CR, also mixed within one file."""

    kind: str = "csv"
    header: bool = True
    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    encoding: str = "utf-8"
    nulls: tuple[str, ...] = ("",)
    multiline: bool = True
    skip: int = 0
    footer: int = 0
    comment: str | None = None
    decimal: str = "."
    thousands: str | None = None

    @property
    def charset(self) -> str:
        """The encoding by the name that Java knows."""
        lowered = self.encoding.lower().replace("_", "-")
        if lowered.startswith("cp125"):
            return "windows-" + lowered.removeprefix("cp")
        return _PYTHON_TO_JAVA.get(lowered, lowered)

    @property
    def splits_at_bytes(self) -> bool:
        """Whether the byte of a line feed means a line feed everywhere; not so in UTF-16 and UTF-32."""
        return self.charset.startswith(_ASCII_SUPERSETS)

    @classmethod
    def of(cls, settings: dict[str, object]) -> "TextFormat":
        """The format of a request.

        Raises:
            FormatError: a setting is unknown or cannot be read by the jobs.
        """
        known = cls.__dataclass_fields__
        for setting in settings:
            if setting not in known:
                raise FormatError(setting, settings[setting], "the jobs know no such setting")
        values = cast("dict[str, Any]", dict(settings))
        if isinstance(values.get("nulls"), list):
            values["nulls"] = tuple(values["nulls"])
        made = cls(**values)
        if made.kind not in ("csv", "json", "parquet"):
            raise FormatError("kind", made.kind, "use csv, json or parquet")
        for setting in ("quote", "escape"):
            if len(values.get(setting, '"')) != 1:
                raise FormatError(setting, values[setting], "use one character")
        return made
