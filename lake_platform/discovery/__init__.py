"""What files hold, found by reading all of them: format, types, nulls, partitions, keys. Plain Python, no Spark."""
