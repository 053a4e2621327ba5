"""The outputs of the stack: each is a variable that the backend reads, and nothing else."""

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct


def output_name(variable: str) -> str:
    """`LAKE_GLUE_ROLE` as the name of an output, which holds letters and digits only: `LakeGlueRole`."""
    return "".join(part.capitalize() for part in variable.split("_"))


def add_outputs(scope: Construct, variables: Mapping[str, object], *, given: Mapping[str, cdk.CfnCondition]) -> None:
    """One output for each variable, in the order of their names.

    Args:
        given: conditions of those that are told only where they hold, since an output cannot be empty.
    """
    for name in sorted(variables):
        value = variables[name]
        told = cdk.Token.as_string(value) if not isinstance(value, str) else value
        output = cdk.CfnOutput(scope, output_name(name), value=told, description=f"{name} of the backend")
        output.condition = given.get(name)
