"""Snapshots in any order: the events as an encoding of what every snapshot says of every key. SQL text only.

Think of a matrix, key by snapshot, whose cells say U (with attributes), A (absent) or ? (unknown). `<table>__events` holds
of each key only the cells that differ from the one before; before its first event a key is A. Putting a snapshot into the
matrix, replacing one or taking one out changes the encoding in two places at most: at the snapshot itself, and at the
next one that was applied, whose cell must say what it said. Only keys whose cell changes are looked at.

`lake_at` holds the snapshot: `_partition`, `_effective_at`, the next applied one (`_next_partition`, `_next_at`), whether
it `closes`, and `_open_from`: the first of the snapshots before it, without a gap, that close nothing.
"""

from lake_platform.warehouse.expressions import differs, listed
from lake_platform.warehouse.names import quote
from lake_platform.warehouse.scd2_history import History

AT = """CREATE TEMP TABLE lake_at (
  _partition VARCHAR(32),
  _effective_at TIMESTAMP,
  _next_partition VARCHAR(32),
  _next_at TIMESTAMP,
  _open_from TIMESTAMP,
  closes BOOLEAN
)"""
INSERT_AT = """INSERT INTO lake_at (_partition, _effective_at, _next_partition, _next_at, _open_from, closes)
VALUES (%s, %s, %s, %s, %s, %s)"""


def render_log(history: History) -> str:
    """`lake_log` collects touched keys over several snapshots, for one fold of them all."""
    keys = ", ".join(f"{quote(column.name)} {column.type}" for column in history.keys)
    return f"CREATE TEMP TABLE lake_log ({keys}, _partition VARCHAR(32))"


def render_touched(history: History) -> tuple[str, ...]:
    """`lake_touched` from the log."""
    keys = listed(history.key_names)
    return (
        f"CREATE TEMP TABLE lake_touched AS\nSELECT {keys}, MAX(_partition) AS _batch\nFROM lake_log\nGROUP BY {keys}",
        "ANALYZE lake_touched",
        "DROP TABLE lake_log",
    )


def render_probe(history: History) -> str:
    """How many keys the staged snapshot states more than once."""
    return f"""SELECT COUNT(*)
FROM (
  SELECT {listed(history.key_names, "s")}
  {_staged(history, indent="  ")}
  GROUP BY {listed(history.key_names, "s")}
  HAVING COUNT(*) > 1
) AS special"""


def render_stated(history: History, *, once: bool) -> tuple[str, ...]:
    """`lake_stated`: what the staged snapshot says, one row per key; `once`, where none is stated twice.

    Where files disagree the highest rank counts, and a row is worth more than a marker that one could not be read.
    """
    names = history.produced_names
    if once:
        query = f"SELECT {listed(names, 's')}, s._op\n{_staged(history)}"
    else:
        content = "".join(f", s.{quote(name)} DESC" for name in history.attribute_names)
        query = f"""SELECT {listed(names)}, _op
FROM (
  SELECT {listed(names, "s")}, s._op,
    ROW_NUMBER() OVER (
      PARTITION BY {listed(history.key_names, "s")}
      ORDER BY CASE WHEN s._op = 'U' THEN 0 ELSE 1 END, s._file_time DESC, s._file DESC, s._row DESC{content}
    ) AS _place
  {_staged(history, indent="  ")}
) AS placed
WHERE _place = 1"""
    return (f"CREATE TEMP TABLE lake_stated AS\n{query}", "ANALYZE lake_stated")


def render_edit(history: History) -> tuple[str, ...]:
    """`lake_edit`: the keys whose cell at the snapshot changes, and what it says now."""
    keys, names = history.key_names, history.produced_names
    return (
        *_render_held(history, "lake_held", "e._effective_at <= a._effective_at", "lake_stated"),
        f"""CREATE TEMP TABLE lake_edit AS
SELECT {listed(names, "s")}, s._op
FROM lake_stated AS s
LEFT JOIN lake_held AS h ON {history.at("h", "s")}
WHERE h._op IS NULL
   OR {_other(history, "h", "s")}""",
        f"""INSERT INTO lake_edit ({listed(keys)}, _op)
SELECT {listed(keys, "h")}, 'A'
FROM lake_held AS h
LEFT JOIN lake_stated AS s ON {history.at("s", "h")}
WHERE s._op IS NULL AND h._op <> 'A'""",
        "ANALYZE lake_edit",
        "DROP TABLE lake_stated",
    )


def render_withdrawal(history: History) -> tuple[str, ...]:
    """`lake_edit` of a snapshot that is taken out: its cells say what those before them say."""
    keys, attributes = history.key_names, history.attribute_names
    return (
        f"""CREATE TEMP TABLE lake_held AS
SELECT {listed((*keys, *attributes), "e")}, e._op
FROM {history.events.sql} AS e
JOIN lake_at AS a ON e._effective_at = a._effective_at""",
        "ANALYZE lake_held",
        *_render_held(history, "lake_prior", "e._effective_at < a._effective_at", "lake_held"),
        f"""CREATE TEMP TABLE lake_edit AS
SELECT {listed(keys, "h")}, {listed(attributes, "p")}, CASE WHEN p._op IS NULL THEN 'A' ELSE p._op END AS _op
FROM lake_held AS h
LEFT JOIN lake_prior AS p ON {history.at("p", "h")}""",
        "ANALYZE lake_edit",
        "DROP TABLE lake_prior",
    )


def render_splice(history: History) -> tuple[str, ...]:
    """Writes `lake_edit` into the events, and its keys into the log."""
    keys, names, events = history.key_names, history.produced_names, history.events
    kept = f"{listed(history.attribute_names, 'h')}, CASE WHEN h._op IS NULL THEN 'A' ELSE h._op END"
    return (
        # The cell at the next snapshot stays what it was: where nothing is written there, it is what was held until now.
        f"""CREATE TEMP TABLE lake_next AS
SELECT {listed(keys, "c")}, {kept} AS _op
FROM lake_edit AS c
CROSS JOIN lake_at AS a
LEFT JOIN lake_held AS h ON {history.at("h", "c")}
LEFT JOIN {events.sql} AS n ON {history.at("n", "c")} AND n._effective_at = a._next_at
WHERE a._next_at IS NOT NULL AND n._op IS NULL""",
        f"""DELETE FROM {events.sql}
USING lake_edit, lake_at
WHERE {history.at(events.bare, "lake_edit")}
  AND {events.bare}._effective_at = lake_at._effective_at""",
        f"""DELETE FROM {events.sql}
USING lake_edit, lake_at
WHERE {history.at(events.bare, "lake_edit")}
  AND {events.bare}._effective_at = lake_at._next_at
  AND CASE WHEN {_other(history, events.bare, "lake_edit")} THEN 1 ELSE 0 END = 0""",
        f"""INSERT INTO {events.sql} ({listed(names)}, _op, _effective_at, _partition)
SELECT {listed(names, "n")}, n._op, a._next_at, a._next_partition
FROM lake_next AS n
CROSS JOIN lake_at AS a""",
        "DROP TABLE lake_next",
        "DROP TABLE lake_held",
        *_render_held(history, "lake_held", "e._effective_at < a._effective_at", "lake_edit"),
        f"""INSERT INTO {events.sql} ({listed(names)}, _op, _effective_at, _partition)
SELECT {listed(names, "c")}, c._op, a._effective_at, a._partition
FROM lake_edit AS c
CROSS JOIN lake_at AS a
LEFT JOIN lake_held AS h ON {history.at("h", "c")}
WHERE (h._op IS NULL AND c._op <> 'A')
   OR (h._op IS NOT NULL AND {_other(history, "h", "c")})""",
        f"""INSERT INTO lake_log ({listed(keys)}, _partition)
SELECT {listed(keys, "c")}, a._partition
FROM lake_edit AS c
CROSS JOIN lake_at AS a""",
        # Whether this snapshot closes decides when a key that is absent since one that closes nothing was deleted. The
        # events of a snapshot that is said again are folded anew: which columns are tracked may have changed.
        f"""INSERT INTO lake_log ({listed(keys)}, _partition)
SELECT {listed(keys, "e")}, a._partition
FROM {events.sql} AS e
JOIN lake_at AS a ON e._effective_at >= a._open_from AND e._effective_at <= a._effective_at
WHERE e._op = 'A' OR e._effective_at = a._effective_at""",
        "DROP TABLE lake_held",
        "DROP TABLE lake_edit",
        "DROP TABLE lake_at",
    )


def render_facts(history: History) -> str:
    """Upserts and deletes of the touched keys: an absence deletes at the first snapshot of its run that closes."""
    keys, attributes = history.key_names, history.attribute_names
    if not history.absent_closes:
        return f"""          SELECT {listed((*keys, *attributes), "e")}, e._op, e._effective_at, e._partition
          FROM {history.events.sql} AS e
          JOIN lake_touched AS t ON {history.at("t", "e")}
          WHERE e._op = 'U'"""
    return f"""          SELECT {listed((*keys, *attributes), "r")}, r._partition,
            CASE WHEN r._op = 'A' THEN 'D' ELSE 'U' END AS _op,
            CASE WHEN r._op = 'A' THEN c._closes_at ELSE r._effective_at END AS _effective_at
          FROM (
            SELECT {listed((*keys, *attributes), "e")}, e._op, e._effective_at, e._partition,
              LEAD(e._effective_at) OVER (PARTITION BY {listed(keys, "e")} ORDER BY e._effective_at) AS _until
            FROM {history.events.sql} AS e
            JOIN lake_touched AS t ON {history.at("t", "e")}
          ) AS r
          LEFT JOIN (
            SELECT as_of,
              MIN(CASE WHEN closes THEN as_of END) OVER (
                ORDER BY as_of ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
              ) AS _closes_at
            FROM {history.ledger.sql}
            WHERE NOT withdrawn
          ) AS c ON c.as_of = r._effective_at
          WHERE r._op = 'U'
             OR (r._op = 'A' AND c._closes_at IS NOT NULL AND (r._until IS NULL OR c._closes_at < r._until))"""


def _staged(history: History, *, indent: str = "") -> str:
    return (
        f"FROM {history.staging.sql} AS s\n{indent}JOIN lake_at AS a ON a._partition = s._partition\n"
        f"{indent}WHERE s._op IN ('U', '?')"
    )


def _render_held(history: History, name: str, until: str, of: str) -> tuple[str, ...]:
    """The last statement of each key up to a moment: the event where its run began. `of` is what to be limited to."""
    keys, attributes = history.key_names, history.attribute_names
    limited = f"\n  JOIN {of} AS o ON {history.at('o', 'e')}" if of != "lake_stated" else ""
    return (
        f"""CREATE TEMP TABLE {name} AS
SELECT {listed((*keys, *attributes), "e")}, e._op
FROM {history.events.sql} AS e
JOIN (
  SELECT {listed(keys, "e")}, MAX(e._effective_at) AS _began
  FROM {history.events.sql} AS e
  JOIN lake_at AS a ON {until}{limited}
  GROUP BY {listed(keys, "e")}
) AS b ON {history.at("b", "e")} AND b._began = e._effective_at""",
        f"ANALYZE {name}",
    )


def _other(history: History, one: str, other: str) -> str:
    """Whether two statements differ. Those that are no upsert have no attributes."""
    return f"({one}._op <> {other}._op OR {differs(one, other, history.attributes)})"
