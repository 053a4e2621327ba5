-- AVG of integers is an integer on Redshift: means are sums of decimals over counts.
SELECT
  COALESCE(dep_state, 'unknown') AS state,
  COUNT(*) AS flights,
  CAST(ROUND(SUM(CAST(dep_delay AS DECIMAL(18,6))) / NULLIF(COUNT(dep_delay), 0), 4) AS DECIMAL(10,4)) AS mean_dep_delay,
  CAST(ROUND(SUM(CAST(arr_delay AS DECIMAL(18,6))) / NULLIF(COUNT(arr_delay), 0), 4) AS DECIMAL(10,4)) AS mean_arr_delay,
  CAST(ROUND(SUM(CASE WHEN dep_delay > 60 THEN 1.000000 ELSE 0 END) / NULLIF(COUNT(dep_delay), 0), 4) AS DECIMAL(6,4)) AS long_delays
FROM flights
GROUP BY COALESCE(dep_state, 'unknown')
