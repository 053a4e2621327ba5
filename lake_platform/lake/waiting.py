"""When partitions have to wait for the datasets that their transform reads."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.inputs import Inputs, InputState, published_inputs
from lake_platform.lake.lake import Lake
from lake_platform.lake.landing import scan
from lake_platform.lake.pending import REFUSED, pending

Fingerprints = Callable[[DatasetContract], tuple[str, str]]
"""From a contract to the fingerprints of all its layers together, and of raw."""


def look_at_inputs(lake: Lake, contract: DatasetContract, *, now: dt.datetime, fingerprints: Fingerprints) -> Inputs:
    """The inputs of a dataset, each with the reason to wait for it.

    One is waited for while files of it are on their way to its last layer, and until it was published at all. What of
    it was refused is not waited for: its last good rows stay.
    """
    found = published_inputs(lake, contract)
    states: dict[str, InputState] = {}
    for name, state in found.states.items():
        read = contract.input_contract(contract.inputs[name].dataset)
        coming = _coming(lake, read, now=now, fingerprints=fingerprints)
        waits = None
        if coming:
            waits = f"waits for {read.name}: {_told(coming)} on the way"
        elif state.version is None:
            waits = f"waits for {read.name}: nothing of it is published yet"
        states[name] = replace(state, waits=waits)
    return Inputs(states)


def _coming(lake: Lake, contract: DatasetContract, *, now: dt.datetime, fingerprints: Fingerprints) -> list[str]:
    """The partitions whose files did not reach the last layer, without the refused ones."""
    landing = scan(lake.landing, contract, now=now, settle=lake.settle_of(contract))
    whole, raw = fingerprints(contract)
    inputs = look_at_inputs(lake, contract, now=now, fingerprints=fingerprints)
    found = pending(lake, contract, landing, now=now, fingerprint=whole, raw_fingerprint=raw, inputs=inputs)
    held = [partition for partition, why in found.held.items() if not why.startswith(REFUSED)]
    return sorted({*found.partitions, *held, *landing.unsettled})


def _told(partitions: list[str]) -> str:
    shown = ", ".join(partitions[:3])
    return f"{shown} and {len(partitions) - 3} more are" if len(partitions) > 3 else f"{shown} is"
