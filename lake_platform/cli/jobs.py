"""`lake build-jobs` and `lake deploy-jobs`: the code of the Glue jobs."""

import json
import os
from pathlib import Path
from typing import Any

import click

from lake_platform.settings import Settings
from lake_platform.spark.glue.deploy import Deployment
from lake_platform.spark.glue.package import JobPackage, build_package
from lake_platform.spark.glue.settings import GlueSettings

_PATIENCE = 120.0


@click.command("build-jobs")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/glue"),
    show_default=True,
    help="The folder for the files.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the files, and the job definitions where they are known.")
def build_jobs(out: Path, as_json: bool) -> None:
    """Write the code of the Glue jobs: an archive and two scripts, with a content hash in their names.

    The same sources give the same bytes. With `lake --defs DIR`, the transforms of that project are part of it.
    """
    package = _package()
    out.mkdir(parents=True, exist_ok=True)
    for name, data in package.files.items():
        (out / name).write_bytes(data)
    if as_json:
        click.echo(json.dumps({"code": package.digest, "files": sorted(package.files), "jobs": _definitions(package)}))
        return
    for name, data in sorted(package.files.items()):
        click.echo(f"{out / name}  {len(data)} bytes")


@click.command("deploy-jobs")
@click.option("--back", is_flag=True, help="Go back to the code that was deployed before.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def deploy_jobs(back: bool, as_json: bool) -> None:
    """Upload the code of the Glue jobs to LAKE_CODE_BUCKET, and create or update the jobs.

    What is deployed is written down in the bucket, so that two deployments at once end as the later one says, and
    `--back` deploys the code before. Needs LAKE_CODE_BUCKET and LAKE_GLUE_ROLE, and credentials of AWS.
    """
    made = deploy(GlueSettings.from_environment(os.environ), back=back)
    if as_json:
        click.echo(json.dumps({"number": made.number, "code": made.code, "jobs": sorted(made.jobs)}))
        return
    click.echo(f"deployment {made.number}: code {made.code} in {', '.join(sorted(made.jobs))}")


def deploy(settings: GlueSettings, *, back: bool = False) -> "Deployment":
    """What `lake deploy-jobs` does: exit code 2 where the same call fails again, 1 where it may pass."""
    from botocore.exceptions import BotoCoreError

    from lake_platform.errors import LakeError, TransientError
    from lake_platform.lake.stores.s3 import S3Store
    from lake_platform.spark.glue.client import GlueCalls, SystemClock
    from lake_platform.spark.glue.connect import connect
    from lake_platform.spark.glue.deploy import Deployments
    from lake_platform.spark.jars import COMMITTER_JAR, JARS, default_cache, ensure_jars

    client = connect("s3")
    glue = GlueCalls(connect, "glue", patience=_PATIENCE, clock=SystemClock())
    deployments = Deployments(S3Store(client, settings.code_bucket, versioned=False), glue, settings)
    try:
        if back:
            return deployments.go_back()
        jars = ensure_jars(default_cache(os.environ), os.environ, jars=(*JARS, COMMITTER_JAR))
        return deployments.deploy(_package(), jars)
    except (LakeError, BotoCoreError) as error:
        click.echo(str(error), err=True)
        raise SystemExit(1 if isinstance(error, TransientError) else 2) from error
    finally:
        client.close()
        glue.close()


def _package() -> JobPackage:
    from lake_platform.definitions import load_transforms

    return build_package(load_transforms(Settings.from_environment()))


def _definitions(package: JobPackage) -> dict[str, Any] | None:
    """As CreateJob takes them; None where the code bucket is not known."""
    from lake_platform.spark.glue.job import define_jobs

    if not os.environ.get("LAKE_CODE_BUCKET"):
        return None
    jobs = define_jobs(package, GlueSettings.from_environment(os.environ))
    return {job.name: dict(job.body) for job in jobs.values()}
