"""`lake rehearse`: the pipelines on the AWS backend, with servers on this machine in AWS's place."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from tabulate import tabulate

from lake_platform.cli.rehearsal import CallsOf, Rehearsal, run_rehearsal


@click.command()
@click.argument("pipelines", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--calls",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file which calls of AWS were made, by whom and of what.",
)
@click.option("--with-failure", is_flag=True, help="Let Glue fail the first run on AWS, and run again what it left.")
def rehearse(pipelines: tuple[str, ...], as_json: bool, calls: Path | None, with_failure: bool) -> None:
    """Run PIPELINES (default: all with sample files) on the AWS backend and compare its tables with the local backend's.

    Real clients talk to servers on 127.0.0.1: S3, SQS, SNS, Glue Data Catalog, Secrets Manager and logs are played by
    moto, Glue jobs and Redshift by the platform's own endpoints, which really run the deployed scripts and the SQL. Only
    addresses, credentials and names in the environment differ from a real account. Nothing of it stays but a log file,
    named at the end, where the backends do not agree.

    Exit code 1 where a table differs, or a run ended otherwise than its twin here.
    """
    done = run_rehearsal(pipelines, tell=not as_json, with_failure=with_failure)
    if calls is not None:
        write_record(calls, done.record)
    click.echo(json.dumps(_document(done), indent=2) if as_json else _rendered(done))
    if not done.all_well:
        raise SystemExit(1)


def write_record(file: Path, record: Sequence[Mapping[str, str]]) -> None:
    """One call a line, so that two records can be compared line by line."""
    lines = ",\n".join(json.dumps(call) for call in record)
    file.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _document(done: Rehearsal) -> dict[str, Any]:
    return {
        "equal": done.all_well,
        "tables": {name: len(rows) for name, (_, rows) in done.aws.tables.items()},
        "differences": [asdict(each) for each in done.differences],
        "runs": done.unlike,
        "seconds": {"local": done.local.seconds, "aws": done.aws.seconds},
        "calls": [asdict(each) for each in done.aws.calls],
        "log": str(done.log) if done.log is not None else None,
    }


def _rendered(done: Rehearsal) -> str:
    tables = [[name, len(rows)] for name, (_, rows) in sorted(done.aws.tables.items())]
    phases = list(dict.fromkeys([*done.aws.seconds, *done.local.seconds]))
    seconds = [[phase, done.local.seconds.get(phase, ""), done.aws.seconds.get(phase, "")] for phase in phases]
    parts = [
        tabulate(tables, headers=["table", "rows"]),
        tabulate(seconds, headers=["seconds", "local", "AWS"]),
        _calls(done.aws.calls),
        *(f"DIFFERENT: {each.table} {each.told} {each.example or ''}" for each in done.differences),
        *(f"DIFFERENT: {run}" for run in done.unlike),
        *([f"what all of it printed: {done.log}"] if done.log is not None else []),
        f"{len(done.aws.tables)} table(s), {'equal row for row' if done.all_well else 'NOT equal'}",
    ]
    return "\n\n".join(["", *parts])


def _calls(found: Sequence[CallsOf]) -> str:
    rows = [
        [each.what, actor, sum(made.values()), ", ".join(f"{kind} {n}" for kind, n in _most_first(made))]
        for each in found
        for actor, made in each.made.items()
    ]
    return tabulate(rows, headers=["calls of AWS", "by", "in all", "of which"], maxcolwidths=[30, 12, 6, 70])


def _most_first(made: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(made.items(), key=lambda each: -each[1])
