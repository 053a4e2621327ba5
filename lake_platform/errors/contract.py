"""Errors of dataset files and of what their author asks for."""

from collections.abc import Sequence

from lake_platform.errors.base import TerminalError


class TransformNotFoundError(TerminalError):
    """The module of a transform cannot be found."""

    def __init__(self, dataset: str, module: str) -> None:
        super().__init__(
            f"{dataset}: transform.run names the module {module!r}, which cannot be found. "
            "Put it below glue_jobs/transforms/ or make its package importable."
        )


class InputUnknownError(TerminalError):
    """A transform reads a dataset that is not declared."""

    def __init__(self, dataset: str, wanted: str) -> None:
        super().__init__(
            f"{dataset}: transform.inputs names {wanted!r}, which is no dataset of the definitions folder: run `lake check`."
        )
        self.dataset, self.wanted = dataset, wanted


class ContractError(TerminalError):
    """Definition files with faults; the message lists all of them."""

    def __init__(self, faults: Sequence[object]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class SelectError(TerminalError):
    """The SELECT of a table made in the warehouse cannot be used."""

    def __init__(self, table: str, file: str, *, line: int, problem: str) -> None:
        super().__init__(f"{table}: {file}:{line}: {problem}. `lake check` lists every fault.")
        self.table, self.file, self.line = table, file, line


class SampleError(TerminalError):
    """The files of a sample cannot be made one dataset."""

    def __init__(self, sample: str, fault: str) -> None:
        super().__init__(f"{sample}: {fault}")
        self.sample, self.fault = sample, fault


class DefinitionExistsError(TerminalError):
    """There is a definition file where one is to be written."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} exists and is left as it is: choose another name, or say --force to replace it")
        self.file = file


class UnknownTypeError(TerminalError, ValueError):
    """A type that is not in the type table."""

    def __init__(self, text: str, hint: str, *, known: Sequence[str]) -> None:
        told = f"{hint}; " if hint else ""
        super().__init__(f"unknown type {text!r}: {told}there are: {', '.join(known)}")
        self.text, self.hint = text, hint


class RuleSyntaxError(TerminalError, ValueError):
    """The text of a rule or of a condition cannot be read, or asks for something that is not supported."""

    def __init__(self, fault: str, hint: str = "") -> None:
        super().__init__(fault + (f"; {hint}" if hint else ""))
        self.fault, self.hint = fault, hint


class UnknownDatasetError(TerminalError):
    """A notebook asks for a dataset that is not declared."""

    def __init__(self, dataset: str, hint: str) -> None:
        super().__init__(f"there is no dataset {dataset!r}: {hint}")
