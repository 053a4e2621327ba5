"""Profiles: the data stack for some of the datasets, in sizes of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lake_infra.declaration import Declaration, DeclarationError


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One pipeline instead of all.

    Attributes:
        datasets: names of its datasets.
        schemas: the databases of the catalog that these need.
        defaults: of the template's parameters, by name, where they are others than those of the whole.
    """

    datasets: tuple[str, ...]
    schemas: tuple[str, ...]
    defaults: Mapping[str, int | str]

    def narrow(self, declaration: Declaration) -> Declaration:
        """What is left of a declaration.

        Raises:
            DeclarationError: it has not all of the datasets; the message names those that are missing.
        """
        known = {dataset.name for dataset in declaration.datasets}
        if missing := sorted({*self.datasets} - known):
            raise DeclarationError(
                f"The declaration has no {', '.join(missing)}, which the profile is made of: take a folder that has them, "
                "or remove the profile from lake_infra/profiles.py."
            )
        return replace(
            declaration,
            datasets=tuple(one for one in declaration.datasets if one.name in self.datasets),
            notebook_datasets=tuple(name for name in declaration.notebook_datasets if name in self.datasets),
            schemas=self.schemas,
        )


SALES = Profile(
    datasets=("sales", "sales_by_quarter"),
    schemas=("analytics", "lake", "staging"),
    # The least that Glue and Redshift Serverless take; exports come once in a while.
    defaults={
        "JobConcurrentRuns": 2,
        "JobTimeoutMinutes": 30,
        "JobWorkers": 2,
        "NothingArrivedHours": 168,
        "WarehouseCapacity": 4,
        "WarehouseMostCapacity": 8,
    },
)
PROFILES: Mapping[str, Profile] = {"lake-sales": SALES}
"""By the name of the template."""
