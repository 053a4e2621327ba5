"""What is chosen when a template is made; what is chosen when it is deployed are the template's parameters."""

from dataclasses import dataclass
from typing import Literal

Warehouse = Literal["serverless", "cluster"]
WAREHOUSES: tuple[Warehouse, ...] = ("serverless", "cluster")


@dataclass(frozen=True, kw_only=True)
class Options:
    """Choices that add or take away resources.

    Attributes:
        warehouse: Redshift Serverless, or a provisioned cluster of RA3 nodes.
        cidr: the addresses of the VPC.
    """

    warehouse: Warehouse = "serverless"
    cidr: str = "10.40.0.0/16"
