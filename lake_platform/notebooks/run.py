"""Runs a notebook with papermill and keeps what came of it, also where a cell failed."""

import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lake_platform.errors import NotebookFailedError, NotebookKernelError

if TYPE_CHECKING:
    from nbformat import NotebookNode
    from papermill.exceptions import PapermillExecutionError

Parameters = Mapping[str, object]
"""Texts, numbers and booleans by the names that they replace."""
START_SECONDS = 120
TRACEBACK_LINES = 25
_LINE = re.compile(r"Cell In\[\d+\], line (\d+)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class NotebookRunner:
    """How notebooks are run. The resource of the name `notebooks`.

    Attributes:
        environment: variables that tell the kernel where its lake is, beside those of this process.
        buckets: the folder in which buckets are directories; None where they are not on this machine.
    """

    environment: Mapping[str, str]
    buckets: Path | None = None

    def run(self, notebook: Path, *, parameters: Parameters, timeout: int) -> "Executed":
        """The notebook after its cells, in the folder of the file, whether or not one failed.

        Args:
            timeout: seconds that one cell may take.

        Raises:
            NotebookKernelError: the kernel died or did not start; another try may pass.
        """
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="lake-notebook-") as name:
            folder = Path(name)
            failure = _execute(notebook, folder, self.environment, parameters=parameters, timeout=timeout)
            done = _read(folder / "executed.ipynb")
        return Executed(done, round(time.monotonic() - began, 1), failure)

    def path_of(self, url: str) -> Path | None:
        """Where an `s3://` address is on this machine; None where it is not."""
        return None if self.buckets is None else self.buckets / url.removeprefix("s3://")


@dataclass(frozen=True)
class Executed:
    """A notebook with its outputs, the seconds it took, and the error of the cell at which it stopped."""

    notebook: "NotebookNode"
    seconds: float
    failure: NotebookFailedError | None


def _execute(
    notebook: Path, folder: Path, environment: Mapping[str, str], *, parameters: Parameters, timeout: int
) -> NotebookFailedError | None:
    # 0.8 s: papermill is imported where a notebook runs, not wherever definitions are loaded.
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from lake_platform.notebooks.kernel import NAME, kernel_manager

    try:
        papermill.execute_notebook(
            str(notebook),
            str(folder / "executed.ipynb"),
            parameters=dict(parameters),
            kernel_name=NAME,
            language="python",
            progress_bar=False,
            start_timeout=START_SECONDS,
            execution_timeout=timeout,
            kernel_manager_class=kernel_manager(folder, environment),
            # Where the cells run: papermill's own `cwd` would change that of this whole process.
            resources={"metadata": {"path": str(notebook.parent)}},
        )
    except PapermillExecutionError as error:
        return _failed(notebook.name, error)
    except CellTimeoutError:
        hint = f"a cell took more than {timeout} s: make it faster, or raise `timeout`"
        return NotebookFailedError(notebook.name, cell=None, line=None, fault=hint, traceback="")
    except (DeadKernelError, RuntimeError) as error:
        raise NotebookKernelError(notebook.name, str(error)) from error
    return None


def _failed(name: str, error: "PapermillExecutionError") -> NotebookFailedError:
    told = _COLOURS.sub("", "\n".join(error.traceback))
    found = _LINE.search(told)
    lines = str(error.source).splitlines()
    number = int(found[1]) if found else 0
    line = f"line {number}: {lines[number - 1].strip()}" if 0 < number <= len(lines) else None
    return NotebookFailedError(
        name,
        cell=error.exec_count,
        line=line,
        fault=f"{error.ename}: {_COLOURS.sub('', str(error.evalue))}",
        traceback="\n".join(told.splitlines()[-TRACEBACK_LINES:]),
    )


def _read(path: Path) -> Any:
    import nbformat

    return nbformat.read(path, as_version=4)
