"""What a transform reads of another dataset: which rows count as published, and the version that they are.

Of a snapshot the newest partition that was processed is read, of events all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lake_platform.contract.dataset import DatasetContract
from lake_platform.lake.lake import Lake
from lake_platform.lake.token import digest
from lake_platform.lake.versions import VersionDocument

INPUTS = "inputs"
"""The field of a document's body with the versions of the inputs; each layer hands it on to the next."""


@dataclass(frozen=True)
class InputVersion:
    """The published rows of a dataset: its processed documents, by partition."""

    dataset: str
    documents: Mapping[str, VersionDocument]

    @property
    def token(self) -> str:
        """The digest of what is read; other rows give another one."""
        return digest([[partition, document.token] for partition, document in sorted(self.documents.items())])


@dataclass(frozen=True, kw_only=True)
class InputState:
    """One input as a look finds it.

    Attributes:
        version: what would be read now; None where nothing was published yet.
        waits: why a partition has to wait for it; None where it need not.
        refreshes: whether a newer version re-runs what is published.
    """

    version: InputVersion | None
    waits: str | None = None
    refreshes: bool = False


InputStates = Mapping[str, InputState]
"""By the name of the transform's parameter."""


@dataclass(frozen=True)
class Inputs:
    """All inputs of a dataset at one moment; empty for one that reads none."""

    states: InputStates = field(default_factory=dict[str, InputState])

    @property
    def waits(self) -> str | None:
        """Why partitions have to wait; None where they need not."""
        told = [state.waits for state in self.states.values() if state.waits]
        return "; ".join(told) or None

    def tokens(self, *, refreshing_only: bool = False) -> dict[str, str]:
        """The versions by parameter, of those that were published."""
        return {
            name: state.version.token
            for name, state in self.states.items()
            if state.version and (state.refreshes or not refreshing_only)
        }

    def document_numbers(self) -> dict[str, dict[str, object]]:
        """For a document: which documents of which dataset were read, by partition."""
        return {
            name: {
                "dataset": state.version.dataset,
                "documents": {partition: each.number for partition, each in state.version.documents.items()},
            }
            for name, state in self.states.items()
            if state.version
        }

    def is_fresh(self, document: VersionDocument) -> bool:
        """Whether a document was made of the versions that are published now, as far as newer ones refresh it."""
        made_of = document.body.get(INPUTS, {})
        return all(made_of.get(name) == token for name, token in self.tokens(refreshing_only=True).items())


def published_version(lake: Lake, contract: DatasetContract) -> InputVersion | None:
    """What a transform reads of this dataset now; None where nothing was published yet."""
    documents = lake.log(contract.name, "processed").latest_documents()
    if not documents:
        return None
    newest = max(documents)
    read = {newest: documents[newest]} if contract.arrives.delivers == "snapshot" else documents
    return InputVersion(contract.name, read)


def published_inputs(lake: Lake, contract: DatasetContract) -> Inputs:
    """The versions that a run reads, whether or not newer files of them are on their way."""
    return Inputs(
        {
            name: InputState(
                version=published_version(lake, contract.input_contract(each.dataset)),
                refreshes=each.refresh == "always",
            )
            for name, each in contract.inputs.items()
        }
    )
