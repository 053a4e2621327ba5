"""A snapshot that is later than all before it, the daily case: no windows. SQL text only.

What a key's last statement was is told by the dimension: its current row, or A where it has none. Only the keys in
`lake_unsettled` are otherwise: their last statement is ? or an absence that no snapshot has closed yet.
"""

from lake_platform.warehouse.expressions import differs, listed, version_key
from lake_platform.warehouse.names import quote
from lake_platform.warehouse.scd2_history import History

COUNT = """SELECT
  SUM(CASE WHEN _act IN ('N', 'C') THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'T' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act IN ('C', 'D') THEN 1 ELSE 0 END)
FROM lake_edit"""
"""N: a new key or one that is back. C: other tracked columns. T: other untracked ones. D: gone. S: only a statement."""


def render_first(history: History) -> tuple[str, ...]:
    """The first snapshot: all its keys are new."""
    names = history.produced_names
    return (
        _insert_events(history, "lake_stated", "TRUE"),
        f"""INSERT INTO {history.table.sql} ({listed(names)}, valid_from, valid_to, is_current, version_key, _partition)
SELECT {listed(names, "s")}, a._effective_at, NULL, TRUE,
  {version_key(history.keys, "s", "a._effective_at")}, a._partition
FROM lake_stated AS s
CROSS JOIN lake_at AS a
WHERE s._op = 'U'""",
        *render_end("lake_stated", "lake_at"),
    )


def render_forward(history: History) -> tuple[str, ...]:
    """`lake_edit`: what the snapshot says that was not known."""
    keys, names, at = history.key_names, history.produced_names, history.at
    table, events, d = history.table.sql, history.events.sql, history.some_key("d")
    return (
        f"""CREATE TEMP TABLE lake_unsettled AS
SELECT {listed(keys, "e")}, e._op
FROM {events} AS e
JOIN (
  SELECT {listed(keys, "e")}, MAX(e._effective_at) AS _began
  FROM {events} AS e
  JOIN (
    SELECT {listed(keys, "e")}
    FROM {events} AS e
    CROSS JOIN lake_at AS a
    WHERE {_unsettled()}
    GROUP BY {listed(keys, "e")}
  ) AS u ON {at("u", "e")}
  GROUP BY {listed(keys, "e")}
) AS b ON {at("b", "e")} AND b._began = e._effective_at
CROSS JOIN lake_at AS a
WHERE {_unsettled()}""",
        "ANALYZE lake_unsettled",
        f"""CREATE TEMP TABLE lake_edit AS
SELECT {listed(names, "s")}, s._op, 1 AS _told,
  CASE
    WHEN s._op = '?' THEN 'S'
    WHEN {d} IS NULL THEN 'N'
    WHEN {differs("d", "s", history.tracked)} THEN 'C'
    WHEN {differs("d", "s", history.untracked)} THEN 'T'
    ELSE 'S'
  END AS _act
FROM lake_stated AS s
LEFT JOIN {table} AS d ON {at("d", "s")} AND d.is_current
LEFT JOIN lake_unsettled AS u ON {at("u", "s")}
WHERE (s._op = '?' AND (u._op IS NULL OR u._op <> '?'))
   OR (s._op = 'U' AND (u._op IS NOT NULL OR {d} IS NULL OR {differs("d", "s", history.attributes)}))""",
        f"""INSERT INTO lake_edit ({listed(keys)}, _op, _told, _act)
SELECT {listed(keys, "d")}, 'A', CASE WHEN u._op = 'A' THEN 0 ELSE 1 END, CASE WHEN a.closes THEN 'D' ELSE 'S' END
FROM {table} AS d
CROSS JOIN lake_at AS a
LEFT JOIN lake_stated AS s ON {at("s", "d")}
LEFT JOIN lake_unsettled AS u ON {at("u", "d")}
WHERE d.is_current AND s._op IS NULL""",
        f"""INSERT INTO lake_edit ({listed(keys)}, _op, _told, _act)
SELECT {listed(keys, "u")}, 'A', 1, 'S'
FROM lake_unsettled AS u
LEFT JOIN {table} AS d ON {at("d", "u")} AND d.is_current
LEFT JOIN lake_stated AS s ON {at("s", "u")}
WHERE u._op = '?' AND {d} IS NULL AND s._op IS NULL""",
        "ANALYZE lake_edit",
        _insert_events(history, "lake_edit", "s._told = 1"),
    )


def render_write(history: History) -> tuple[str, ...]:
    """The dimension from `lake_edit`: ends, other untracked columns, new versions."""
    table, names = history.table, history.produced_names
    current = f"{history.at(table.bare, 'lake_edit')}\n  AND {table.bare}.is_current"
    untracked = ",\n  ".join(f"{quote(each.name)} = lake_edit.{quote(each.name)}" for each in history.untracked)
    overwrite = f"UPDATE {table.sql}\nSET {untracked}\nFROM lake_edit\nWHERE lake_edit._act = 'T'\n  AND {current}"
    return (
        f"""UPDATE {table.sql}
SET valid_to = lake_at._effective_at,
  is_current = FALSE
FROM lake_edit, lake_at
WHERE lake_edit._act IN ('C', 'D')
  AND {current}""",
        *((overwrite,) if untracked else ()),
        f"""INSERT INTO {table.sql} ({listed(names)}, valid_from, valid_to, is_current, version_key, _partition)
SELECT {listed(names, "c")}, a._effective_at, NULL, TRUE,
  {version_key(history.keys, "c", "a._effective_at")}, a._partition
FROM lake_edit AS c
CROSS JOIN lake_at AS a
WHERE c._act IN ('N', 'C')""",
        *render_end("lake_edit", "lake_unsettled", "lake_stated", "lake_at"),
    )


def render_end(*tables: str) -> tuple[str, ...]:
    """Drops temporary tables."""
    return tuple(f"DROP TABLE {name}" for name in tables)


def _unsettled() -> str:
    return "(e._op = '?' OR (e._op = 'A' AND e._effective_at >= a._open_from))"


def _insert_events(history: History, source: str, condition: str) -> str:
    names = history.produced_names
    return f"""INSERT INTO {history.events.sql} ({listed(names)}, _op, _effective_at, _partition)
SELECT {listed(names, "s")}, s._op, a._effective_at, a._partition
FROM {source} AS s
CROSS JOIN lake_at AS a
WHERE {condition}"""
