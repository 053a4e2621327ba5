"""Errors of notebooks."""

from lake_platform.errors.base import TerminalError, TransientError


class NotebookFailedError(TerminalError):
    """A cell of a notebook raised, or took too long.

    Attributes:
        told: what happened where, in one line.
        traceback: the tail of the cell's own traceback, without colours.
    """

    def __init__(self, notebook: str, *, cell: int | None, line: str | None, fault: str, traceback: str) -> None:
        place = "" if cell is None else f" cell In [{cell}]" + (f", {line}" if line else "")
        self.told = f"{notebook}{place}: {fault}"
        super().__init__(f"{self.told}\n{traceback}" if traceback else self.told)
        self.notebook, self.cell, self.line, self.fault, self.traceback = notebook, cell, line, fault, traceback


class NotebookKernelError(TransientError):
    """The kernel of a notebook did not start, or died."""

    def __init__(self, notebook: str, detail: str) -> None:
        super().__init__(f"{notebook}: its kernel did not start, or died: {detail}. A cell may have taken all memory.")
