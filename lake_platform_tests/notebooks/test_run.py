"""Notebooks in real kernels: what they give, how they fail, where they listen."""

import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from lake_platform.errors import NotebookFailedError
from lake_platform.notebooks.outputs import find_figures, find_plots, render_html, render_ipynb
from lake_platform.notebooks.run import Executed, NotebookRunner

pytestmark = pytest.mark.notebook

SECONDS = 120
FIGURE = (
    "from IPython.display import display\n"
    "display({'application/vnd.lake_platform.figure+json': {'name': 'total', 'value': total}, 'text/plain': ''}, raw=True)"
)
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
LISTENING = (
    "import psutil, os\n"
    "{c.laddr.ip for p in [psutil.Process(os.getpid())] for c in p.net_connections('inet') if c.status == 'LISTEN'}"
)


def write(folder: Path, *sources: str) -> Path:
    """A notebook whose first cell holds the parameters."""
    cells = [new_code_cell(source) for source in sources]
    cells[0]["metadata"]["tags"] = ["parameters"]
    path = folder / "some report.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def run(path: Path, *, timeout: int = SECONDS, **parameters: int | str) -> Executed:
    return NotebookRunner({"LAKE_HOME": "/a $home"}).run(path, parameters=parameters, timeout=timeout)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    """One run that shows all that a good notebook shows."""
    ask = "import os, sys\n(sys.executable, os.environ['LAKE_HOME'], os.getcwd(), os.environ['IPYTHONDIR'])"
    path = write(tmp_path_factory.mktemp("notebook"), "total = 1", FIGURE, PLOT, ask, LISTENING)
    return run(path, total=41)


def value(done: Executed, cell: int) -> str:
    """The text of the result of a cell."""
    return str(done.notebook.cells[cell].outputs[-1]["data"]["text/plain"])


def test_it_runs_in_this_python_in_the_folder_of_the_file(done: Executed, tmp_path: Path) -> None:
    executable, home, folder, settings = eval(value(done, -2))

    assert done.failure is None
    assert (executable, home) == (sys.executable, "/a $home")
    assert Path(folder).name.startswith("notebook")
    assert not Path(settings).exists(), "what IPython keeps is gone with the run"
    assert Path.cwd() != Path(folder)


def test_it_listens_on_the_loopback_at_most(done: Executed) -> None:
    assert value(done, -1) in ("set()", "{'127.0.0.1'}")


def test_parameters_take_the_place_of_the_first_cell(done: Executed) -> None:
    assert find_figures(done.notebook) == {"total": "41"}


def test_plots_are_found_and_are_in_the_page(done: Executed) -> None:
    (plot,) = find_plots(done.notebook)

    page = render_html(done.notebook).decode()
    assert plot.startswith("iVBOR")
    assert plot[:200] in page.replace("\n", "")
    assert "cdnjs" not in page
    assert 'src="http' not in page


def test_the_file_that_is_kept_is_a_notebook(done: Executed) -> None:
    kept = nbformat.reads(render_ipynb(done.notebook).decode(), as_version=4)

    nbformat.validate(kept)
    assert find_figures(kept) == {"total": "41"}


def test_a_cell_that_raises_is_told_with_its_line_and_what_came_before_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path, "total = 1", FIGURE, "a = 1\nassert total == 2, 'revenue differs'\nb = 2", "never = 1")

    done = run(path)

    failure = done.failure
    assert isinstance(failure, NotebookFailedError)
    assert failure.fault == "AssertionError: revenue differs"
    assert failure.line == "line 2: assert total == 2, 'revenue differs'"
    assert "----> 2 assert total == 2" in failure.traceback
    assert "\x1b" not in str(failure)
    assert str(failure).startswith("some report.ipynb cell In [3], line 2: assert")
    assert find_figures(done.notebook) == {"total": "1"}


def test_a_cell_that_does_not_compile_is_told(tmp_path: Path) -> None:
    failure = run(write(tmp_path, "x = 1", "y = (")).failure

    assert failure is not None
    assert failure.fault.startswith("SyntaxError")


def test_a_cell_that_takes_too_long_is_told(tmp_path: Path) -> None:
    failure = run(write(tmp_path, "import time", "time.sleep(60)"), timeout=1).failure

    assert failure is not None
    assert "more than 1 s" in failure.fault
