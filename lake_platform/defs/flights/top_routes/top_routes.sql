-- AVG of integers is an integer on Redshift: means are sums of decimals over counts.
-- Airports of two cities may have one name: with city and state they are told apart.
WITH routes AS (
  SELECT
    CAST(ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, dep_airport, dep_city, dep_state, arr_airport, arr_city, arr_state) AS INTEGER) AS place,
    dep_airport,
    dep_city,
    arr_airport,
    arr_city,
    COUNT(*) AS flights,
    CAST(ROUND(SUM(CAST(arr_delay AS DECIMAL(18,6))) / NULLIF(COUNT(arr_delay), 0), 4) AS DECIMAL(10,4)) AS mean_arr_delay
  FROM flights
  GROUP BY dep_airport, dep_city, dep_state, arr_airport, arr_city, arr_state
)
SELECT place, dep_airport, dep_city, arr_airport, arr_city, flights, mean_arr_delay
FROM routes
WHERE place <= 20
