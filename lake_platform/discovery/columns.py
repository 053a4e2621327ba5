"""One column: every value is seen once, and what all of them have in common is kept with its evidence."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from lake_platform.discovery.kinds import DAY_OR_MONTH, KINDS, NAMED, NULLISH, NUMBERS, named_pattern, two_first_pattern
from lake_platform.discovery.places import Place

MAX_DISTINCT = 10_000
"""Distinct values that are counted; beyond it is only known that there are more."""
MAX_UNIQUE = 3_000_000
"""Values that are remembered to find the first one that comes twice."""
MAX_SHAPES = 200
_LONGEST_SHAPE = 64
_SHAPE = str.maketrans("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "9" * 10 + "A" * 26 + "a" * 26)


@dataclass
class ColumnScan:
    """What is known of a column so far.

    Attributes:
        present: values that are neither absent nor an empty text.
        empty: absent ones and empty texts.
        fits: the kinds that all values have been so far, spellings of NULL left out.
        ended: for each other kind the first value that is none of it.
        nullish: spellings that may mean NULL: how often, and the first place.
        repeated: the first value that came twice.
        integer_digits, fraction_digits: the most that a number has.
        grouped_fraction: whether a number has a mark between groups of digits and a decimal mark.
        words: the spellings of booleans.
        dates: the spellings of dates that are not ISO, each with a value.
        padded: the first text with spaces around it.
    """

    name: str
    present: int = 0
    empty: int = 0
    fits: list[str] = field(default_factory=lambda: list(KINDS))
    ended: dict[str, Place] = field(default_factory=dict[str, Place])
    nullish: dict[str, tuple[int, Place]] = field(default_factory=dict[str, tuple[int, Place]])
    example: Place | None = None
    repeated: Place | None = None
    values: Counter[str] = field(default_factory=Counter[str])
    many: bool = False
    shapes: Counter[str] = field(default_factory=Counter[str])
    shapeless: bool = False
    max_bytes: int = 0
    longest: Place | None = None
    integer_digits: int = 0
    fraction_digits: int = 0
    smallest: str | None = None
    largest: str | None = None
    words: set[str] = field(default_factory=set[str])
    dates: dict[str, str] = field(default_factory=dict[str, str])
    grouped_fraction: bool = False
    padded: Place | None = None
    email: int = 0
    _seen: set[int] | None = field(default_factory=set[int])
    _low: Decimal | None = None
    _high: Decimal | None = None

    @property
    def rows(self) -> int:
        """Records that were seen."""
        return self.present + self.empty

    @property
    def unique(self) -> bool:
        """Whether no value came twice; False where there were too many to know."""
        return self._seen is not None and self.repeated is None and self.present > 0

    @property
    def completeness(self) -> float:
        """Share of records with a value; 1.0 of none."""
        return self.present / self.rows if self.rows else 1.0

    def add(self, text: str | None, file: str, record: int) -> None:
        """The next value; None where the record has none."""
        if text is None or text == "":
            self.empty += 1
            return
        self.present += 1
        self._count(text, file, record)
        size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        if size > self.max_bytes:
            self.max_bytes, self.longest = size, Place(text, file, record)
        if text in NULLISH:
            number, place = self.nullish.get(text, (0, None))
            self.nullish[text] = (number + 1, place or Place(text, file, record))
            return
        if self.example is None:
            self.example = Place(text, file, record)
        bare = text.strip(" \t\r\n")
        if bare is not text and bare != text and self.padded is None:
            self.padded = Place(text, file, record)
        if self.fits:
            self._narrow(bare, text, file, record)
        self._measure(text, bare)

    def _narrow(self, bare: str, text: str, file: str, record: int) -> None:
        for kind in [kind for kind in self.fits if not KINDS[kind](bare)]:
            self.fits.remove(kind)
            self.ended[kind] = Place(text, file, record)

    def _count(self, text: str, file: str, record: int) -> None:
        if self._seen is not None:
            key = hash(text)
            if key in self._seen:
                self.repeated, self._seen = Place(text, file, record), None
            elif len(self._seen) >= MAX_UNIQUE:
                self._seen = None
            else:
                self._seen.add(key)
        if text in self.values:
            self.values[text] += 1
        elif len(self.values) < MAX_DISTINCT:
            self.values[text] = 1
        else:
            self.many = True

    def _measure(self, text: str, bare: str) -> None:
        if "@" in text and "." in text.rpartition("@")[2]:
            self.email += 1
        if self.fits:
            self._measure_typed(bare)
        if not self.shapeless:
            self._shape(text)

    def _measure_typed(self, bare: str) -> None:
        if "boolean" in self.fits:
            self.words.add(bare.lower())
        if DAY_OR_MONTH & set(self.fits):
            self.dates.setdefault(two_first_pattern(bare, day_first=True), bare)
        elif NAMED in self.fits:
            self.dates.setdefault(named_pattern(bare), bare)
        plain = as_plain_number(bare, comma=not {"float", "grouped number"} & set(self.fits))
        if plain is None:
            self.smallest = bare if self.smallest is None else min(self.smallest, bare)
            self.largest = bare if self.largest is None else max(self.largest, bare)
            return
        if "." in bare and "," in bare:
            self.grouped_fraction = True
        self.integer_digits = max(self.integer_digits, len(str(abs(int(plain)))))
        self.fraction_digits = max(self.fraction_digits, -int(plain.as_tuple().exponent))
        if self._low is None or plain < self._low:
            self._low, self.smallest = plain, bare
        if self._high is None or plain > self._high:
            self._high, self.largest = plain, bare

    @property
    def low(self) -> Decimal | None:
        """The smallest number, where all values are numbers."""
        return self._low if NUMBERS & set(self.fits) else None

    def _shape(self, text: str) -> None:
        shape = shape_of(text)
        if shape not in self.shapes and len(self.shapes) >= MAX_SHAPES:
            self.shapeless = True
            self.shapes.clear()
        else:
            self.shapes[shape] += 1


def shape_of(text: str) -> str:
    """The text with every letter as A or a and every digit as 9; of a long text only that it is long."""
    return text.translate(_SHAPE) if len(text) <= _LONGEST_SHAPE else "…"


def as_plain_number(text: str, *, comma: bool) -> Decimal | None:
    """The number that a text spells, or None."""
    plain = text.replace(".", "").replace(",", ".") if comma else text.replace(",", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
