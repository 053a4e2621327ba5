"""Secrets by reference: an argument of a job names where the secret is, never what it is."""

import os

from glue_jobs.aws import connect
from glue_jobs.errors import SecretReferenceError

_SECRETS_MANAGER = "arn:aws:secretsmanager:"
_PARAMETER = "arn:aws:ssm:"
_SSM = "ssm:"
_LASTING = frozenset(
    {
        "AccessDeniedException",
        "DecryptionFailure",
        "InvalidParameterException",
        "InvalidRequestException",
        "ParameterNotFound",
        "ResourceNotFoundException",
        "ValidationException",
    }
)
"""Answers that are the same until somebody changes the secret or the role."""


def is_reference(text: str) -> bool:
    """Whether a text names a secret of Secrets Manager (its ARN) or a parameter of SSM (`ssm:NAME`, or its ARN)."""
    return text.startswith((_SECRETS_MANAGER, _PARAMETER, _SSM)) and len(text) > len(_SSM)


def read_reference(reference: str) -> str:
    """The secret that a reference names, read with the role of the job.

    Raises:
        SecretReferenceError: it is no reference, or the secret cannot be read or is empty.
        botocore.exceptions.ClientError: the service refuses for now, or the credentials have expired.
    """
    if not is_reference(reference):
        raise SecretReferenceError("the reference", "is neither an ARN of Secrets Manager nor ssm:NAME")
    service = "secretsmanager" if reference.startswith(_SECRETS_MANAGER) else "ssm"
    region = reference.split(":")[3] if reference.startswith("arn:") else os.environ.get("AWS_REGION")
    # boto3 alone reads AWS_DEFAULT_REGION only.
    client = connect(service, region or None)
    try:
        if service == "secretsmanager":
            value = client.get_secret_value(SecretId=reference).get("SecretString")
        else:
            name = reference.split(":parameter", 1)[1] if reference.startswith(_PARAMETER) else reference[len(_SSM) :]
            value = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in _LASTING:
            raise
        raise SecretReferenceError(reference, f"cannot be read ({error})") from error
    finally:
        client.close()
    if not value:
        raise SecretReferenceError(reference, "holds no text")
    return str(value)
