SELECT e."id", e."name", e."note", e._op, e._effective_at, e._partition
          FROM "analytics"."dim_things__events" AS e
          JOIN lake_touched AS t ON t."id" = e."id"
          WHERE e._op = 'U';
