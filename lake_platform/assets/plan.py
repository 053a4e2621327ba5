"""Which partitions of a step have work, and what stands for the others already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lake_platform.contract.dataset import LAYERS, DatasetContract, Layer
from lake_platform.lake.lake import Lake
from lake_platform.lake.refusals import Refusal, latest_refusal
from lake_platform.lake.token import token
from lake_platform.lake.versions import VersionDocument


@dataclass(frozen=True)
class Absent:
    """Nothing to work on: the layer before has no document."""

    partition: str


@dataclass(frozen=True)
class Current:
    """The document of this layer carries the token of the work already."""

    partition: str
    document: VersionDocument


@dataclass(frozen=True)
class Refused:
    """The work was refused under this token before, and would be again."""

    partition: str
    refusal: Refusal


@dataclass(frozen=True)
class Todo:
    """Work: what it reads, the token of the result, and the number of the document that it will replace."""

    partition: str
    token: str
    source: VersionDocument
    after: int


Plan = Absent | Current | Refused | Todo


def plan_step(
    contract: DatasetContract,
    layer: Layer,
    *,
    lake: Lake,
    partitions: Sequence[str],
    fingerprint: str,
    inputs: Mapping[str, str] | None = None,
) -> list[Plan]:
    """One plan for each partition, in their order.

    The token is made of the token of the layer before; after raw, of its content: a duplicate or a refused file beside
    the accepted ones makes a new raw document, but no work.

    Args:
        inputs: the versions of other datasets that the work reads, by the transform's names.
    """
    read = [f"{name}:{version}" for name, version in sorted((inputs or {}).items())]
    source = lake.log(contract.name, LAYERS[LAYERS.index(layer) - 1])
    log = lake.log(contract.name, layer)
    plans: list[Plan] = []
    for partition in partitions:
        before, latest = source.latest(partition), log.latest(partition)
        if before is None:
            plans.append(Absent(partition))
            continue
        made_of = before.body["content"] if layer == "validated" else before.token
        work = token(contract.name, layer, partition, [made_of, *read], fingerprint)
        refusal = latest_refusal(lake.lake, contract.name, partition)
        if latest is not None and latest.token == work:
            plans.append(Current(partition, latest))
        elif refusal is not None and refusal.token == work:
            plans.append(Refused(partition, refusal))
        else:
            plans.append(Todo(partition, work, before, latest.number if latest else 0))
    return plans
