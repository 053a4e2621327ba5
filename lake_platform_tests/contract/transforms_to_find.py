"""Functions that `lake check` looks for. Whoever imports this module has imported too much."""

raise ImportError("a transform is read, not imported, where contracts are checked")


def plain(rows): ...


def nothing(): ...


def takes_countries(rows, countries): ...


def takes_all(rows, **inputs): ...


def by_keyword(rows, *, countries): ...


def optional(rows, countries=None, other=1): ...


assigned = takes_countries
