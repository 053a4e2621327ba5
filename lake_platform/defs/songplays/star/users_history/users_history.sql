-- Events of nobody, signed out, say nothing of a user. Of two events in one millisecond the rank decides.
SELECT
    userid,
    firstname AS first_name,
    lastname AS last_name,
    gender,
    level,
    ts AS seen_at,
    _partition,
    _file_time,
    _file,
    _row
FROM stg_events
WHERE userid IS NOT NULL
