"""From events to versions, and from versions to the few rows of the dimension that must be written.

Reads `lake_touched` (keys, and the batch each is counted for), leaves the dimension as the events of those keys say.
"""

from lake_platform.warehouse.expressions import any_differs, differs, listed, version_key
from lake_platform.warehouse.names import quote
from lake_platform.warehouse.scd2_history import History
from lake_platform.warehouse.table import TableColumn

VALID_TO = TableColumn("valid_to", "TIMESTAMP")
OPENED_BY = TableColumn("_partition", "VARCHAR(32)")

COUNT_CHANGES = """SELECT _batch,
  SUM(CASE WHEN _act = 'I' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'U' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'C' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'D' THEN 1 ELSE 0 END)
FROM lake_changes
GROUP BY _batch"""
"""I: a new version. C: an open version that ends. U: another change in place. D: a version that goes."""


def render_unchanged(history: History) -> str:
    """Counts, by batch, the touched keys for which nothing is to be written."""
    keys = listed(history.key_names)
    return f"""SELECT t._batch, COUNT(*)
FROM lake_touched AS t
LEFT JOIN (
  SELECT {keys}
  FROM lake_changes
  GROUP BY {keys}
) AS c ON {history.at("c", "t")}
WHERE {history.some_key("c")} IS NULL
GROUP BY t._batch"""


def render_versions(history: History, facts: str) -> tuple[str, ...]:
    """`lake_versions`, folded from `facts`: a query that gives one upsert (U) or delete (D) per touched key and instant.

    Consecutive upserts with equal tracked columns are one version: it begins with the first of them and has the
    untracked columns of the last.
    """
    keys, attributes = listed(history.key_names), listed(history.attribute_names)
    in_order = f"(PARTITION BY {keys} ORDER BY _effective_at)"
    before = "".join(
        f",\n          LAG({quote(column.name)}) OVER {in_order} AS _before_{place}"
        for place, column in enumerate(history.tracked)
    )
    changed = any_differs(
        [(quote(column.name), f"_before_{place}", column) for place, column in enumerate(history.tracked)]
    )
    return (
        f"""CREATE TEMP TABLE lake_versions AS
SELECT {keys}, {attributes}, valid_from, valid_to, _partition
FROM (
  SELECT {keys}, {attributes}, _op, valid_from, valid_to, _last,
    FIRST_VALUE(_partition) OVER (
      PARTITION BY {keys}, valid_from ORDER BY _effective_at
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS _partition
  FROM (
    SELECT {keys}, {attributes}, _op, _partition, _effective_at,
      MAX(CASE WHEN _first = 1 THEN _effective_at END) OVER (
        PARTITION BY {keys} ORDER BY _effective_at ROWS UNBOUNDED PRECEDING
      ) AS valid_from,
      LEAD(_effective_at) OVER {in_order} AS valid_to,
      LEAD(_first) OVER {in_order} AS _last
    FROM (
      SELECT {keys}, {attributes}, _op, _partition, _effective_at,
        CASE
          WHEN _op = 'D' OR _op_before IS NULL OR _op_before = 'D' THEN 1
          WHEN {changed} THEN 1
          ELSE 0
        END AS _first
      FROM (
        SELECT {keys}, {attributes}, _op, _partition, _effective_at,
          LAG(_op) OVER {in_order} AS _op_before{before}
        FROM (
{facts}
        ) AS facts
      ) AS with_before
    ) AS with_first
  ) AS with_bounds
) AS with_opener
WHERE _op = 'U' AND (_last = 1 OR _last IS NULL)""",
        "ANALYZE lake_versions",
    )


def render_changes(history: History) -> tuple[str, ...]:
    """`lake_changes`: what differs between `lake_versions` and the dimension's rows of the touched keys."""
    keys, attributes, at = history.key_names, history.attribute_names, history.at
    compared = (*history.attributes, VALID_TO, OPENED_BY)
    return (
        f"""CREATE TEMP TABLE lake_found AS
SELECT {listed(keys, "d")}, {listed(attributes, "d")}, d.valid_from, d.valid_to, d._partition
FROM {history.table.sql} AS d
JOIN lake_touched AS t ON {at("d", "t")}""",
        "ANALYZE lake_found",
        f"""CREATE TEMP TABLE lake_changes AS
SELECT {listed(keys, "v")}, {listed(attributes, "v")}, v.valid_from, v.valid_to, v._partition, t._batch,
  CASE
    WHEN f.valid_from IS NULL THEN 'I'
    WHEN f.valid_to IS NULL AND v.valid_to IS NOT NULL THEN 'C'
    ELSE 'U'
  END AS _act
FROM lake_versions AS v
JOIN lake_touched AS t ON {at("t", "v")}
LEFT JOIN lake_found AS f ON {at("f", "v")} AND f.valid_from = v.valid_from
WHERE f.valid_from IS NULL
   OR {differs("f", "v", compared)}""",
        f"""INSERT INTO lake_changes ({listed(keys)}, valid_from, _batch, _act)
SELECT {listed(keys, "f")}, f.valid_from, t._batch, 'D'
FROM lake_found AS f
JOIN lake_touched AS t ON {at("t", "f")}
LEFT JOIN lake_versions AS v ON {at("v", "f")} AND v.valid_from = f.valid_from
WHERE v.valid_from IS NULL""",
        "ANALYZE lake_changes",
    )


def render_delete(history: History) -> str:
    """Takes out the versions that are no more."""
    return (
        f"DELETE FROM {history.table.sql}\nUSING lake_changes\nWHERE lake_changes._act = 'D'\n  AND {_version(history)}"
    )


def render_update(history: History) -> str:
    """Changes versions in place: their end, their untracked columns."""
    values = ",\n  ".join(f"{quote(name)} = lake_changes.{quote(name)}" for name in history.attribute_names)
    return (
        f"UPDATE {history.table.sql}\n"
        f"SET {values + ',' if values else ''}\n  valid_to = lake_changes.valid_to,\n"
        "  is_current = (lake_changes.valid_to IS NULL),\n  _partition = lake_changes._partition\n"
        f"FROM lake_changes\nWHERE lake_changes._act IN ('U', 'C')\n  AND {_version(history)}"
    )


def render_insert(history: History) -> str:
    """Puts in the new versions."""
    names = history.produced_names
    return (
        f"INSERT INTO {history.table.sql} ({listed(names)}, valid_from, valid_to, is_current, version_key, _partition)\n"
        f"SELECT {listed(names, 'c')}, c.valid_from, c.valid_to, (c.valid_to IS NULL),\n"
        f"  {version_key(history.keys, 'c', 'c.valid_from')}, c._partition\n"
        "FROM lake_changes AS c\nWHERE c._act = 'I'"
    )


def render_end() -> tuple[str, ...]:
    """Drops what the fold made, `lake_touched` included."""
    return tuple(f"DROP TABLE {name}" for name in ("lake_changes", "lake_found", "lake_versions", "lake_touched"))


def _version(history: History) -> str:
    return (
        f"{history.at(history.table.bare, 'lake_changes')}\n"
        f"  AND {history.table.bare}.valid_from = lake_changes.valid_from"
    )
