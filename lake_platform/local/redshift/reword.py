"""PostgreSQL's errors in Redshift's words."""

import re

from lake_platform.local.redshift import wire
from lake_platform.local.redshift.columns import BYTES_PREFIX

_BYTES = re.compile(BYTES_PREFIX + r"(\d+)_")
# Where in PostgreSQL's sources an error arose, and the position in a text that the client never sent.
_INTERNAL = (b"F", b"L", b"R", b"P", b"p", b"q")


def reword(body: bytes) -> bytes:
    """The body of an ErrorResponse, for the client."""
    fields = {key: value for key, value in wire.fields_of(body).items() if key not in _INTERNAL}
    code = fields.get(b"C", b"")
    constraint = fields.get(b"n", b"").decode()
    if code == b"23514" and (limit := _BYTES.match(constraint)):
        fields |= {b"C": b"22001", b"M": f"value too long for type character varying({limit.group(1)})".encode()}
        fields.pop(b"D", None)
    elif code == b"23502":
        fields[b"M"] = b"Cannot insert a NULL value into column " + fields.get(b"c", b"")
    elif code == b"40001":
        told = fields.get(b"M", b"")
        fields |= {b"C": b"XX000", b"M": b"1023", b"D": b"Serializable isolation violation on table: " + told}
    return wire.fields_body(fields)
