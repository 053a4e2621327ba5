"""What is asked of AWS, read off the wire: by whom, which operation, of what. It holds for any client, S3A too."""

from lake_platform.local.aws_requests.log import LoggedRequest, RequestLog, read_requests
from lake_platform.local.aws_requests.request import AwsRequest, Wire, needs_body, read_request

__all__ = ["AwsRequest", "LoggedRequest", "RequestLog", "Wire", "needs_body", "read_request", "read_requests"]
