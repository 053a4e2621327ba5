SELECT
    userid,
    first_name,
    last_name,
    gender,
    level
FROM users_history
WHERE is_current
