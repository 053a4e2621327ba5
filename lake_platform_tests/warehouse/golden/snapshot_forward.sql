CREATE TEMP TABLE lake_unsettled AS
SELECT e."id", e._op
FROM "analytics"."dim_things__events" AS e
JOIN (
  SELECT e."id", MAX(e._effective_at) AS _began
  FROM "analytics"."dim_things__events" AS e
  JOIN (
    SELECT e."id"
    FROM "analytics"."dim_things__events" AS e
    CROSS JOIN lake_at AS a
    WHERE (e._op = '?' OR (e._op = 'A' AND e._effective_at >= a._open_from))
    GROUP BY e."id"
  ) AS u ON u."id" = e."id"
  GROUP BY e."id"
) AS b ON b."id" = e."id" AND b._began = e._effective_at
CROSS JOIN lake_at AS a
WHERE (e._op = '?' OR (e._op = 'A' AND e._effective_at >= a._open_from));

ANALYZE lake_unsettled;

CREATE TEMP TABLE lake_edit AS
SELECT s."id", s."name", s."note", s._op, 1 AS _told,
  CASE
    WHEN s._op = '?' THEN 'S'
    WHEN d."id" IS NULL THEN 'N'
    WHEN (d."name" <> s."name" OR (d."name" IS NULL AND s."name" IS NOT NULL) OR (d."name" IS NOT NULL AND s."name" IS NULL) OR LENGTH(d."name") <> LENGTH(s."name")) THEN 'C'
    WHEN (d."note" <> s."note" OR (d."note" IS NULL AND s."note" IS NOT NULL) OR (d."note" IS NOT NULL AND s."note" IS NULL)) THEN 'T'
    ELSE 'S'
  END AS _act
FROM lake_stated AS s
LEFT JOIN "analytics"."dim_things" AS d ON d."id" = s."id" AND d.is_current
LEFT JOIN lake_unsettled AS u ON u."id" = s."id"
WHERE (s._op = '?' AND (u._op IS NULL OR u._op <> '?'))
   OR (s._op = 'U' AND (u._op IS NOT NULL OR d."id" IS NULL OR (d."name" <> s."name" OR (d."name" IS NULL AND s."name" IS NOT NULL) OR (d."name" IS NOT NULL AND s."name" IS NULL) OR LENGTH(d."name") <> LENGTH(s."name")
    OR d."note" <> s."note" OR (d."note" IS NULL AND s."note" IS NOT NULL) OR (d."note" IS NOT NULL AND s."note" IS NULL))));

INSERT INTO lake_edit ("id", _op, _told, _act)
SELECT d."id", 'A', CASE WHEN u._op = 'A' THEN 0 ELSE 1 END, CASE WHEN a.closes THEN 'D' ELSE 'S' END
FROM "analytics"."dim_things" AS d
CROSS JOIN lake_at AS a
LEFT JOIN lake_stated AS s ON s."id" = d."id"
LEFT JOIN lake_unsettled AS u ON u."id" = d."id"
WHERE d.is_current AND s._op IS NULL;

INSERT INTO lake_edit ("id", _op, _told, _act)
SELECT u."id", 'A', 1, 'S'
FROM lake_unsettled AS u
LEFT JOIN "analytics"."dim_things" AS d ON d."id" = u."id" AND d.is_current
LEFT JOIN lake_stated AS s ON s."id" = u."id"
WHERE u._op = '?' AND d."id" IS NULL AND s._op IS NULL;

ANALYZE lake_edit;

INSERT INTO "analytics"."dim_things__events" ("id", "name", "note", _op, _effective_at, _partition)
SELECT s."id", s."name", s."note", s._op, a._effective_at, a._partition
FROM lake_edit AS s
CROSS JOIN lake_at AS a
WHERE s._told = 1;

SELECT
  SUM(CASE WHEN _act IN ('N', 'C') THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act = 'T' THEN 1 ELSE 0 END),
  SUM(CASE WHEN _act IN ('C', 'D') THEN 1 ELSE 0 END)
FROM lake_edit;

UPDATE "analytics"."dim_things"
SET valid_to = lake_at._effective_at,
  is_current = FALSE
FROM lake_edit, lake_at
WHERE lake_edit._act IN ('C', 'D')
  AND "dim_things"."id" = lake_edit."id"
  AND "dim_things".is_current;

UPDATE "analytics"."dim_things"
SET "note" = lake_edit."note"
FROM lake_edit
WHERE lake_edit._act = 'T'
  AND "dim_things"."id" = lake_edit."id"
  AND "dim_things".is_current;

INSERT INTO "analytics"."dim_things" ("id", "name", "note", valid_from, valid_to, is_current, version_key, _partition)
SELECT c."id", c."name", c."note", a._effective_at, NULL, TRUE,
  MD5(CAST(LENGTH(CAST(c."id" AS VARCHAR(64))) AS VARCHAR(10)) || ':' || CAST(c."id" AS VARCHAR(64)) || TO_CHAR(a._effective_at, 'YYYY-MM-DD HH24:MI:SS.US')), a._partition
FROM lake_edit AS c
CROSS JOIN lake_at AS a
WHERE c._act IN ('N', 'C');

DROP TABLE lake_edit;

DROP TABLE lake_unsettled;

DROP TABLE lake_stated;

DROP TABLE lake_at;
