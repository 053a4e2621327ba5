"""Tokens: the digest of what went into a document."""

import hashlib
import json
from collections.abc import Sequence


def token(dataset: str, layer: str, partition: str, inputs: Sequence[str], fingerprint: str) -> str:
    """sha256 over dataset, layer, partition, the identities of the inputs, and the fingerprint of contract and code.

    JSON separates the parts, so that no two different lists read alike.
    """
    return digest([dataset, layer, partition, list(inputs), fingerprint])


def digest(parts: object) -> str:
    """sha256, in hex, of anything that JSON can say; keys of objects in order."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
