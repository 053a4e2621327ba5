"""The key of `pii: hash`: random text that nobody has seen."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from lake_infra.acknowledge import acknowledge
from lake_infra.names import Names


class PiiKey(Construct):
    """The secret that the jobs read themselves; the template holds how it is made, not what it is."""

    def __init__(self, scope: Construct, *, names: Names, key: kms.Key) -> None:
        super().__init__(scope, "PiiKey")
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            secret_name=names.named("pii-key"),
            description="Key of the columns with `pii: hash`",
            encryption_key=key,
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        acknowledge(
            self.secret,
            "AwsSolutions-SMG4",
            reason="With another key the same value has another hash: the rows of before would no longer join.",
        )
