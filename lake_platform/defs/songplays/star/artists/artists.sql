-- An artist id with two names has the one that most of its songs carry, of as many songs the first by the alphabet;
-- place and coordinates come from that name's song that knows most of them.
WITH counted AS (
    SELECT
        artist_id, artist_name, artist_location, artist_latitude, artist_longitude, song_id, _file, _row,
        COUNT(*) OVER (PARTITION BY artist_id, artist_name) AS songs,
        CASE WHEN artist_location IS NULL THEN 0 ELSE 1 END
        + CASE WHEN artist_latitude IS NULL OR artist_longitude IS NULL THEN 0 ELSE 1 END AS known
    FROM stg_songs
),

ranked AS (
    SELECT
        artist_id, artist_name, artist_location, artist_latitude, artist_longitude,
        ROW_NUMBER() OVER (
            PARTITION BY artist_id
            ORDER BY songs DESC, artist_name, known DESC, song_id, _file, _row
        ) AS place
    FROM counted
)

SELECT
    artist_id AS artistid,
    artist_name AS name,
    artist_location AS location,
    artist_latitude AS latitude,
    artist_longitude AS longitude
FROM ranked
WHERE place = 1
