"""What the Dagster stack is given when it is deployed."""

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from lake_infra.declaration import Declaration
from lake_infra.outputs import output_name
from lake_infra.parameters import is_given, number, text

NETWORK = r"([0-9]{1,3}\.){3}[0-9]{1,3}/([89]|[12][0-9]|3[0-2])"
_ADDRESS = "https://[A-Za-z0-9.:/_-]+"
_HOST = "[a-z0-9]([a-z0-9.-]*[a-z0-9])?"
_SECRET = "arn:[a-z0-9-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+"


def read_variables(scope: Construct, declaration: Declaration) -> dict[str, str]:
    """The variables of the backend: each is a parameter with the name of the data stack's output.

    Those of one kind of warehouse, and those that are chosen, may be left out; the backend takes an empty variable for none.
    """
    always = declaration.variables["always"]
    return {
        name: cdk.CfnParameter(
            scope,
            output_name(name),
            type="String",
            default=None if name in always else "",
            description=f"{name}: output of the data stack",
        ).value_as_string
        for name in sorted({name for names in declaration.variables.values() for name in names})
    }


@dataclass(frozen=True, kw_only=True)
class Place:
    """The network of the data stack.

    Attributes:
        subnets: ids of the private subnets, a list of the parameter store.
        clients: the security group that may call the warehouse and the endpoints.
        endpoints: the security group of the endpoints.
    """

    vpc: str
    subnets: list[str]
    clients: str
    endpoints: str

    @classmethod
    def read(cls, scope: Construct) -> "Place":
        def stored(name: str, kind: str) -> cdk.CfnParameter:
            return cdk.CfnParameter(
                scope,
                f"Network{name.capitalize()}",
                type=f"AWS::SSM::Parameter::Value<{kind}>",
                default=f"/lake/network/{name}",
                description=f"Parameter of the data stack: /<Prefix>/network/{name}",
            )

        return cls(
            vpc=stored("vpc", "AWS::EC2::VPC::Id").value_as_string,
            subnets=stored("subnets", "List<AWS::EC2::Subnet::Id>").value_as_list,
            clients=stored("clients", "AWS::EC2::SecurityGroup::Id").value_as_string,
            endpoints=stored("endpoints", "AWS::EC2::SecurityGroup::Id").value_as_string,
        )


@dataclass(frozen=True, kw_only=True)
class WebSite:
    """One of the two web servers, as people see it.

    Attributes:
        host: its name.
        client: the id by which the identity provider knows it: who may come in is said there, for each of the two.
        secret: ARN of the secret whose text is the client's secret.
    """

    host: str
    client: str
    secret: str

    @classmethod
    def read(cls, scope: Construct, kind: str) -> "WebSite":
        return cls(
            host=text(
                scope,
                f"{kind}Host",
                pattern=_HOST,
                problem="a host name",
                told=f"Name of the {kind.lower()}'s web site",
            ),
            client=text(
                scope, f"{kind}ClientId", pattern=".+", problem="an id", told="Its client id at the identity provider"
            ),
            secret=text(
                scope,
                f"{kind}ClientKeyArn",
                pattern=_SECRET,
                problem="the ARN of a secret of Secrets Manager",
                told="Secret of Secrets Manager that holds its client secret, as plain text",
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Provider:
    """The identity provider, by OpenID Connect."""

    issuer: str
    authorization: str
    token: str
    user_info: str

    @classmethod
    def read(cls, scope: Construct) -> "Provider":
        def address(name: str, told: str) -> str:
            return text(scope, f"Oidc{name}", pattern=_ADDRESS, problem="an https address", told=told)

        return cls(
            issuer=address("Issuer", "Issuer of the identity provider"),
            authorization=address("AuthorizationEndpoint", "Where people log in"),
            token=address("TokenEndpoint", "Where the load balancer gets tokens"),
            user_info=address("UserInfoEndpoint", "Where the load balancer asks who it is"),
        )


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Where the ends of runs are told besides the topic; such an address holds a token.

    Attributes:
        secret: ARN of the secret whose text is the address; empty for none.
        given: the condition that there is one.
    """

    secret: str
    given: cdk.CfnCondition

    @classmethod
    def read(cls, scope: Construct) -> "Webhook":
        secret = text(
            scope,
            "AlertWebhookArn",
            "",
            pattern=f"({_SECRET})?",
            problem="the ARN of a secret of Secrets Manager, or nothing",
            told="LAKE_ALERT_WEBHOOK: secret of Secrets Manager that holds the address, as plain text",
        )
        return cls(secret=secret, given=is_given(scope, "HasAlertWebhook", secret))


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """All of them.

    Attributes:
        variables: of the backend, by name.
        sweep_seconds: between two looks at a dataset of which the queue says nothing.
        image: of all containers.
        running: 0 until the storage is prepared, then 1: how many tasks a service has.
    """

    variables: Mapping[str, str]
    sweep_seconds: float
    webhook: Webhook
    place: Place
    image: str
    repository: str
    running: float
    certificate: str
    people: str
    provider: Provider
    operator: WebSite
    viewer: WebSite

    @classmethod
    def read(cls, scope: Construct, declaration: Declaration) -> "Inputs":
        running = cdk.CfnParameter(
            scope,
            "Running",
            type="String",
            default="no",
            allowed_values=["no", "yes"],
            description="no until the storage is prepared: services that cannot log in would be rolled back",
        )
        runs = cdk.CfnCondition(scope, "Runs", expression=cdk.Fn.condition_equals(running.value_as_string, "yes"))
        return cls(
            variables=read_variables(scope, declaration),
            sweep_seconds=number(
                scope, "SweepSeconds", 900, least=1, told="LAKE_SWEEP_SECONDS: a look at datasets without a message"
            ),
            webhook=Webhook.read(scope),
            place=Place.read(scope),
            image=text(
                scope,
                "Image",
                pattern=r".+@sha256:[0-9a-f]{64}|.+:[A-Za-z0-9_][A-Za-z0-9_.-]*",
                problem="an image with its tag or digest",
                told="The image of infra/dagster/Dockerfile, in a repository of this account",
            ),
            repository=text(
                scope, "ImageRepository", "lake-platform", pattern=".+", problem="a name", told="Its repository in ECR"
            ),
            running=cdk.Token.as_number(cdk.Fn.condition_if(runs.logical_id, 1, 0)),
            certificate=text(
                scope,
                "CertificateArn",
                pattern="arn:[a-z0-9-]+:acm:.+",
                problem="the ARN of a certificate of ACM",
                told="Certificate for both host names",
            ),
            people=text(
                scope,
                "PeopleCidr",
                pattern=NETWORK,
                problem="addresses as 10.0.0.0/8; not all that there are",
                told="Where people come from: a VPN or a peered network",
            ),
            provider=Provider.read(scope),
            operator=WebSite.read(scope, "Operator"),
            viewer=WebSite.read(scope, "Viewer"),
        )
