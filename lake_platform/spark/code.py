"""The digest of the code that makes a layer, so that a change of code is another token."""

import hashlib
from functools import cache
from pathlib import Path

import glue_jobs
from lake_platform.contract.dataset import DatasetContract, Layer
from lake_platform.contract.fingerprint import fingerprint
from lake_platform.contract.functions import find_source
from lake_platform.errors import TransformNotFoundError


def layer_fingerprint(contract: DatasetContract, layer: Layer) -> str:
    """The fingerprint of contract and code for one layer.

    Raises:
        TransformNotFoundError: the module that `transform.run` names cannot be found.
    """
    code = ""
    if layer in ("validated", "processed"):
        code = job_code_digest()
    if layer == "processed" and contract.transform is not None:
        code += transform_digest(contract.name, contract.transform.run)
    return fingerprint(contract, layer, code=code)


def dataset_fingerprint(contract: DatasetContract) -> str:
    """Of all layers together: a refusal holds under one of these."""
    parts = [layer_fingerprint(contract, layer) for layer in contract.layers]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def fingerprints(contract: DatasetContract) -> tuple[str, str]:
    """Of all layers together, and of raw: what a look compares with."""
    return dataset_fingerprint(contract), layer_fingerprint(contract, "raw")


@cache
def job_code_digest() -> str:
    """Of all modules of `glue_jobs` but the transforms: those count for their own dataset only."""
    folder = Path(glue_jobs.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def transform_digest(dataset: str, run: str) -> str:
    """Of the module that holds a transform; it is found, not imported.

    Raises:
        TransformNotFoundError: there is no such module.
    """
    module = run.partition(":")[0]
    source = find_source(module)
    if source is None:
        raise TransformNotFoundError(dataset, module)
    return hashlib.sha256(source.read_bytes()).hexdigest()
