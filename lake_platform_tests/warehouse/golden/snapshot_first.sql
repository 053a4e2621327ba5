CREATE TEMP TABLE lake_at (
  _partition VARCHAR(32),
  _effective_at TIMESTAMP,
  _next_partition VARCHAR(32),
  _next_at TIMESTAMP,
  _open_from TIMESTAMP,
  closes BOOLEAN
);

SELECT COUNT(*)
FROM (
  SELECT s."id"
  FROM "staging"."stg_things" AS s
  JOIN lake_at AS a ON a._partition = s._partition
  WHERE s._op IN ('U', '?')
  GROUP BY s."id"
  HAVING COUNT(*) > 1
) AS special;

CREATE TEMP TABLE lake_stated AS
SELECT s."id", s."name", s."note", s._op
FROM "staging"."stg_things" AS s
JOIN lake_at AS a ON a._partition = s._partition
WHERE s._op IN ('U', '?');

ANALYZE lake_stated;

INSERT INTO "analytics"."dim_things__events" ("id", "name", "note", _op, _effective_at, _partition)
SELECT s."id", s."name", s."note", s._op, a._effective_at, a._partition
FROM lake_stated AS s
CROSS JOIN lake_at AS a
WHERE TRUE;

INSERT INTO "analytics"."dim_things" ("id", "name", "note", valid_from, valid_to, is_current, version_key, _partition)
SELECT s."id", s."name", s."note", a._effective_at, NULL, TRUE,
  MD5(CAST(LENGTH(CAST(s."id" AS VARCHAR(64))) AS VARCHAR(10)) || ':' || CAST(s."id" AS VARCHAR(64)) || TO_CHAR(a._effective_at, 'YYYY-MM-DD HH24:MI:SS.US')), a._partition
FROM lake_stated AS s
CROSS JOIN lake_at AS a
WHERE s._op = 'U';

DROP TABLE lake_stated;

DROP TABLE lake_at;
