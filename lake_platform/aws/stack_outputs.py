"""From the outputs of the stack to the variables that the backend reads."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from lake_platform.aws.declaration import CHOSEN_VARIABLES, STACK_VARIABLES, WAREHOUSE_VARIABLES
from lake_platform.errors import StackOutputsError


def read_variables(text: str) -> dict[str, str]:
    """The variables in the order of their names, all of them; other outputs are left out.

    Only names that the stack is known to tell are taken: no output can bring a password into the environment.

    Args:
        text: JSON of `aws cloudformation describe-stacks`, its `Outputs` alone, or an object of names and values, as
            CDK writes it for each stack.

    Raises:
        StackOutputsError: it is none of these, or a variable is missing.
    """
    found = _outputs(text)
    known = {output_name(name): name for name in (*STACK_VARIABLES, *CHOSEN_VARIABLES, *_of_warehouses())}
    told = {known[name]: value for name, value in found.items() if name in known}
    _require(told, *STACK_VARIABLES)
    kinds = WAREHOUSE_VARIABLES.values()
    if not any(told.keys() >= set(names) for names in kinds):
        _require(told, *min(kinds, key=lambda names: len(set(names) - told.keys())))
    return dict(sorted(told.items()))


def output_name(variable: str) -> str:
    """`LAKE_GLUE_ROLE` as the stack names its output: `LakeGlueRole`."""
    return "".join(part.capitalize() for part in variable.split("_"))


def _of_warehouses() -> Iterator[str]:
    for names in WAREHOUSE_VARIABLES.values():
        yield from names


def _require(told: Mapping[str, str], *names: str) -> None:
    missing = [name for name in names if name not in told]
    if missing:
        outputs = ", ".join(f"{output_name(name)} ({name})" for name in missing)
        raise StackOutputsError(f"there is no output {outputs}: give the outputs of the stack of `lake infra synth`")


def _outputs(text: str) -> dict[str, str]:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise StackOutputsError(f"they are no JSON ({error})") from error
    if isinstance(told, dict) and "Stacks" in told:
        stacks = cast("list[dict[str, Any]]", told["Stacks"])
        if len(stacks) != 1:
            raise StackOutputsError(f"they are of {len(stacks)} stacks: name one with --stack-name")
        told = stacks[0].get("Outputs", [])
    elif isinstance(told, dict) and "Outputs" in told:
        told = told["Outputs"]
    try:
        return _named(told)
    except (KeyError, TypeError, AttributeError) as error:
        raise StackOutputsError(
            "they are of no known form: save what `aws cloudformation describe-stacks` prints"
        ) from error


def _named(told: Any) -> dict[str, str]:
    """A list of outputs, an object of values, or an object of such objects by stack."""
    if isinstance(told, list):
        return {str(one["OutputKey"]): str(one["OutputValue"]) for one in cast("list[dict[str, Any]]", told)}
    named: dict[str, str] = {}
    for name, value in cast("dict[str, Any]", told).items():
        named |= {str(key): str(one) for key, one in value.items()} if isinstance(value, dict) else {name: str(value)}
    return named
