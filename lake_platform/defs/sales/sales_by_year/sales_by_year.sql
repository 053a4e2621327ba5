SELECT
    CAST(EXTRACT(YEAR FROM sales.order_date) AS INTEGER) AS year,
    COUNT(*) AS orders,
    SUM(sales.total_revenue) AS revenue,
    SUM(sales.total_profit) AS profit
FROM sales
GROUP BY CAST(EXTRACT(YEAR FROM sales.order_date) AS INTEGER)
