WITH ends AS (
  SELECT dep_airport AS airport, dep_city AS city, dep_state AS state, 1 AS departures, 0 AS arrivals
  FROM flights
  UNION ALL
  SELECT arr_airport AS airport, arr_city AS city, arr_state AS state, 0 AS departures, 1 AS arrivals
  FROM flights
)
SELECT
  CAST(ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, airport, city, state) AS INTEGER) AS place,
  airport,
  city,
  state,
  CAST(SUM(departures) AS BIGINT) AS departures,
  CAST(SUM(arrivals) AS BIGINT) AS arrivals
FROM ends
GROUP BY airport, city, state
