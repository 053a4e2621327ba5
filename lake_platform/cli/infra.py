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


@infra.command()
@click.option(
    "--template",
    default="lake",
    show_default=True,
    help="The name of the template: lake, lake-cluster, lake-sales, dagster.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A template to compare with, such as `aws cloudformation get-template` prints; default: the committed one.",
)
def diff(template: str, against: Path | None) -> None:
    """Say what would change if the template of the dataset files were deployed: resources, and who may do what.

    Exit code 0 where nothing differs, 1 where something does, 2 where it cannot be told.
    """
    other = ["--against", str(against.absolute())] if against is not None else []
    run_infra("diff", "--template", template, *other)


@infra.command()
@click.option(
    "--template",
    default="lake",
    show_default=True,
    help="The name of the template: lake, lake-cluster, lake-sales, dagster.",
)
@click.option("--set", "numbers", multiple=True, metavar="NAME=VALUE", help="Another number for an assumption.")
@click.option(
    "--numbers",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A YAML file of such numbers by name.",
)
@click.option(
    "--prices",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Another price table than infra/prices.yaml.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def cost(template: str, numbers: tuple[str, ...], file: Path | None, prices: Path | None, as_json: bool) -> None:
    """Estimate what a month costs by the price table of the project, and print all that is assumed."""
    files = {"--numbers": file, "--prices": prices}
    given = [text for name, path in files.items() if path is not None for text in (name, str(path.absolute()))]
    given += [text for number in numbers for text in ("--set", number)]
    run_infra("cost", "--template", template, *given, *(["--json"] if as_json else []))


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
