DELETE FROM "analytics"."dim_things"
USING lake_batches
WHERE "dim_things"._partition = lake_batches._partition;

INSERT INTO "analytics"."dim_things" ("id", "name", "note", "at", "_partition", "_file", "_file_time", "_row", "_token")
SELECT s."id", s."name", s."note", s."at", s."_partition", s."_file", s."_file_time", s."_row", s."_token"
FROM "staging"."stg_things" AS s
JOIN lake_batches AS b ON b._partition = s._partition;
