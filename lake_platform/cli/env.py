"""`lake env`: the variables of the AWS backend, from the outputs of its stack."""

import shlex
from typing import TextIO

import click


@click.command()
@click.option(
    "--from-stack-outputs",
    "outputs",
    type=click.File(encoding="utf-8"),
    required=True,
    help="What `aws cloudformation describe-stacks --stack-name NAME` prints, in a file; - is standard input.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["shell", "dotenv"]),
    default="shell",
    show_default=True,
    help="`export NAME=value` for a shell, or NAME=value.",
)
def env(outputs: TextIO, form: str) -> None:
    """Print the variables that LAKE_BACKEND=aws reads, for a shell or a file.

    They hold names and addresses and no secret: passwords and keys stay with the services that made them.
    """
    from lake_platform.aws.stack_outputs import read_variables

    before = "export " if form == "shell" else ""
    for name, value in read_variables(outputs.read()).items():
        click.echo(f"{before}{name}={shlex.quote(value)}")
