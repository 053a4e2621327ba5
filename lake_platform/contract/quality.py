"""Quality rules as an author writes them, and what becomes of bad rows."""

from pydantic import Field

from lake_platform.contract.strict import Otherwise, Strict


class QualityRule(Strict):
    """One DQDL rule and what happens where it does not hold."""

    rule: str
    """The rule in DQDL, the language of AWS Glue Data Quality: `IsComplete "id"`, `RowCount > 0`."""
    otherwise: Otherwise
    """`quarantine` sets single rows aside (rules about rows only), `block` refuses the partition, `warn` tells."""


class Quarantine(Strict):
    """Rows that break a row rule are set aside; above this share of a partition's rows nothing is published."""

    block_above: float = Field(ge=0.0, le=1.0)
    """Share of rows, 0.05 is five in a hundred; 1.0 never blocks."""
