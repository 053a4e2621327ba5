"""From a declaration to a template, in which cdk-nag finds nothing that has no reason."""

import json
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from lake_infra.dagster.stack import DagsterStack
from lake_infra.declaration import Declaration, DeclarationError
from lake_infra.findings import FindingsError, read_findings
from lake_infra.options import Options
from lake_infra.profiles import Profile
from lake_infra.stack import LakeStack

STACK, DAGSTER_STACK = "lake", "dagster"
FLAGS: Mapping[str, Any] = {
    # Access logs are let in by the policy of their bucket, not by ACLs, which are off.
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    # What CDK finds wrong with a template of its own is an error.
    "@aws-cdk/core:validateAgainstDefaultRules": True,
    "aws:cdk:disable-stack-trace": True,
    "aws:cdk:enable-asset-metadata": False,
    "aws:cdk:enable-path-metadata": False,
}


def checked_app(folder: Path) -> cdk.App:
    """An app that cdk-nag looks at when it is synthesised.

    Args:
        folder: where CDK writes its cloud assembly.
    """
    app = cdk.App(outdir=str(folder), context=dict(FLAGS), analytics_reporting=False)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def synthesise(declaration: Declaration, options: Options) -> dict[str, Any]:
    """The template of the data stack.

    Raises:
        FindingsError: cdk-nag or CDK finds something wrong that is not acknowledged.
    """
    return _template(lambda app: LakeStack(app, STACK, declaration=declaration, options=options))


def synthesise_profile(declaration: Declaration, profile: Profile) -> dict[str, Any]:
    """The template of the data stack for one profile.

    Raises:
        DeclarationError: the declaration has not all of the profile's datasets.
        FindingsError: as `synthesise`.
    """
    narrowed = profile.narrow(declaration)

    def build(app: cdk.App) -> cdk.Stack:
        stack = LakeStack(app, STACK, declaration=narrowed, options=Options())
        for name, value in profile.defaults.items():
            parameter = stack.node.find_child(name)
            assert isinstance(parameter, cdk.CfnParameter)
            parameter.default = value
        return stack

    return _template(build)


def synthesise_dagster(declaration: Declaration) -> dict[str, Any]:
    """The template of the Dagster stack; raises FindingsError as `synthesise`."""
    return _template(lambda app: DagsterStack(app, DAGSTER_STACK, declaration=declaration))


def _template(build: Callable[[cdk.App], cdk.Stack]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="lake-infra-") as made:
        folder = Path(made)
        app = checked_app(folder)
        stack = build(app)
        write_assembly(app, folder)
        return json.loads((folder / stack.template_file).read_text(encoding="utf-8"))


def write_assembly(app: cdk.App, folder: Path) -> None:
    """Synthesises the app into its folder.

    Raises:
        DeclarationError: a stack has more resources than CloudFormation takes.
        FindingsError: as `synthesise`.
    """
    try:
        app.synth()
    except RuntimeError as error:
        findings = read_findings(folder)
        if not findings:
            raise _too_many(str(error)) or error from None
        raise FindingsError(findings) from error


def _too_many(told: str) -> DeclarationError | None:
    """CDK counts the resources of a stack; its words are those of an error of its own."""
    counted = re.search(r"Number of resources in stack '.*?': \d+ is greater than allowed maximum of \d+", told)
    if counted is None:
        return None
    return DeclarationError(
        f"{counted[0]}. Deploy the rest as a lake of its own, with another definitions folder and another Prefix."
    )


def render(template: Mapping[str, Any]) -> str:
    """The text that is committed: the same template gives the same bytes."""
    return json.dumps(template, indent=1, sort_keys=True) + "\n"
