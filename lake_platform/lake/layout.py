"""Every key of the lake, in one place."""

import hashlib

from lake_platform.contract.dataset import Layer


def raw_key(dataset: str, partition: str, *, key: str, identity: str, suffix: str = "") -> str:
    """Where the copy of one identity of a landing key is: a name that no reader can misunderstand."""
    digest = hashlib.sha256(f"{len(key)}:{key}{identity}".encode("utf-8", "surrogateescape")).hexdigest()
    return f"raw/{dataset}/{partition}/{digest}{suffix}"


def data_key(layer: str, dataset: str, job_token: str, *, attempt: str) -> str:
    """The folder that one attempt of a Spark job writes into."""
    return f"{layer}/{dataset}/{job_token}/{attempt}"


def versions_prefix(dataset: str, layer: Layer) -> str:
    """Below it, one log of numbered documents a partition."""
    return f"versions/{dataset}/{layer}"


def refusals_prefix(dataset: str) -> str:
    """Below it, the refusals of each partition."""
    return f"refusals/{dataset}"


def attempts_prefix(dataset: str) -> str:
    """Below it, the attempts at each partition."""
    return f"attempts/{dataset}"


def manifest_key(dataset: str, layer: Layer, *, partition: str, token: str) -> str:
    """The manifest of one document."""
    return f"manifests/{dataset}/{layer}/{partition}/{token}.json"


def job_request_key(dataset: str, job_token: str) -> str:
    """What a Spark job was asked."""
    return f"jobs/{dataset}/{job_token}/request.json"


def job_report_key(dataset: str, job_token: str) -> str:
    """What a Spark job answered; written last."""
    return f"jobs/{dataset}/{job_token}/report.json"
