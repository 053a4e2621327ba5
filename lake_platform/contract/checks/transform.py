"""What a transform may promise."""

import re
from collections.abc import Iterator

from lake_platform.contract.checks.aggregate import check_aggregate
from lake_platform.contract.draft import Draft
from lake_platform.contract.faults import Problem


def check_transform(draft: Draft) -> Iterator[Problem]:
    """What is wrong with `transform`."""
    transform = draft.transform
    if transform is None:
        return
    if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", transform.run):
        message = f"{transform.run!r} is no function"
        yield Problem(
            ("transform", "run"), message, "write package.module:function: glue_jobs.transforms.customers:standardise"
        )
    yield from check_aggregate(draft, transform)
    if transform.produces is not None and not transform.produces:
        yield Problem(("transform", "produces"), "no column is produced", "leave it out to keep those of `columns`")
