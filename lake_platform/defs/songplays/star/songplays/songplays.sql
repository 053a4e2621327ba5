-- A play that two files of a day report is one play: the newest file counts.
-- A song is found by title, artist and duration together, to the last decimal; what is not found stays, without a song.
WITH reported AS (
    SELECT
        ts, userid, level, sessionid, iteminsession, location, useragent, song, artist, length, _partition,
        ROW_NUMBER() OVER (
            PARTITION BY _partition, ts, sessionid, iteminsession, userid
            ORDER BY _file_time DESC, _file DESC, _row DESC
        ) AS place
    FROM stg_events
    WHERE page = 'NextSong'
),

catalogue AS (
    SELECT
        title, artist_name, duration, song_id, artist_id,
        ROW_NUMBER() OVER (PARTITION BY title, artist_name, duration ORDER BY song_id, artist_id) AS place
    FROM stg_songs
)

SELECT
    MD5(
        TO_CHAR(r.ts, 'YYYY-MM-DD HH24:MI:SS.US')
        || '/' || CAST(r.sessionid AS VARCHAR(20))
        || '/' || CAST(r.iteminsession AS VARCHAR(20))
        || '/' || COALESCE(CAST(r.userid AS VARCHAR(20)), '')
    ) AS playid,
    r.ts AS start_time,
    r.userid,
    r.level,
    c.song_id AS songid,
    c.artist_id AS artistid,
    r.sessionid,
    r.location,
    r.useragent AS user_agent,
    r._partition
FROM reported AS r
LEFT JOIN catalogue AS c
    ON c.title = r.song
    AND c.artist_name = r.artist
    AND c.duration = r.length
    AND c.place = 1
WHERE r.place = 1
