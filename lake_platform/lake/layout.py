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


def table_versions_prefix(key: str) -> str:
    """Below it, the documents of a table made in the warehouse, one log a partition.

    Args:
        key: `group.name`: no dataset has a dot in its name.
    """
    return f"versions/{key}/table"


def notebooks_prefix(key: str) -> str:
    """Below it, what the runs of a notebook left: `<token>/<attempt>/`.

    Args:
        key: its `group.name`.
    """
    return f"notebooks/{key}/"


def refusals_prefix(dataset: str) -> str:
    """Below it, the refusals of each partition."""
    return f"refusals/{dataset}"


def attempts_prefix(dataset: str) -> str:
    """Below it, the attempts at each partition."""
    return f"attempts/{dataset}"


def manifest_key(dataset: str, layer: Layer, *, partition: str, token: str) -> str:
    """The manifest of one document."""
    return f"manifests/{dataset}/{layer}/{partition}/{token}.json"


def run_manifest_key(dataset: str, digest: str) -> str:
    """The manifest that joins the partitions of one COPY."""
    return f"manifests/{dataset}/runs/{digest}.json"


def raw_prefix(dataset: str) -> str:
    """Below it, the copies of all landed files of a dataset."""
    return layer_prefix(dataset, "raw")


def layer_prefix(dataset: str, layer: str) -> str:
    """Below it, the files of a layer."""
    return f"{layer}/{dataset}/"


def data_prefixes(dataset: str) -> tuple[str, ...]:
    """Below them, what Spark jobs wrote for a dataset."""
    return tuple(layer_prefix(dataset, layer) for layer in ("validated", "quarantine", "processed"))


def manifests_prefix(dataset: str) -> str:
    """Below it, all manifests of a dataset."""
    return f"manifests/{dataset}/"


def jobs_prefix(dataset: str) -> str:
    """Below it, what the jobs of a dataset were asked and answered."""
    return f"jobs/{dataset}/"


def reports_prefix(dataset: str) -> str:
    """Below it, which keys that belong to no partition were told already."""
    return f"reports/{dataset}"


CATALOG_PREFIX = "catalog/"
"""Below it, the documents of the catalog."""


def catalog_prefix(name: str) -> str:
    """Below it, what the catalog says of one table, `database.table`."""
    return f"{CATALOG_PREFIX}{name}"


def alerts_prefix(receiver: str) -> str:
    """Below it, where each message to a receiver stands."""
    return f"alerts/{receiver}"
