"""A Glue endpoint on this machine: Glue's own protocol for jobs and crawlers, scripts that really run, faults by name.

What is about neither goes to another server that plays AWS. Nothing in product code knows of it: `AWS_ENDPOINT_URL_GLUE`
leads there.
"""

from lake_platform.local.glue.endpoint import GlueEndpoint
from lake_platform.local.glue.faults import Fault, Faults
from lake_platform.local.glue.script import ScriptHost

__all__ = ["Fault", "Faults", "GlueEndpoint", "ScriptHost"]
