"""A local Redshift: a gateway that speaks its protocol and its SQL in front of an embedded PostgreSQL."""

from lake_platform.local.redshift.endpoint import Endpoint, ensure_endpoint, stop_endpoint

__all__ = ["Endpoint", "ensure_endpoint", "stop_endpoint"]
