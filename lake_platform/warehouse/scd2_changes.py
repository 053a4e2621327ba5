"""Changes: each batch replaces its own events, then the touched keys are folded anew. SQL text only."""

from lake_platform.warehouse.expressions import listed, version_key
from lake_platform.warehouse.names import quote
from lake_platform.warehouse.scd2_history import History
from lake_platform.warehouse.table import RANK


def render_probe(history: History) -> str:
    """Whether the staged batches may go into an empty dimension as they are: no key twice, no delete."""
    return f"""SELECT COUNT(*)
FROM (
  SELECT {listed(history.key_names, "s")}
  FROM {history.staging.sql} AS s
  JOIN lake_batches AS b ON b._partition = s._partition
  WHERE s._op IN ('U', 'D')
  GROUP BY {listed(history.key_names, "s")}
  HAVING COUNT(*) > 1 OR MIN(s._op) = 'D'
) AS special"""


def render_first(history: History) -> tuple[str, ...]:
    """The first load: every event is a version of its own, open and current."""
    keys = history.produced_names
    return (
        _insert_events(history),
        f"""INSERT INTO {history.table.sql} ({listed(keys)}, valid_from, valid_to, is_current, version_key, _partition)
SELECT {listed(keys, "s")}, {_effective(history)}, NULL, TRUE,
  {version_key(history.keys, "s", _effective(history))}, s._partition
{_staged(history)}""",
    )


def render_events(history: History) -> tuple[str, ...]:
    """Replaces the events of the batches; `lake_touched` has their keys, of before and of now."""
    keys = listed(history.key_names)
    return (
        f"""CREATE TEMP TABLE lake_touched AS
SELECT {keys}, MAX(_partition) AS _batch
FROM (
  SELECT {listed(history.key_names, "e")}, e._partition
  FROM {history.events.sql} AS e
  JOIN lake_batches AS b ON b._partition = e._partition
  UNION ALL
  SELECT {listed(history.key_names, "s")}, s._partition
  {_staged(history, indent="  ")}
) AS said
GROUP BY {keys}""",
        "ANALYZE lake_touched",
        f"""DELETE FROM {history.events.sql}
USING lake_batches
WHERE {history.events.bare}._partition = lake_batches._partition""",
        _insert_events(history),
    )


def render_facts(history: History) -> str:
    """Of each touched key and instant the event that counts: the highest rank, delete over upsert, then by content."""
    keys, attributes = history.key_names, history.attribute_names
    rank = "".join(f"e.{name} DESC, " for name in RANK)
    content = "".join(f", e.{quote(name)} DESC" for name in attributes)
    return f"""          SELECT {listed((*keys, *attributes))}, _op, _effective_at, _partition
          FROM (
            SELECT {listed((*keys, *attributes), "e")}, e._op, e._effective_at, e._partition,
              ROW_NUMBER() OVER (
                PARTITION BY {listed(keys, "e")}, e._effective_at
                ORDER BY {rank}e._op{content}, e._partition DESC
              ) AS _place
            FROM {history.events.sql} AS e
            JOIN lake_touched AS t ON {history.at("t", "e")}
          ) AS placed
          WHERE _place = 1"""


def _insert_events(history: History) -> str:
    names = history.produced_names
    return f"""INSERT INTO {history.events.sql} ({listed(names)}, _op, _effective_at, _partition, {", ".join(RANK)})
SELECT {listed(names, "s")}, s._op, {_effective(history)}, s._partition, {", ".join(f"s.{name}" for name in RANK)}
{_staged(history)}"""


def _staged(history: History, *, indent: str = "") -> str:
    return (
        f"FROM {history.staging.sql} AS s\n{indent}JOIN lake_batches AS b ON b._partition = s._partition\n"
        f"{indent}WHERE s._op IN ('U', 'D')"
    )


def _effective(history: History) -> str:
    return f"CAST(s.{quote(history.effective)} AS TIMESTAMP)" if history.effective else "b.as_of"
