"""One run of a notebook: whether there is one to do, what is kept of it, and what became of it.

| the cells | outcome |
| --- | --- |
| all run to their end | published: a document names the executed notebook, its page and its figures |
| one asserts what does not hold | refused for these inputs: the same again would say the same |
| one raises anything else | the run fails; it is tried again as any other failed run, with a pause |

What was executed is kept in each case.
"""

import datetime as dt
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import dagster as dg

from lake_platform.assets.metadata import PREFIX
from lake_platform.assets.results import CheckOutcome, PartitionResult, absent
from lake_platform.contract.fingerprint import notebook_fingerprint
from lake_platform.contract.notebook import BoundNotebook
from lake_platform.contract.partitions import ALL
from lake_platform.errors import NotebookFailedError
from lake_platform.lake.lake import Lake
from lake_platform.lake.layout import notebooks_prefix
from lake_platform.lake.refusals import Refusal, latest_refusal, record_attempt, refuse
from lake_platform.lake.table_inputs import InputReader, Versions
from lake_platform.lake.table_pending import table_pending
from lake_platform.lake.token import digest, token
from lake_platform.lake.versions import VersionDocument
from lake_platform.notebooks.outputs import find_figures, find_plots, render_html, render_ipynb
from lake_platform.notebooks.run import Executed, NotebookRunner

LAYER = "notebook"
RAN = "cells_ran"
MAX_PLOTS, MAX_PLOT_BYTES = 8, 1_000_000
"""What is put into Dagster's event log; the page in the lake has all."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """A run to do: what it reads, and the number of the document that it will replace."""

    token: str
    content: str
    versions: Versions
    fingerprint: str
    after: int


@dataclass(frozen=True)
class Kept:
    """Where the executed notebook and its page are."""

    notebook: str
    page: str


def run_partition(notebook: BoundNotebook, *, lake: Lake, runner: NotebookRunner, run_id: str) -> PartitionResult:
    """Runs the notebook if it has not run on these versions of its inputs.

    Raises:
        NotebookKernelError: the kernel died; another try may pass.
        dagster.Failure: a cell raised something that is no assertion.
    """
    inputs, fingerprint = InputReader(lake), notebook_fingerprint(notebook)
    _record_attempt(notebook, lake=lake, inputs=inputs, fingerprint=fingerprint, run_id=run_id)
    plan = _plan(notebook, lake=lake, inputs=inputs, fingerprint=fingerprint)
    if isinstance(plan, PartitionResult):
        return plan
    contract = notebook.contract
    done = runner.run(notebook.file, parameters=contract.parameters, timeout=contract.timeout)
    kept = _keep(notebook, lake, work=plan, done=done)
    if done.failure is not None:
        return _failed(notebook, lake, plan, failure=done.failure, links=_links(kept, runner), kept=kept)
    figures = find_figures(done.notebook)
    body = {
        "inputs": dict(plan.versions),
        "content": plan.content,
        **asdict(kept),
        "figures": figures,
        "seconds": done.seconds,
    }
    lake.table_log(contract.key).publish(ALL, body, token=plan.token, after=plan.after)
    return PartitionResult(
        partition=ALL,
        state="published",
        token=plan.token,
        checks=[CheckOutcome(RAN, passed=True, metadata=figures)],
        metadata={**_links(kept, runner), **_shown(done), f"{PREFIX}token": plan.token},
    )


def _record_attempt(notebook: BoundNotebook, *, lake: Lake, inputs: InputReader, fingerprint: str, run_id: str) -> None:
    now = dt.datetime.now(dt.UTC)
    wanted = table_pending(notebook, lake=lake, inputs=inputs, now=now, fingerprint=fingerprint).partitions
    if ALL in wanted:
        record_attempt(lake.lake, notebook.contract.key, ALL, state=wanted[ALL], run_id=run_id)


def _plan(notebook: BoundNotebook, *, lake: Lake, inputs: InputReader, fingerprint: str) -> Work | PartitionResult:
    """What there is to run, or what stands for it already."""
    versions, key = inputs.versions(notebook).get(ALL), notebook.contract.key
    if versions is None:
        return absent(ALL)
    content = digest(dict(versions))
    work = token(key, LAYER, ALL, [content], fingerprint)
    latest, told = lake.table_log(key).latest(ALL), latest_refusal(lake.lake, key, ALL)
    if latest is not None and latest.token == work:
        return PartitionResult(partition=ALL, state="unchanged", token=work, checks=stored_notebook_checks(latest))
    if told is not None and told.token == work:
        return _refused(told)
    after = latest.number if latest else 0
    return Work(token=work, content=content, versions=versions, fingerprint=fingerprint, after=after)


def stored_notebook_checks(document: VersionDocument) -> list[CheckOutcome]:
    """What the check of a published document said: it is published only where the cells ran."""
    return [CheckOutcome(RAN, passed=True, metadata=document.body["figures"])]


def _keep(notebook: BoundNotebook, lake: Lake, *, work: Work, done: Executed) -> Kept:
    stem = Path(notebook.contract.notebook).stem
    folder = f"{notebooks_prefix(notebook.contract.key)}{work.token}/{uuid.uuid4().hex[:12]}"
    files = {f"{folder}/{stem}.ipynb": render_ipynb(done.notebook), f"{folder}/{stem}.html": render_html(done.notebook)}
    for key, content in files.items():
        lake.lake.put(key, content)
    return Kept(*(lake.lake.url(key) for key in files))


def _failed(
    notebook: BoundNotebook,
    lake: Lake,
    work: Work,
    *,
    failure: NotebookFailedError,
    links: dict[str, object],
    kept: Kept,
) -> PartitionResult:
    if not failure.fault.startswith("AssertionError"):
        raise dg.Failure(description=str(failure), metadata=links, allow_retries=False) from failure  # pyright: ignore[reportArgumentType] Dagster normalises raw values
    checks = [CheckOutcome(RAN, passed=False, description=str(failure), metadata=asdict(kept))]
    refusal = Refusal(
        token=work.token,
        content=work.content,
        fingerprint=work.fingerprint,
        layer=LAYER,
        gate=RAN,
        reason=failure.told,
        checks=[asdict(check) for check in checks],
        figures=asdict(kept),
    )
    refuse(lake.lake, notebook.contract.key, ALL, refusal)
    return _refused(refusal)


def _refused(refusal: Refusal) -> PartitionResult:
    """The failure of the run tells the traceback too, the refusal only the line."""
    checks = [CheckOutcome(**check) for check in refusal.checks]
    return PartitionResult(
        partition=ALL,
        state="refused",
        token=refusal.token,
        reason=f"{refusal.gate}: {checks[0].description}",
        checks=checks,
    )


def _links(kept: Kept, runner: NotebookRunner) -> dict[str, object]:
    """Where to look: Dagster opens a notebook and shows a path where they are on this machine."""
    notebook, page = runner.path_of(kept.notebook), runner.path_of(kept.page)
    if notebook is None or page is None:
        return {
            f"{PREFIX}notebook": dg.MetadataValue.url(kept.notebook),
            f"{PREFIX}page": dg.MetadataValue.url(kept.page),
        }
    return {
        f"{PREFIX}notebook": dg.MetadataValue.notebook(str(notebook)),
        f"{PREFIX}page": dg.MetadataValue.path(str(page)),
    }


def _shown(done: Executed) -> dict[str, object]:
    plots = find_plots(done.notebook)
    metadata: dict[str, object] = {f"figure/{name}": value for name, value in find_figures(done.notebook).items()}
    metadata |= {f"{PREFIX}seconds": done.seconds, f"{PREFIX}plots": len(plots)}
    room = MAX_PLOT_BYTES
    for number, plot in enumerate(plots[:MAX_PLOTS], start=1):
        room -= len(plot)
        if room < 0:
            break
        metadata[f"plot/{number}"] = dg.MetadataValue.md(f"![plot {number}](data:image/png;base64,{plot})")
    return metadata
