CREATE TEMP TABLE lake_held AS
SELECT e."id", e."name", e."note", e._op
FROM "analytics"."dim_things__events" AS e
JOIN lake_at AS a ON e._effective_at = a._effective_at;

ANALYZE lake_held;

CREATE TEMP TABLE lake_prior AS
SELECT e."id", e."name", e."note", e._op
FROM "analytics"."dim_things__events" AS e
JOIN (
  SELECT e."id", MAX(e._effective_at) AS _began
  FROM "analytics"."dim_things__events" AS e
  JOIN lake_at AS a ON e._effective_at < a._effective_at
  JOIN lake_held AS o ON o."id" = e."id"
  GROUP BY e."id"
) AS b ON b."id" = e."id" AND b._began = e._effective_at;

ANALYZE lake_prior;

CREATE TEMP TABLE lake_edit AS
SELECT h."id", p."name", p."note", CASE WHEN p._op IS NULL THEN 'A' ELSE p._op END AS _op
FROM lake_held AS h
LEFT JOIN lake_prior AS p ON p."id" = h."id";

ANALYZE lake_edit;

DROP TABLE lake_prior;
