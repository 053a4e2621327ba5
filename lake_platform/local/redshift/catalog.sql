SET allow_system_table_mods = on;
CREATE SCHEMA IF NOT EXISTS rs_internal;
GRANT USAGE ON SCHEMA rs_internal TO awsuser;
CREATE TABLE IF NOT EXISTS rs_internal.version (script text);
CREATE TABLE IF NOT EXISTS rs_internal.load_error (
  query_id bigint, happened_at timestamp, file_name text, column_name text, error_code int, reason text
);

-- The count and the id of a session's last COPY. A sequence keeps them: currval() is the session's own and, as on
-- Redshift, a rollback does not take it back.
CREATE SEQUENCE IF NOT EXISTS rs_internal.query_id;
CREATE SEQUENCE IF NOT EXISTS rs_internal.copy_count MINVALUE 0;
CREATE SEQUENCE IF NOT EXISTS rs_internal.copy_id MINVALUE -1;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA rs_internal TO awsuser;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN RETURN currval('rs_internal.copy_count'); EXCEPTION WHEN object_not_in_prerequisite_state THEN RETURN 0; END $$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_id() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN RETURN currval('rs_internal.copy_id'); EXCEPTION WHEN object_not_in_prerequisite_state THEN RETURN -1; END $$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_query_id() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT nextval('rs_internal.query_id') $$;

-- ALTER COLUMN TYPE VARCHAR(n): the type and the constraint that counts bytes change together.
CREATE OR REPLACE PROCEDURE rs_internal.widen(relation text, target text, new_limit int) LANGUAGE plpgsql AS $$
DECLARE
  found_relation regclass := to_regclass(relation);
  bare text := trim(both '"' from target);
  old_limit int;
  attribute smallint;
  held record;
BEGIN
  IF found_relation IS NULL THEN
    RAISE undefined_table USING MESSAGE = format('relation %s does not exist', relation);
  END IF;
  SELECT a.attnum, a.atttypmod - 4 INTO attribute, old_limit FROM pg_attribute a
   WHERE a.attrelid = found_relation AND a.attname = bare AND NOT a.attisdropped AND a.atttypid = 'varchar'::regtype;
  IF attribute IS NULL THEN
    RAISE undefined_column USING MESSAGE = format('column %s of relation %s is no VARCHAR', target, relation);
  END IF;
  IF new_limit <= old_limit THEN
    RAISE feature_not_supported USING MESSAGE =
      format('cannot alter column %s to varchar(%s): the size must be greater than %s', target, new_limit, old_limit);
  END IF;
  FOR held IN SELECT conname FROM pg_constraint
   WHERE conrelid = found_relation AND conkey = ARRAY[attribute] AND conname LIKE 'varchar\_bytes\_%' LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found_relation, held.conname);
  END LOOP;
  EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE varchar(%s), ADD CONSTRAINT %I CHECK (octet_length(%I) <= %s)',
    found_relation, bare, new_limit, format('varchar_bytes_%s_%s', new_limit, left(md5(target), 12)), bare, new_limit);
END $$;

CREATE OR REPLACE FUNCTION rs_internal.version() RETURNS text LANGUAGE sql STABLE AS $$
SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift 1.0 (local endpoint on '
  || split_part(pg_catalog.version(), ' on ', 1) || ')' $$;
CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT date_trunc('second', statement_timestamp() AT TIME ZONE 'utc') $$;
CREATE OR REPLACE FUNCTION pg_catalog.charindex(text, text) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT strpos($2, $1) $$;
CREATE OR REPLACE FUNCTION pg_catalog.sha1(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN RAISE feature_not_supported USING MESSAGE = 'SHA1 is not built into the local endpoint: use SHA2'; END $$;
CREATE OR REPLACE FUNCTION pg_catalog.sha2(text, int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT encode(CASE $2 WHEN 512 THEN sha512(convert_to($1, 'UTF8')) WHEN 384 THEN sha384(convert_to($1, 'UTF8'))
   WHEN 224 THEN sha224(convert_to($1, 'UTF8')) ELSE sha256(convert_to($1, 'UTF8')) END, 'hex') $$;
CREATE OR REPLACE FUNCTION pg_catalog.last_day(timestamp) RETURNS date LANGUAGE sql IMMUTABLE AS
$$ SELECT (date_trunc('month', $1) + interval '1 month - 1 day')::date $$;
CREATE OR REPLACE FUNCTION pg_catalog.add_months(timestamp, int) RETURNS timestamp LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN $1::date = last_day($1) THEN last_day($1 + make_interval(months => $2)) + $1::time
   ELSE $1 + make_interval(months => $2) END $$;
CREATE OR REPLACE FUNCTION pg_catalog.trunc(timestamp) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT $1::date $$;
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(text, text, timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE AS $$ SELECT $3 AT TIME ZONE $1 AT TIME ZONE $2 $$;
CREATE OR REPLACE FUNCTION pg_catalog.convert_timezone(text, timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE AS $$ SELECT $2 AT TIME ZONE 'UTC' AT TIME ZONE $1 $$;
CREATE OR REPLACE FUNCTION pg_catalog.dateadd(text, bigint, timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN $1 IN ('year', 'years', 'y', 'yr', 'yrs') THEN add_months($3, 12 * $2::int)
    WHEN $1 IN ('quarter', 'quarters', 'qtr', 'qtrs') THEN add_months($3, 3 * $2::int)
    WHEN $1 IN ('month', 'months', 'mon', 'mons') THEN add_months($3, $2::int)
    ELSE $3 + ($2::text || ' ' || $1)::interval END $$;
-- DATEDIFF counts the boundaries crossed, not the time between.
CREATE OR REPLACE FUNCTION pg_catalog.datediff(text, timestamp, timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN $1 IN ('year', 'years', 'y', 'yr', 'yrs') THEN extract(year FROM $3) - extract(year FROM $2)
    WHEN $1 IN ('quarter', 'quarters', 'qtr', 'qtrs')
      THEN (extract(year FROM $3) * 4 + extract(quarter FROM $3)) - (extract(year FROM $2) * 4 + extract(quarter FROM $2))
    WHEN $1 IN ('month', 'months', 'mon', 'mons')
      THEN (extract(year FROM $3) * 12 + extract(month FROM $3)) - (extract(year FROM $2) * 12 + extract(month FROM $2))
    WHEN $1 IN ('week', 'weeks', 'w')
      THEN (date_trunc('week', $3 + interval '1 day')::date - date_trunc('week', $2 + interval '1 day')::date) / 7
    WHEN $1 IN ('day', 'days', 'd') THEN $3::date - $2::date
    ELSE extract(epoch FROM date_trunc($1, $3) - date_trunc($1, $2)) / extract(epoch FROM ('1 ' || $1)::interval)
  END::bigint $$;
CREATE OR REPLACE FUNCTION pg_catalog.json_extract_path_text(text, VARIADIC text[]) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT coalesce($1::json #>> $2, '') $$;
CREATE OR REPLACE FUNCTION pg_catalog.date_part_year(date) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT extract(year FROM $1)::int $$;

CREATE OR REPLACE VIEW pg_catalog.svv_all_schemas AS
SELECT catalog_name::varchar(128) AS database_name, schema_name::varchar(128), NULL::int AS schema_owner,
  'local'::varchar(128) AS schema_type, NULL::varchar(128) AS schema_acl, NULL::varchar(128) AS source_database,
  NULL::varchar(128) AS schema_option
FROM information_schema.schemata WHERE schema_name <> 'rs_internal' AND schema_name NOT LIKE 'pg\_toast%';
CREATE OR REPLACE VIEW pg_catalog.svv_all_tables AS
SELECT table_catalog::varchar(128) AS database_name, table_schema::varchar(128) AS schema_name,
  table_name::varchar(128) AS table_name,
  CASE table_type WHEN 'BASE TABLE' THEN 'TABLE' WHEN 'LOCAL TEMPORARY' THEN 'TABLE' ELSE table_type END::varchar(128)
    AS table_type,
  NULL::varchar(128) AS table_acl, NULL::varchar(256) AS remarks
FROM information_schema.tables WHERE table_schema <> 'rs_internal';
CREATE OR REPLACE VIEW pg_catalog.svv_all_columns AS
SELECT table_catalog::varchar(128) AS database_name, table_schema::varchar(128) AS schema_name,
  table_name::varchar(128) AS table_name, column_name::varchar(128) AS column_name, ordinal_position::int,
  column_default::varchar(4000), is_nullable::varchar(3),
  CASE data_type WHEN 'text' THEN 'character varying' ELSE data_type END::varchar(128) AS data_type,
  CASE data_type WHEN 'text' THEN 65535 ELSE character_maximum_length END::int AS character_maximum_length,
  numeric_precision::int, numeric_scale::int, NULL::varchar(256) AS remarks
FROM information_schema.columns WHERE table_schema <> 'rs_internal';
CREATE OR REPLACE VIEW pg_catalog.svv_tables AS
SELECT database_name AS table_catalog, schema_name AS table_schema, table_name, table_type, remarks
FROM pg_catalog.svv_all_tables;
CREATE OR REPLACE VIEW pg_catalog.svv_columns AS
SELECT database_name AS table_catalog, schema_name AS table_schema, table_name, column_name, ordinal_position,
  column_default, is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale, remarks
FROM pg_catalog.svv_all_columns;
CREATE OR REPLACE VIEW pg_catalog.svv_redshift_schemas AS SELECT * FROM pg_catalog.svv_all_schemas;
CREATE OR REPLACE VIEW pg_catalog.svv_redshift_tables AS SELECT * FROM pg_catalog.svv_all_tables;
CREATE OR REPLACE VIEW pg_catalog.svv_redshift_columns AS SELECT * FROM pg_catalog.svv_all_columns;
CREATE OR REPLACE VIEW pg_catalog.svv_table_info AS
SELECT current_database()::varchar AS "database", n.nspname::varchar AS "schema", c.oid::int AS table_id,
  c.relname::varchar AS "table", 'N'::varchar AS encoded, 'AUTO(ALL)'::varchar AS diststyle,
  'AUTO(SORTKEY)'::varchar AS sortkey1, (pg_total_relation_size(c.oid) / 1048576)::bigint AS size,
  greatest(c.reltuples, 0)::numeric(38, 0) AS tbl_rows, 0::numeric(5, 2) AS unsorted, 0::numeric(5, 2) AS stats_off,
  0::numeric(19, 2) AS skew_rows
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'rs_internal');
CREATE OR REPLACE VIEW pg_catalog.pg_table_def AS
SELECT n.nspname AS schemaname, c.relname AS tablename, a.attname AS "column",
  format_type(a.atttypid, a.atttypmod)::varchar AS type, 'none'::varchar AS encoding, false AS distkey, 0 AS sortkey,
  a.attnotnull AS "notnull"
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname = ANY (current_schemas(true))
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'rs_internal');
CREATE OR REPLACE VIEW pg_catalog.stl_load_errors AS
SELECT 100 AS userid, 0 AS slice, 0 AS tbl, happened_at AS starttime, 0 AS session, query_id AS query,
  file_name::varchar(256) AS filename, 0::bigint AS line_number, column_name::varchar(127) AS colname,
  ''::varchar(10) AS type, ''::varchar(10) AS col_length, 0 AS position, ''::varchar(1024) AS raw_line,
  ''::varchar(1024) AS raw_field_value, error_code AS err_code, reason::varchar(1024) AS err_reason
FROM rs_internal.load_error;
CREATE OR REPLACE VIEW pg_catalog.sys_load_error_detail AS
SELECT 100 AS user_id, query_id, happened_at AS start_time, file_name::varchar(256), 0::bigint AS line_number,
  column_name::varchar(127), error_code, reason::varchar(1024) AS error_message
FROM rs_internal.load_error;
DO $$ DECLARE held record; BEGIN
  FOR held IN SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
   WHERE n.nspname = 'pg_catalog' AND relkind = 'v'
     AND (relname LIKE 'svv\_%' OR relname LIKE 'stl\_%' OR relname LIKE 'sys\_%' OR relname = 'pg_table_def') LOOP
    EXECUTE format('GRANT SELECT ON pg_catalog.%I TO PUBLIC', held.relname);
  END LOOP;
END $$;
