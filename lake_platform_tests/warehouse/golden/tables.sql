CREATE SCHEMA IF NOT EXISTS "staging";

CREATE TABLE IF NOT EXISTS "staging"."stg_things" (
  "id" BIGINT,
  "name" VARCHAR(40),
  "note" CHAR(1),
  "at" TIMESTAMP,
  "_op" CHAR(1) NOT NULL,
  "_partition" VARCHAR(32) NOT NULL,
  "_file" VARCHAR(1024),
  "_file_time" TIMESTAMP,
  "_row" BIGINT,
  "_token" VARCHAR(64) NOT NULL
) SORTKEY ("_partition");

CREATE TABLE IF NOT EXISTS "analytics"."dim_things" (
  "id" BIGINT NOT NULL,
  "name" VARCHAR(40),
  "note" CHAR(1),
  "at" TIMESTAMP,
  "_effective_at" TIMESTAMP NOT NULL,
  "_partition" VARCHAR(32) NOT NULL,
  "_file" VARCHAR(1024),
  "_file_time" TIMESTAMP,
  "_row" BIGINT,
  "_token" VARCHAR(64) NOT NULL
) DISTKEY ("id") SORTKEY ("id");

CREATE TABLE IF NOT EXISTS "analytics"."dim_things__ledger" (
  "_partition" VARCHAR(32) NOT NULL,
  "token" VARCHAR(64) NOT NULL,
  "number" BIGINT NOT NULL,
  "as_of" TIMESTAMP,
  "closes" BOOLEAN NOT NULL,
  "withdrawn" BOOLEAN NOT NULL,
  "rows_in" BIGINT NOT NULL,
  "inserted" BIGINT,
  "updated" BIGINT,
  "closed" BIGINT,
  "deleted" BIGINT,
  "unchanged" BIGINT,
  "applied_at" TIMESTAMP NOT NULL
) DISTSTYLE ALL SORTKEY ("_partition");

CREATE TABLE IF NOT EXISTS "analytics"."dim_things__deleted" (
  "id" BIGINT NOT NULL,
  "_effective_at" TIMESTAMP NOT NULL,
  "_partition" VARCHAR(32) NOT NULL,
  "_file" VARCHAR(1024),
  "_file_time" TIMESTAMP,
  "_row" BIGINT,
  "_token" VARCHAR(64) NOT NULL
) DISTKEY ("id") SORTKEY ("id");

ALTER TABLE "analytics"."dim_things" ADD COLUMN "added" DATE;

ALTER TABLE "analytics"."dim_things" ALTER COLUMN "name" TYPE VARCHAR(80);
