CREATE TEMP TABLE lake_rows AS
SELECT n."id", n."name", n."note", n."at", n."_partition", n."_file_time", n."_file", n."_row", n."_token", n._op, n._effective_at,
  CASE
    WHEN n._op = 'D' AND t._effective_at IS NULL THEN 'G'
    WHEN n._op = 'D' THEN 'D'
    WHEN t._effective_at IS NULL THEN 'I'
    WHEN (n."name" <> t."name" OR (n."name" IS NULL AND t."name" IS NOT NULL) OR (n."name" IS NOT NULL AND t."name" IS NULL) OR LENGTH(n."name") <> LENGTH(t."name")
    OR n."note" <> t."note" OR (n."note" IS NULL AND t."note" IS NOT NULL) OR (n."note" IS NOT NULL AND t."note" IS NULL)
    OR n."at" <> t."at" OR (n."at" IS NULL AND t."at" IS NOT NULL) OR (n."at" IS NOT NULL AND t."at" IS NULL)) THEN 'U'
    ELSE 'S'
  END AS _act
FROM (
  SELECT s."id", s."name", s."note", s."at", s."_partition", s."_file_time", s."_file", s."_row", s."_token", s._op, CAST(s."at" AS TIMESTAMP) AS _effective_at,
    ROW_NUMBER() OVER (
      PARTITION BY s."id"
      ORDER BY CAST(s."at" AS TIMESTAMP) DESC, s._file_time DESC, s._file DESC, s._row DESC, s._op, s."name" DESC, s."note" DESC, s."at" DESC
    ) AS _place
  FROM "staging"."stg_things" AS s
  JOIN lake_batches AS b ON b._partition = s._partition
  WHERE s._op IN ('U', 'D')
) AS n
LEFT JOIN "analytics"."dim_things" AS t ON t."id" = n."id"
LEFT JOIN "analytics"."dim_things__deleted" AS d ON d."id" = n."id"
WHERE n._place = 1
  AND (t._effective_at IS NULL OR (n._effective_at > t._effective_at OR (n._effective_at = t._effective_at AND (n._file_time > t._file_time OR (n._file_time = t._file_time AND (n._file > t._file OR (n._file = t._file AND n._row >= t._row)))))))
  AND (d._effective_at IS NULL OR (n._effective_at > d._effective_at OR (n._effective_at = d._effective_at AND (n._file_time > d._file_time OR (n._file_time = d._file_time AND (n._file > d._file OR (n._file = d._file AND n._row >= d._row)))))));

ANALYZE lake_rows;

SELECT _partition,
  SUM(CASE WHEN _act = 'I' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'U' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'D' THEN 1 ELSE 0 END)
FROM lake_rows
GROUP BY _partition;

DELETE FROM "analytics"."dim_things__deleted"
USING lake_rows
WHERE "dim_things__deleted"."id" = lake_rows."id";

DELETE FROM "analytics"."dim_things"
USING lake_rows
WHERE lake_rows._act = 'D'
  AND "dim_things"."id" = lake_rows."id";

UPDATE "analytics"."dim_things"
SET "name" = lake_rows."name",
  "note" = lake_rows."note",
  "at" = lake_rows."at",
  "_effective_at" = lake_rows."_effective_at",
  "_partition" = lake_rows."_partition",
  "_file" = lake_rows."_file",
  "_file_time" = lake_rows."_file_time",
  "_row" = lake_rows."_row",
  "_token" = lake_rows."_token"
FROM lake_rows
WHERE lake_rows._act IN ('U', 'S')
  AND "dim_things"."id" = lake_rows."id";

INSERT INTO "analytics"."dim_things" ("id", "name", "note", "at", "_effective_at", "_partition", "_file", "_file_time", "_row", "_token")
SELECT "id", "name", "note", "at", "_effective_at", "_partition", "_file", "_file_time", "_row", "_token"
FROM lake_rows
WHERE _act = 'I';

INSERT INTO "analytics"."dim_things__deleted" ("id", "_effective_at", "_partition", "_file", "_file_time", "_row", "_token")
SELECT "id", "_effective_at", "_partition", "_file", "_file_time", "_row", "_token"
FROM lake_rows
WHERE _op = 'D';

DROP TABLE lake_rows;
