"""The function that `transform.run` names, read from its source: importing it would import Spark."""

import ast
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path

from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.faults import Problem, closest

_RUN = ("transform", "run")


def find_function_problems(contract: DatasetContract) -> Iterator[Problem]:
    """A module or function that is not there, and parameters that do not go with `transform.inputs`."""
    transform = contract.transform
    if transform is None:
        return
    module, _, name = transform.run.partition(":")
    source = find_source(module)
    if source is None:
        hint = "put it below glue_jobs/transforms/, or make its package importable"
        yield Problem(_RUN, f"the module {module!r} cannot be found", hint)
        return
    try:
        body = ast.parse(source.read_bytes()).body
    except SyntaxError as error:
        yield Problem(_RUN, f"{source.name} is no Python: {error.msg} in line {error.lineno}", "mend it")
        return
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    if name in functions:
        yield from _parameters(functions[name].args, name, list(transform.inputs))
    elif name not in _other_names(body):
        yield Problem(_RUN, f"the module {module!r} has no function {name!r}", closest(name, functions))


def find_source(module: str) -> Path | None:
    """The file of a module; the packages above it are imported, the module is not."""
    try:
        spec = importlib.util.find_spec(module)
    except ImportError:
        return None
    return Path(spec.origin) if spec is not None and spec.origin is not None and spec.has_location else None


def _parameters(arguments: ast.arguments, function: str, inputs: Sequence[str]) -> Iterator[Problem]:
    """The first parameter takes the rows; the others are inputs, by name."""
    positional = [*arguments.posonlyargs, *arguments.args]
    if not positional and arguments.vararg is None:
        yield Problem(_RUN, f"{function!r} has no parameter for the rows", "give it one, before those for inputs")
        return
    named = [each.arg for each in positional[1:]] + [each.arg for each in arguments.kwonlyargs]
    for name in inputs:
        if name not in named and arguments.kwarg is None:
            message = f"{function!r} has no parameter {name!r}"
            hint = closest(name, named) if named else "it takes the rows only"
            yield Problem(("transform", "inputs", name), message, hint)
    optional = [each.arg for each in positional[len(positional) - len(arguments.defaults) :]]
    optional += [each.arg for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value]
    for name in named:
        if name not in inputs and name not in optional:
            hint = f"add it: inputs: {{{name}: DATASET}}"
            yield Problem(("transform", "inputs"), f"{function!r} wants an input {name!r}", hint)


def _other_names(body: Sequence[ast.stmt]) -> set[str]:
    """What a module names by assignments and imports; such a function is seen when it runs."""
    names: set[str] = set()
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names
