"""`lake infra`: the infrastructure of the AWS backend, made from the definitions that Dagster loads."""

import json
import subprocess
import tempfile
from pathlib import Path

import click

from lake_platform.cli.environment import project_file
from lake_platform.errors import InfraNotSetUpError
from lake_platform.settings import Settings

_ENVIRONMENT = Path(".venv") / "bin" / "python"


@click.group()
def infra() -> None:
    """The infrastructure of the AWS backend: a CloudFormation template from the dataset files.

    Works in a checkout of the project, in the environment that `make infra-setup` makes. Touches no account.
    """


@infra.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; default: standard output.",
)
def declaration(out: Path | None) -> None:
    """Print what the datasets need of an account: all that the infrastructure is told of them."""
    text = declaration_text()
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    click.echo(out)


@infra.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/infra"),
    show_default=True,
    help="The folder for the templates.",
)
def synth(out: Path) -> None:
    """Write the CloudFormation templates. The same definitions give the same bytes."""
    run_infra("synth", "--out", str(out.absolute()))


def run_infra(command: str, *arguments: str) -> None:
    """Runs a command of the infrastructure's own environment on the declaration of the definitions folder.

    Raises:
        InfraNotSetUpError: there is no checkout, or no environment in it.
        SystemExit: the command failed; its exit code.
    """
    text = declaration_text()
    home = project_file("infra/requirements.txt", Path.cwd()).parent
    python = home / _ENVIRONMENT
    if not python.is_file():
        raise InfraNotSetUpError(home)
    with tempfile.TemporaryDirectory(prefix="lake-infra-") as folder:
        file = Path(folder) / "declaration.json"
        file.write_text(text, encoding="utf-8")
        run = [str(python), "-m", "lake_infra", command, "--declaration", str(file), *arguments]
        done = subprocess.run(run, cwd=home, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def declaration_text() -> str:
    """The declaration of the definitions folder, as it is committed."""
    from lake_platform.aws.declaration import build_declaration
    from lake_platform.definitions import load_declarations

    return json.dumps(build_declaration(load_declarations(Settings.from_environment())), indent=2) + "\n"
