-- A song that two files describe is one song: the newest file counts.
WITH described AS (
    SELECT
        song_id, title, artist_id, year, duration,
        ROW_NUMBER() OVER (PARTITION BY song_id ORDER BY _file_time DESC, _file DESC, _row DESC) AS place
    FROM stg_songs
)

SELECT
    song_id AS songid,
    title,
    artist_id AS artistid,
    NULLIF(year, 0) AS year,
    duration
FROM described
WHERE place = 1
