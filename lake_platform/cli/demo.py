"""`lake demo`: the pipelines on generated files, from landing to published tables."""

import time
from collections.abc import Sequence

import click

from lake_platform.cli.figures import dataset_figures, published_tables, render_datasets, render_tables
from lake_platform.cli.names import Chosen
from lake_platform.cli.tables import print_query
from lake_platform.cli.tick import render, run_tick
from lake_platform.contract.source import Folder
from lake_platform.definitions import build_resources, load_declarations
from lake_platform.lake.lake import Lake
from lake_platform.local.samples.registry import SAMPLES
from lake_platform.local.samples.sample import Sample
from lake_platform.settings import Settings, require_local


@click.command()
@click.argument("pipelines", nargs=-1)
@click.pass_context
def demo(ctx: click.Context, pipelines: tuple[str, ...]) -> None:
    """Land sample files of PIPELINES (default: all), run what is pending, print what happened.

    Only files that are not there yet are landed: first the ordinary ones, then what comes late, twice or rewritten. A
    second call finds nothing to do and writes no row.
    """
    settings = Settings.from_environment()
    require_local(settings, "`lake demo`")
    folder = load_declarations(settings)
    samples = chosen_samples(folder, pipelines)
    began = time.monotonic()
    failed: set[str] = set()
    for number in range(max(len(sample.deliveries) for sample in samples)):
        # All pipelines land before the first one runs: files must settle before they are read, once for all.
        due = [sample for sample in samples if number < len(sample.deliveries)]
        written = {sample.pipeline: _land(settings, sample, number) for sample in due}
        for sample in due:
            if not _run(settings, members_of(folder, sample), files=written[sample.pipeline]):
                failed.add(sample.pipeline)
    _print_results(settings, [members_of(folder, sample) for sample in samples])
    _print_samples([sample for sample in samples if sample.pipeline not in failed])
    click.echo(f"\n\n{time.monotonic() - began:.1f} s in all. Next: `make dev`, or drop a file and `lake tick`.")
    ctx.exit(1 if failed else 0)


def chosen_samples(folder: Folder, pipelines: Sequence[str]) -> list[Sample]:
    """The samples of these pipelines; of all that are defined where none is named.

    Raises:
        click.UsageError: for a pipeline without sample files, or without definitions in this folder.
    """
    known = {sample.pipeline: sample for sample in SAMPLES if members_of(folder, sample).datasets}
    if unknown := [name for name in pipelines if name not in known]:
        there = ", ".join(sorted(known)) or "none with definitions in this folder"
        raise click.UsageError(f"no sample files for {', '.join(unknown)}; there are: {there}")
    if not known:
        raise click.UsageError("none of the pipelines with sample files is defined in this folder")
    return [known[name] for name in dict.fromkeys(pipelines)] if pipelines else list(known.values())


def members_of(folder: Folder, sample: Sample) -> Chosen:
    """The datasets, tables and notebooks of a pipeline."""
    return Chosen(
        datasets=[one for one in folder.contracts if (one.group or one.name) == sample.pipeline],
        tables=[one for one in folder.derived if one.contract.path[0] == sample.pipeline],
        all_tables=folder.derived,
    )


def _land(settings: Settings, sample: Sample, number: int) -> int:
    """Lands one delivery.

    Returns:
        How many files were written.
    """
    delivery = sample.deliveries[number]
    written = delivery.write(settings.home / "s3" / settings.landing_bucket)
    click.echo(f"{sample.pipeline}: {len(written)} sample file(s) landed: {delivery.what}")
    return len(written)


def _run(settings: Settings, members: Chosen, *, files: int) -> bool:
    """Runs what is pending of one pipeline and tells it.

    Returns:
        Whether all went well.
    """
    datasets = [contract.name for contract in members.datasets]
    summary = run_tick(settings, datasets=[*datasets, *("/".join(table.contract.path) for table in members.tables)])
    if files or summary.runs:
        click.echo(render(summary))
    for run in summary.runs:
        if len(run.steps) > 1:
            steps = (f"{step.removeprefix(run.dataset + '_')} {took} s" for step, took in run.steps.items())
            click.echo(f"  {run.dataset}: {', '.join(steps)}")
    return summary.all_well


def _print_results(settings: Settings, pipelines: Sequence[Chosen]) -> None:
    lake = build_resources(settings)["lake"]
    assert isinstance(lake, Lake)
    figures = [dataset_figures(contract, lake) for members in pipelines for contract in members.datasets]
    tables = [table for members in pipelines for table in published_tables(members, lake)]
    click.echo("\n" + render_datasets(figures))
    click.echo("\n" + render_tables(tables))


def _print_samples(samples: Sequence[Sample]) -> None:
    for sample in samples:
        about, query = sample.history
        click.echo(f"\n{about}")
        print_query(query)
    for sample in samples:
        click.echo(f"\n{sample.pipeline}: `{sample.look}`", nl=False)
