CREATE TEMP TABLE lake_log ("id" BIGINT, _partition VARCHAR(32));

CREATE TEMP TABLE lake_stated AS
SELECT "id", "name", "note", _op
FROM (
  SELECT s."id", s."name", s."note", s._op,
    ROW_NUMBER() OVER (
      PARTITION BY s."id"
      ORDER BY CASE WHEN s._op = 'U' THEN 0 ELSE 1 END, s._file_time DESC, s._file DESC, s._row DESC, s."name" DESC, s."note" DESC
    ) AS _place
  FROM "staging"."stg_things" AS s
  JOIN lake_at AS a ON a._partition = s._partition
  WHERE s._op IN ('U', '?')
) AS placed
WHERE _place = 1;

ANALYZE lake_stated;

CREATE TEMP TABLE lake_held AS
SELECT e."id", e."name", e."note", e._op
FROM "analytics"."dim_things__events" AS e
JOIN (
  SELECT e."id", MAX(e._effective_at) AS _began
  FROM "analytics"."dim_things__events" AS e
  JOIN lake_at AS a ON e._effective_at <= a._effective_at
  GROUP BY e."id"
) AS b ON b."id" = e."id" AND b._began = e._effective_at;

ANALYZE lake_held;

CREATE TEMP TABLE lake_edit AS
SELECT s."id", s."name", s."note", s._op
FROM lake_stated AS s
LEFT JOIN lake_held AS h ON h."id" = s."id"
WHERE h._op IS NULL
   OR (h._op <> s._op OR (h."name" <> s."name" OR (h."name" IS NULL AND s."name" IS NOT NULL) OR (h."name" IS NOT NULL AND s."name" IS NULL) OR LENGTH(h."name") <> LENGTH(s."name")
    OR h."note" <> s."note" OR (h."note" IS NULL AND s."note" IS NOT NULL) OR (h."note" IS NOT NULL AND s."note" IS NULL)));

INSERT INTO lake_edit ("id", _op)
SELECT h."id", 'A'
FROM lake_held AS h
LEFT JOIN lake_stated AS s ON s."id" = h."id"
WHERE s._op IS NULL AND h._op <> 'A';

ANALYZE lake_edit;

DROP TABLE lake_stated;

CREATE TEMP TABLE lake_next AS
SELECT c."id", h."name", h."note", CASE WHEN h._op IS NULL THEN 'A' ELSE h._op END AS _op
FROM lake_edit AS c
CROSS JOIN lake_at AS a
LEFT JOIN lake_held AS h ON h."id" = c."id"
LEFT JOIN "analytics"."dim_things__events" AS n ON n."id" = c."id" AND n._effective_at = a._next_at
WHERE a._next_at IS NOT NULL AND n._op IS NULL;

DELETE FROM "analytics"."dim_things__events"
USING lake_edit, lake_at
WHERE "dim_things__events"."id" = lake_edit."id"
  AND "dim_things__events"._effective_at = lake_at._effective_at;

DELETE FROM "analytics"."dim_things__events"
USING lake_edit, lake_at
WHERE "dim_things__events"."id" = lake_edit."id"
  AND "dim_things__events"._effective_at = lake_at._next_at
  AND CASE WHEN ("dim_things__events"._op <> lake_edit._op OR ("dim_things__events"."name" <> lake_edit."name" OR ("dim_things__events"."name" IS NULL AND lake_edit."name" IS NOT NULL) OR ("dim_things__events"."name" IS NOT NULL AND lake_edit."name" IS NULL) OR LENGTH("dim_things__events"."name") <> LENGTH(lake_edit."name")
    OR "dim_things__events"."note" <> lake_edit."note" OR ("dim_things__events"."note" IS NULL AND lake_edit."note" IS NOT NULL) OR ("dim_things__events"."note" IS NOT NULL AND lake_edit."note" IS NULL))) THEN 1 ELSE 0 END = 0;

INSERT INTO "analytics"."dim_things__events" ("id", "name", "note", _op, _effective_at, _partition)
SELECT n."id", n."name", n."note", n._op, a._next_at, a._next_partition
FROM lake_next AS n
CROSS JOIN lake_at AS a;

DROP TABLE lake_next;

DROP TABLE lake_held;

CREATE TEMP TABLE lake_held AS
SELECT e."id", e."name", e."note", e._op
FROM "analytics"."dim_things__events" AS e
JOIN (
  SELECT e."id", MAX(e._effective_at) AS _began
  FROM "analytics"."dim_things__events" AS e
  JOIN lake_at AS a ON e._effective_at < a._effective_at
  JOIN lake_edit AS o ON o."id" = e."id"
  GROUP BY e."id"
) AS b ON b."id" = e."id" AND b._began = e._effective_at;

ANALYZE lake_held;

INSERT INTO "analytics"."dim_things__events" ("id", "name", "note", _op, _effective_at, _partition)
SELECT c."id", c."name", c."note", c._op, a._effective_at, a._partition
FROM lake_edit AS c
CROSS JOIN lake_at AS a
LEFT JOIN lake_held AS h ON h."id" = c."id"
WHERE (h._op IS NULL AND c._op <> 'A')
   OR (h._op IS NOT NULL AND (h._op <> c._op OR (h."name" <> c."name" OR (h."name" IS NULL AND c."name" IS NOT NULL) OR (h."name" IS NOT NULL AND c."name" IS NULL) OR LENGTH(h."name") <> LENGTH(c."name")
    OR h."note" <> c."note" OR (h."note" IS NULL AND c."note" IS NOT NULL) OR (h."note" IS NOT NULL AND c."note" IS NULL))));

INSERT INTO lake_log ("id", _partition)
SELECT c."id", a._partition
FROM lake_edit AS c
CROSS JOIN lake_at AS a;

INSERT INTO lake_log ("id", _partition)
SELECT e."id", a._partition
FROM "analytics"."dim_things__events" AS e
JOIN lake_at AS a ON e._effective_at >= a._open_from AND e._effective_at <= a._effective_at
WHERE e._op = 'A' OR e._effective_at = a._effective_at;

DROP TABLE lake_held;

DROP TABLE lake_edit;

DROP TABLE lake_at;

CREATE TEMP TABLE lake_touched AS
SELECT "id", MAX(_partition) AS _batch
FROM lake_log
GROUP BY "id";

ANALYZE lake_touched;

DROP TABLE lake_log;

CREATE TEMP TABLE lake_versions AS
SELECT "id", "name", "note", valid_from, valid_to, _partition
FROM (
  SELECT "id", "name", "note", _op, valid_from, valid_to, _last,
    FIRST_VALUE(_partition) OVER (
      PARTITION BY "id", valid_from ORDER BY _effective_at
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS _partition
  FROM (
    SELECT "id", "name", "note", _op, _partition, _effective_at,
      MAX(CASE WHEN _first = 1 THEN _effective_at END) OVER (
        PARTITION BY "id" ORDER BY _effective_at ROWS UNBOUNDED PRECEDING
      ) AS valid_from,
      LEAD(_effective_at) OVER (PARTITION BY "id" ORDER BY _effective_at) AS valid_to,
      LEAD(_first) OVER (PARTITION BY "id" ORDER BY _effective_at) AS _last
    FROM (
      SELECT "id", "name", "note", _op, _partition, _effective_at,
        CASE
          WHEN _op = 'D' OR _op_before IS NULL OR _op_before = 'D' THEN 1
          WHEN ("name" <> _before_0 OR ("name" IS NULL AND _before_0 IS NOT NULL) OR ("name" IS NOT NULL AND _before_0 IS NULL) OR LENGTH("name") <> LENGTH(_before_0)) THEN 1
          ELSE 0
        END AS _first
      FROM (
        SELECT "id", "name", "note", _op, _partition, _effective_at,
          LAG(_op) OVER (PARTITION BY "id" ORDER BY _effective_at) AS _op_before,
          LAG("name") OVER (PARTITION BY "id" ORDER BY _effective_at) AS _before_0
        FROM (
          SELECT r."id", r."name", r."note", r._partition,
            CASE WHEN r._op = 'A' THEN 'D' ELSE 'U' END AS _op,
            CASE WHEN r._op = 'A' THEN c._closes_at ELSE r._effective_at END AS _effective_at
          FROM (
            SELECT e."id", e."name", e."note", e._op, e._effective_at, e._partition,
              LEAD(e._effective_at) OVER (PARTITION BY e."id" ORDER BY e._effective_at) AS _until
            FROM "analytics"."dim_things__events" AS e
            JOIN lake_touched AS t ON t."id" = e."id"
          ) AS r
          LEFT JOIN (
            SELECT as_of,
              MIN(CASE WHEN closes THEN as_of END) OVER (
                ORDER BY as_of ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
              ) AS _closes_at
            FROM "analytics"."dim_things__ledger"
            WHERE NOT withdrawn
          ) AS c ON c.as_of = r._effective_at
          WHERE r._op = 'U'
             OR (r._op = 'A' AND c._closes_at IS NOT NULL AND (r._until IS NULL OR c._closes_at < r._until))
        ) AS facts
      ) AS with_before
    ) AS with_first
  ) AS with_bounds
) AS with_opener
WHERE _op = 'U' AND (_last = 1 OR _last IS NULL);

ANALYZE lake_versions;
