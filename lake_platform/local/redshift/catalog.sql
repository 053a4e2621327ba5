CREATE SCHEMA IF NOT EXISTS rs_internal;
CREATE TABLE IF NOT EXISTS rs_internal.version (script text);
