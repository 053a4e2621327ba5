"""What the catalog is told beside what the platform registers by itself."""

from typing import Annotated

from pydantic import AfterValidator, Field

from lake_platform.contract.strict import Strict

MOST_CHARACTERS = 255
"""Glue's limit for a name."""


def _crawler(name: str) -> str:
    if 0 < len(name) <= MOST_CHARACTERS and name.isprintable() and name == name.strip():
        return name
    raise ValueError(f"{name!r} is no name of a crawler: 1 to 255 printable characters, no space around them")


class Cataloging(Strict):
    """A crawler of Glue over the files of the dataset, run after they were taken in."""

    crawler: Annotated[str, AfterValidator(_crawler)]
    """The name of a crawler that is there in Glue, with the dataset's prefix among its targets."""
    crawler_timeout: int = Field(default=60, ge=1, le=1440)
    """Minutes that a run waits for the end of the crawl."""
