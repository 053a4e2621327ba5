"""Personal data: `pii: hash` is HMAC-SHA256 with the platform's key, in lower-case hexadecimal. NULL stays NULL."""

import hashlib
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as fn

from glue_jobs import sql
from glue_jobs.errors import PiiKeyMissingError
from glue_jobs.protocol import ColumnSpec, JobRequest

_BLOCK = 64


def hash_personal(rows: DataFrame, request: JobRequest, columns: Sequence[ColumnSpec]) -> DataFrame:
    """Replaces the text of each personal column by its hash.

    Raises:
        PiiKeyMissingError: there is such a column and no key.
    """
    for column in columns:
        if column.pii == "hash":
            if not request.pii_key:
                raise PiiKeyMissingError(request.dataset, column.name)
            rows = rows.withColumn(column.name, hmac_sha256(fn.col(sql.name(column.name)), request.pii_key))
    return rows


def hmac_sha256(value: Column, key: str) -> Column:
    """RFC 2104 with Spark's own sha2, so that no row passes through Python."""
    secret = key.encode()
    block = (hashlib.sha256(secret).digest() if len(secret) > _BLOCK else secret).ljust(_BLOCK, b"\0")
    inner = fn.lit(bytearray(byte ^ 0x36 for byte in block))
    outer = fn.lit(bytearray(byte ^ 0x5C for byte in block))
    digest = fn.unhex(fn.sha2(fn.concat(inner, value.cast("string").cast("binary")), 256))
    return fn.sha2(fn.concat(outer, digest), 256)
