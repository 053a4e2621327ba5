"""Which properties can only be set when a resource is made: a change of one makes CloudFormation replace it."""

from functools import cache

REGION = "us-east-1"
"""Whose schemas are read; they are nearly the same everywhere."""


@cache
def replacing_properties(kind: str) -> frozenset[str] | None:
    """Paths below the properties, such as `BucketName`, by the schema of the kind; None where it is not known."""
    # Imported where it is used: it takes two seconds.
    from cfnlint.schema import ResourceNotFoundError
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    try:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    except ResourceNotFoundError:
        return None
    members = ("createOnlyProperties", "conditionalCreateOnlyProperties")
    return frozenset(path.removeprefix("/properties/") for member in members for path in schema.get(member, []))
