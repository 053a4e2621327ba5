"""What cdk-nag and CDK's own rules find wrong with an app."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPORT = "validation-report.json"


@dataclass(frozen=True, order=True)
class Finding:
    """One rule that one construct breaks.

    Attributes:
        rule: as it is acknowledged.
        construct: its path in the app.
    """

    rule: str
    construct: str

    def __str__(self) -> str:
        return f"{self.construct}: {self.rule}"


class FindingsError(Exception):
    """Findings that nobody has given a reason for."""

    def __init__(self, findings: list[Finding]) -> None:
        told = "\n".join(f"  {finding}" for finding in findings)
        super().__init__(
            f"{len(findings)} finding(s) of cdk-nag or CDK. Mend them, or acknowledge each at its construct with the "
            f"reason (lake_infra/acknowledge.py):\n{told}"
        )
        self.findings = findings


def read_findings(assembly: Path) -> list[Finding]:
    """The findings of a synthesis that failed, in a fixed order; none where there is no report.

    Args:
        assembly: the folder of the cloud assembly.
    """
    report = assembly / REPORT
    return sorted(set(_findings(report))) if report.is_file() else []


def _findings(report: Path) -> Iterator[Finding]:
    for plugin in json.loads(report.read_text(encoding="utf-8"))["pluginReports"]:
        for violation in plugin["violations"]:
            for construct in violation["violatingConstructs"]:
                yield Finding(violation["ruleName"], construct["constructPath"])
