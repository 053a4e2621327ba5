"""cdk-nag, cfn-lint and checkov over a template that lies in a file."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import cloudformation_include as include

from lake_infra.app import checked_app, write_assembly
from lake_infra.findings import FindingsError
from tests.conftest import HOME

TOOLS = HOME / ".venv-tools"


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
    lint = [Path(sys.executable).parent / "cfn-lint", "--format", "json", "--", template]
    done = subprocess.run(lint, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout, done.stderr
    return [
        f"{found['Rule']['Id']} {'/'.join(map(str, found['Location']['Path']))}" for found in json.loads(done.stdout)
    ]


def checkov_findings(template: Path) -> list[str]:
    """Rule and resource of each check of checkov that failed."""
    assert (TOOLS / "bin" / "checkov").is_file(), "run `make infra-setup`"
    checkov = [TOOLS / "bin" / "checkov", "--file", template, "--framework", "cloudformation"]
    quiet = ["--output", "json", "--compact", "--quiet", "--skip-download"]
    done = subprocess.run([*checkov, *quiet], capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode in (0, 1), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    failed = report.get("results", {}).get("failed_checks", [])
    return sorted(f"{found['check_id']} {found['resource'].partition('.')[2]}" for found in failed)
