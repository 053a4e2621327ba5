SELECT
  flight_date,
  COUNT(*) AS flights,
  COUNT(dep_delay) AS departed,
  CAST(SUM(CASE WHEN dep_delay > 60 THEN 1 ELSE 0 END) AS BIGINT) AS over_an_hour,
  CAST(ROUND(SUM(CASE WHEN dep_delay > 60 THEN 1.000000 ELSE 0 END) / NULLIF(COUNT(dep_delay), 0), 4) AS DECIMAL(6,4)) AS share,
  _partition
FROM flights
GROUP BY flight_date, _partition
