SELECT COUNT(*)
FROM (
  SELECT s."id"
  FROM "staging"."stg_things" AS s
  JOIN lake_batches AS b ON b._partition = s._partition
  WHERE s._op IN ('U', 'D')
  GROUP BY s."id"
  HAVING COUNT(*) > 1 OR MIN(s._op) = 'D'
) AS special;

INSERT INTO "analytics"."dim_things__events" ("id", "name", "note", "at", _op, _effective_at, _partition, _file_time, _file, _row)
SELECT s."id", s."name", s."note", s."at", s._op, CAST(s."at" AS TIMESTAMP), s._partition, s._file_time, s._file, s._row
FROM "staging"."stg_things" AS s
JOIN lake_batches AS b ON b._partition = s._partition
WHERE s._op IN ('U', 'D');

INSERT INTO "analytics"."dim_things" ("id", "name", "note", "at", valid_from, valid_to, is_current, version_key, _partition)
SELECT s."id", s."name", s."note", s."at", CAST(s."at" AS TIMESTAMP), NULL, TRUE,
  MD5(CAST(LENGTH(CAST(s."id" AS VARCHAR(64))) AS VARCHAR(10)) || ':' || CAST(s."id" AS VARCHAR(64)) || TO_CHAR(CAST(s."at" AS TIMESTAMP), 'YYYY-MM-DD HH24:MI:SS.US')), s._partition
FROM "staging"."stg_things" AS s
JOIN lake_batches AS b ON b._partition = s._partition
WHERE s._op IN ('U', 'D');
