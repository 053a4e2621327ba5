"""What fields of a declaration demand of each other. Every problem names the field that has to change."""

from lake_platform.contract.checks.arrives import check_arrives
from lake_platform.contract.checks.columns import check_columns
from lake_platform.contract.checks.quality import check_conditions, check_quality
from lake_platform.contract.checks.target import check_target
from lake_platform.contract.checks.transform import check_transform
from lake_platform.contract.draft import Draft
from lake_platform.contract.faults import Problem


def find_problems(draft: Draft) -> tuple[Problem, ...]:
    """All of them, in the order of the file's fields as far as their parts can be read."""
    return (
        *check_arrives(draft),
        *check_columns(draft),
        *check_quality(draft),
        *check_transform(draft),
        *check_target(draft),
        *check_conditions(draft),
    )
