DELETE FROM "staging"."stg_things";

DELETE FROM "staging"."stg_things"
WHERE _partition IN (%s, %s);

COPY "staging"."stg_things" ("id", "name", "note", "at", "_partition", "_file", "_file_time", "_row", "_token")
FROM 's3://lake/manifests/run.json'
IAM_ROLE default
MANIFEST
FORMAT AS PARQUET;
