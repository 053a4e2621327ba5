"""`python -m lake_infra`: what `lake infra` runs in this environment."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from lake_infra.declaration import DeclarationError, read_declaration
from lake_infra.findings import FindingsError
from lake_infra.policy.errors import PolicyError
from lake_infra.report.commands import TemplateFileError, add_cost, add_diff
from lake_infra.report.prices import PriceTableError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 2 where what it was given cannot be used."""
    parser = argparse.ArgumentParser(prog="lake_infra", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    synth = commands.add_parser("synth", help="write the templates")
    synth.add_argument("--declaration", type=Path, required=True, help="what `lake infra declaration` wrote")
    synth.add_argument("--out", type=Path, required=True, help="the folder for the templates")
    synth.set_defaults(run=_synth)
    add_diff(commands.add_parser("diff", help="what would change: resources and permissions"))
    add_cost(commands.add_parser("cost", help="what a month costs"))
    told = parser.parse_args(arguments)
    try:
        return told.run(told)
    except (DeclarationError, FindingsError, PolicyError, PriceTableError, TemplateFileError) as error:
        print(error, file=sys.stderr)
        return 2


def _synth(told: argparse.Namespace) -> int:
    # Importing CDK takes seconds, which the other commands need not wait for.
    from lake_infra.templates import write_templates

    for line in write_templates(read_declaration(told.declaration), told.out):
        print(line)
    return 0


if __name__ == "__main__":
    # Who reads no further, as `head` does, ends it as it ends other programs.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    raise SystemExit(main())
