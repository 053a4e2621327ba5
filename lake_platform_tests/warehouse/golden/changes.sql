CREATE TEMP TABLE lake_touched AS
SELECT "id", MAX(_partition) AS _batch
FROM (
  SELECT e."id", e._partition
  FROM "analytics"."dim_things__events" AS e
  JOIN lake_batches AS b ON b._partition = e._partition
  UNION ALL
  SELECT s."id", s._partition
  FROM "staging"."stg_things" AS s
  JOIN lake_batches AS b ON b._partition = s._partition
  WHERE s._op IN ('U', 'D')
) AS said
GROUP BY "id";

ANALYZE lake_touched;

DELETE FROM "analytics"."dim_things__events"
USING lake_batches
WHERE "dim_things__events"._partition = lake_batches._partition;

INSERT INTO "analytics"."dim_things__events" ("id", "name", "note", "at", _op, _effective_at, _partition, _file_time, _file, _row)
SELECT s."id", s."name", s."note", s."at", s._op, CAST(s."at" AS TIMESTAMP), s._partition, s._file_time, s._file, s._row
FROM "staging"."stg_things" AS s
JOIN lake_batches AS b ON b._partition = s._partition
WHERE s._op IN ('U', 'D');

CREATE TEMP TABLE lake_versions AS
SELECT "id", "name", "note", "at", valid_from, valid_to, _partition
FROM (
  SELECT "id", "name", "note", "at", _op, valid_from, valid_to, _last,
    FIRST_VALUE(_partition) OVER (
      PARTITION BY "id", valid_from ORDER BY _effective_at
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) AS _partition
  FROM (
    SELECT "id", "name", "note", "at", _op, _partition, _effective_at,
      MAX(CASE WHEN _first = 1 THEN _effective_at END) OVER (
        PARTITION BY "id" ORDER BY _effective_at ROWS UNBOUNDED PRECEDING
      ) AS valid_from,
      LEAD(_effective_at) OVER (PARTITION BY "id" ORDER BY _effective_at) AS valid_to,
      LEAD(_first) OVER (PARTITION BY "id" ORDER BY _effective_at) AS _last
    FROM (
      SELECT "id", "name", "note", "at", _op, _partition, _effective_at,
        CASE
          WHEN _op = 'D' OR _op_before IS NULL OR _op_before = 'D' THEN 1
          WHEN ("name" <> _before_0 OR ("name" IS NULL AND _before_0 IS NOT NULL) OR ("name" IS NOT NULL AND _before_0 IS NULL) OR LENGTH("name") <> LENGTH(_before_0)) THEN 1
          ELSE 0
        END AS _first
      FROM (
        SELECT "id", "name", "note", "at", _op, _partition, _effective_at,
          LAG(_op) OVER (PARTITION BY "id" ORDER BY _effective_at) AS _op_before,
          LAG("name") OVER (PARTITION BY "id" ORDER BY _effective_at) AS _before_0
        FROM (
          SELECT "id", "name", "note", "at", _op, _effective_at, _partition
          FROM (
            SELECT e."id", e."name", e."note", e."at", e._op, e._effective_at, e._partition,
              ROW_NUMBER() OVER (
                PARTITION BY e."id", e._effective_at
                ORDER BY e._file_time DESC, e._file DESC, e._row DESC, e._op, e."name" DESC, e."note" DESC, e."at" DESC, e._partition DESC
              ) AS _place
            FROM "analytics"."dim_things__events" AS e
            JOIN lake_touched AS t ON t."id" = e."id"
          ) AS placed
          WHERE _place = 1
        ) AS facts
      ) AS with_before
    ) AS with_first
  ) AS with_bounds
) AS with_opener
WHERE _op = 'U' AND (_last = 1 OR _last IS NULL);

ANALYZE lake_versions;

CREATE TEMP TABLE lake_found AS
SELECT d."id", d."name", d."note", d."at", d.valid_from, d.valid_to, d._partition
FROM "analytics"."dim_things" AS d
JOIN lake_touched AS t ON d."id" = t."id";

ANALYZE lake_found;

CREATE TEMP TABLE lake_changes AS
SELECT v."id", v."name", v."note", v."at", v.valid_from, v.valid_to, v._partition, t._batch,
  CASE
    WHEN f.valid_from IS NULL THEN 'I'
    WHEN f.valid_to IS NULL AND v.valid_to IS NOT NULL THEN 'C'
    ELSE 'U'
  END AS _act
FROM lake_versions AS v
JOIN lake_touched AS t ON t."id" = v."id"
LEFT JOIN lake_found AS f ON f."id" = v."id" AND f.valid_from = v.valid_from
WHERE f.valid_from IS NULL
   OR (f."name" <> v."name" OR (f."name" IS NULL AND v."name" IS NOT NULL) OR (f."name" IS NOT NULL AND v."name" IS NULL) OR LENGTH(f."name") <> LENGTH(v."name")
    OR f."note" <> v."note" OR (f."note" IS NULL AND v."note" IS NOT NULL) OR (f."note" IS NOT NULL AND v."note" IS NULL)
    OR f."at" <> v."at" OR (f."at" IS NULL AND v."at" IS NOT NULL) OR (f."at" IS NOT NULL AND v."at" IS NULL)
    OR f."valid_to" <> v."valid_to" OR (f."valid_to" IS NULL AND v."valid_to" IS NOT NULL) OR (f."valid_to" IS NOT NULL AND v."valid_to" IS NULL)
    OR f."_partition" <> v."_partition" OR (f."_partition" IS NULL AND v."_partition" IS NOT NULL) OR (f."_partition" IS NOT NULL AND v."_partition" IS NULL) OR LENGTH(f."_partition") <> LENGTH(v."_partition"));

INSERT INTO lake_changes ("id", valid_from, _batch, _act)
SELECT f."id", f.valid_from, t._batch, 'D'
FROM lake_found AS f
JOIN lake_touched AS t ON t."id" = f."id"
LEFT JOIN lake_versions AS v ON v."id" = f."id" AND v.valid_from = f.valid_from
WHERE v.valid_from IS NULL;

ANALYZE lake_changes;

SELECT t._batch, COUNT(*)
FROM lake_touched AS t
LEFT JOIN (
  SELECT "id"
  FROM lake_changes
  GROUP BY "id"
) AS c ON c."id" = t."id"
WHERE c."id" IS NULL
GROUP BY t._batch;

SELECT _batch,
  SUM(CASE WHEN _act = 'I' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'U' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'C' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'D' THEN 1 ELSE 0 END)
FROM lake_changes
GROUP BY _batch;

DELETE FROM "analytics"."dim_things"
USING lake_changes
WHERE lake_changes._act = 'D'
  AND "dim_things"."id" = lake_changes."id"
  AND "dim_things".valid_from = lake_changes.valid_from;

UPDATE "analytics"."dim_things"
SET "name" = lake_changes."name",
  "note" = lake_changes."note",
  "at" = lake_changes."at",
  valid_to = lake_changes.valid_to,
  is_current = (lake_changes.valid_to IS NULL),
  _partition = lake_changes._partition
FROM lake_changes
WHERE lake_changes._act IN ('U', 'C')
  AND "dim_things"."id" = lake_changes."id"
  AND "dim_things".valid_from = lake_changes.valid_from;

INSERT INTO "analytics"."dim_things" ("id", "name", "note", "at", valid_from, valid_to, is_current, version_key, _partition)
SELECT c."id", c."name", c."note", c."at", c.valid_from, c.valid_to, (c.valid_to IS NULL),
  MD5(CAST(LENGTH(CAST(c."id" AS VARCHAR(64))) AS VARCHAR(10)) || ':' || CAST(c."id" AS VARCHAR(64)) || TO_CHAR(c.valid_from, 'YYYY-MM-DD HH24:MI:SS.US')), c._partition
FROM lake_changes AS c
WHERE c._act = 'I';

DROP TABLE lake_changes;

DROP TABLE lake_found;

DROP TABLE lake_versions;

DROP TABLE lake_touched;
