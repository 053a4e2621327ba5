DELETE FROM "analytics"."dim_things";

INSERT INTO "analytics"."dim_things" ("id", "name", "note", "at", "_partition", "_file", "_file_time", "_row", "_token")
SELECT s."id", s."name", s."note", s."at", s."_partition", s."_file", s."_file_time", s."_row", s."_token"
FROM "staging"."stg_things" AS s
JOIN lake_batches AS b ON b._partition = s._partition
WHERE s._op = 'U';
