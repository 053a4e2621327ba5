"""cdk-nag, cfn-lint and checkov over a template that lies in a file."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import cloudformation_include as include

from lake_infra.app import checked_app, write_assembly
from lake_infra.findings import FindingsError
from tests.conftest import HOME

TOOLS = HOME / ".venv-tools"
PLAIN = HOME / "tests" / "plain_sales.template.yaml"
"""What is often deployed for a pipeline like `sales`, for comparison."""


def nag_findings(template: Path, folder: Path) -> list[str]:
    """Rule and construct of each finding of cdk-nag."""
    app = checked_app(folder)
    stack = cdk.Stack(app, "plain", synthesizer=cdk.BootstraplessSynthesizer())
    include.CfnInclude(stack, "Template", template_file=str(template))
    try:
        write_assembly(app, folder)
    except FindingsError as error:
        return [str(finding) for finding in error.findings if finding.rule.startswith("AwsSolutions")]
    return []


def lint_findings(template: Path) -> list[str]:
    """Rule and place of each error and warning of cfn-lint."""
    return [
        f"{found['Rule']['Id']} {'/'.join(map(str, found['Location']['Path']))}"
        for found in _lint()
        if Path(found["Filename"]) == template
    ]


def checkov_findings(template: Path) -> list[str]:
    """Rule and resource of each check of checkov that failed."""
    return sorted(
        f"{found['check_id']} {found['resource'].partition('.')[2]}"
        for found in _checkov()
        if Path(found["file_path"]).name == template.name
    )


@cache
def _lint() -> list[dict[str, Any]]:
    """Over all templates at once: most of its time is the start."""
    lint = [Path(sys.executable).parent / "cfn-lint", "--format", "json", "--", *_templates()]
    done = subprocess.run(lint, capture_output=True, text=True, check=False, timeout=240)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@cache
def _checkov() -> list[dict[str, Any]]:
    """Over all templates at once, as above."""
    assert (TOOLS / "bin" / "checkov").is_file(), "run `make infra-setup`"
    files = [argument for template in _templates() for argument in ("--file", template)]
    checkov = [TOOLS / "bin" / "checkov", *files, "--framework", "cloudformation"]
    quiet = ["--output", "json", "--compact", "--quiet", "--skip-download"]
    done = subprocess.run([*checkov, *quiet], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode in (0, 1), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    told = report["summary"]
    assert told["parsing_errors"] == 0, "it finds nothing in what it cannot read"
    return report["results"]["failed_checks"]


def _templates() -> list[Path]:
    return [*sorted((HOME / "templates").iterdir()), PLAIN]
