"""From a declaration to a template."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from lake_infra.declaration import Declaration
from lake_infra.options import Options
from lake_infra.stack import LakeStack

STACK = "lake"
FLAGS: Mapping[str, Any] = {
    # Access logs are let in by the policy of their bucket, not by ACLs, which are off.
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    # What CDK finds wrong with a template of its own is an error.
    "@aws-cdk/core:validateAgainstDefaultRules": True,
    "aws:cdk:disable-stack-trace": True,
    "aws:cdk:enable-asset-metadata": False,
    "aws:cdk:enable-path-metadata": False,
}


def build_app(declaration: Declaration, options: Options, *, folder: Path) -> tuple[cdk.App, LakeStack]:
    """The app with the data stack; nothing is written before it is synthesised.

    Args:
        folder: where CDK writes its cloud assembly.
    """
    app = cdk.App(outdir=str(folder), context=dict(FLAGS), analytics_reporting=False)
    return app, LakeStack(app, STACK, declaration=declaration, options=options)


def synthesise(declaration: Declaration, options: Options) -> dict[str, Any]:
    """The template of the data stack."""
    with tempfile.TemporaryDirectory(prefix="lake-infra-") as folder:
        app, stack = build_app(declaration, options, folder=Path(folder))
        app.synth()
        return json.loads((Path(folder) / stack.template_file).read_text(encoding="utf-8"))


def render(template: Mapping[str, Any]) -> str:
    """The text that is committed: the same template gives the same bytes."""
    return json.dumps(template, indent=1, sort_keys=True) + "\n"
