"""The names of what is made: each begins with the parameter `Prefix`, so that policies can be scoped by name."""

import aws_cdk as cdk
from constructs import Construct


class Names:
    """Names and ARNs in the account and region of the stack.

    Account and region are in the names of buckets, which are shared by all accounts.
    """

    def __init__(self, scope: Construct) -> None:
        self._stack = cdk.Stack.of(scope)
        self.prefix: str = cdk.CfnParameter(
            scope,
            "Prefix",
            type="String",
            default="lake",
            allowed_pattern="[a-z][a-z0-9]{1,15}",
            constraint_description="2 to 16 lower-case letters and digits, a letter first",
            description="Begins the name of everything that is made; one account can hold several lakes.",
        ).value_as_string

    def bucket(self, kind: str) -> str:
        """`landing`, `lake`, `code` or `logs`."""
        return f"{self.prefix}-{kind}-{self._stack.account}-{self._stack.region}"

    def bucket_arn(self, kind: str, key: str = "") -> str:
        """Of the bucket, or of the keys that a pattern names."""
        return f"arn:{self._stack.partition}:s3:::{self.bucket(kind)}" + (f"/{key}" if key else "")

    def named(self, kind: str) -> str:
        """`lake-arrivals`, `lake-alerts`, …"""
        return f"{self.prefix}-{kind}"

    @property
    def database_prefix(self) -> str:
        """Of the databases in the Glue Data Catalog: Athena takes no hyphens there."""
        return f"{self.prefix}_"

    def arn(self, service: str, resource: str) -> str:
        """Of something in this account and region: `arn("glue", "job/x")`."""
        return f"arn:{self._stack.partition}:{service}:{self._stack.region}:{self._stack.account}:{resource}"

    def role_arn(self, kind: str) -> str:
        """Of a role of this lake; roles have no region."""
        return f"arn:{self._stack.partition}:iam::{self._stack.account}:role/{self.named(kind)}"
