CREATE TEMP TABLE lake_wanted (_partition VARCHAR(32) NOT NULL, token VARCHAR(64) NOT NULL);

CREATE TEMP TABLE "lake_made" (
  "ts" TIMESTAMP,
  "userid" BIGINT,
  "songid" VARCHAR(18),
  "_partition" VARCHAR(32) NOT NULL,
  "_file" VARCHAR(1024),
  "_file_time" TIMESTAMP,
  "_row" BIGINT,
  "_token" VARCHAR(64) NOT NULL
);

INSERT INTO "lake_made" ("ts", "userid", "songid", "_partition", "_file_time", "_file", "_row", "_token")
SELECT q."ts", q."userid", q."songid", COALESCE(q._partition, ''), CAST('1970-01-01' AS TIMESTAMP), CAST(COALESCE(q._partition, '') AS VARCHAR(1024)), 0, COALESCE(w.token, '')
FROM (
SELECT
  e.ts,
  e.userid,
  s.song_id AS songid,
  e._partition
FROM (
  SELECT
    "i"."ts",
    "i"."userid",
    "i"."level",
    "i"."song",
    "i"."length",
    "i"."_partition",
    "i"."_file",
    "i"."_file_time",
    "i"."_row"
  FROM "staging"."stg_events" AS i
  WHERE
    i._partition IN (
      SELECT
        _partition
      FROM lake_wanted
    )
) AS "e"
LEFT JOIN "staging"."stg_songs" AS "s"
  ON s.title = e.song AND s.duration = e.length
) AS q
LEFT JOIN lake_wanted AS w ON w._partition = q._partition;

ANALYZE "lake_made";

CREATE TEMP TABLE "lake_made" (
  "ts" TIMESTAMP,
  "userid" BIGINT,
  "_op" CHAR(1) NOT NULL,
  "_partition" VARCHAR(32) NOT NULL,
  "_file" VARCHAR(1024),
  "_file_time" TIMESTAMP,
  "_row" BIGINT,
  "_token" VARCHAR(64) NOT NULL
);

INSERT INTO "lake_made" ("ts", "userid", "_op", "_partition", "_file_time", "_file", "_row", "_token")
SELECT q."ts", q."userid", 'U', COALESCE(q._partition, ''), q."_file_time", q."_file", q."_row", COALESCE(w.token, '')
FROM (
SELECT
  ts,
  userid,
  _partition,
  _file_time,
  _file,
  _row
FROM (
  SELECT
    "i"."ts",
    "i"."userid",
    "i"."level",
    "i"."song",
    "i"."length",
    "i"."_partition",
    "i"."_file",
    "i"."_file_time",
    "i"."_row"
  FROM "staging"."stg_events" AS i
  WHERE
    i._partition IN (
      SELECT
        _partition
      FROM lake_wanted
    )
) AS "stg_events"
) AS q
LEFT JOIN lake_wanted AS w ON w._partition = q._partition;

ANALYZE "lake_made";

SELECT m."_partition", COUNT(*),
  SUM(m.r0),
  SUM(m.r1_0_0)
FROM (
  SELECT s."_partition",
  CASE WHEN NOT "ts" IS NULL THEN 0 ELSE 1 END AS r0,
  1 AS r1_0_0
  FROM "lake_made" AS s
) AS m
GROUP BY m."_partition";

DROP TABLE "lake_made";

DROP TABLE lake_wanted;
