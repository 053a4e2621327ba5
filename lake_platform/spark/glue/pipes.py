"""Live progress of a run through Dagster Pipes; for watching only.

Messages are below the folder of the job in the lake, so that a process that attaches to a run reads them from where
the first one had them written, from the beginning.
"""

import warnings
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import dagster as dg
from botocore.exceptions import BotoCoreError, ClientError
from dagster_aws.pipes import PipesS3ContextInjector, PipesS3MessageReader
from dagster_pipes import DAGSTER_PIPES_MESSAGES_CLI_ARGUMENT, PipesParams, decode_param

from lake_platform.spark.glue.runs import GlueRun
from lake_platform.spark.step_context import execution_context

READ_EVERY = 5.0


class FolderMessageReader(PipesS3MessageReader):
    """Reads messages below a key that is given, not below a random one at the root of the bucket."""

    def __init__(self, *, bucket: str, client: Any, key_prefix: str) -> None:
        super().__init__(interval=READ_EVERY, bucket=bucket, client=client)
        self._key_prefix = key_prefix

    @contextmanager
    def get_params(self) -> Generator[PipesParams]:
        with super().get_params() as params:
            yield {**params, "key_prefix": self._key_prefix}

    def download_messages_chunk(self, index: int, params: PipesParams) -> str | None:
        """Messages that cannot be read now are asked for again: a reader that gave up would tell nothing any more."""
        try:
            return super().download_messages_chunk(index, params)
        except (BotoCoreError, ClientError):
            return None


@contextmanager
def pipes_arguments(*, bucket: str, client: Any, folder: str, attached: GlueRun | None) -> Generator[Mapping[str, str]]:
    """A Pipes session around a run; yields the arguments by which a job joins it, none outside of Dagster.

    Args:
        folder: where context and messages of a new run go.
        attached: a run that others started: its messages are read from where it writes them.
    """
    context = execution_context()
    prefix = messages_prefix(attached) if attached is not None else f"{folder}/messages"
    if context is None or prefix is None:
        yield {}
        return
    with ExitStack() as stack:
        with warnings.catch_warnings():
            # What Dagster's own session uses of its own readers is marked as preview.
            warnings.simplefilter("ignore", dg.PreviewWarning)
            session = stack.enter_context(
                dg.open_pipes_session(
                    # Its own context is asked for what Dagster calls deprecated there.
                    context=context.op_execution_context,
                    context_injector=PipesS3ContextInjector(
                        bucket=bucket, client=client, key_prefix=f"{folder}/context/"
                    ),
                    message_reader=FolderMessageReader(bucket=bucket, client=client, key_prefix=prefix),
                )
            )
        yield {name: str(value) for name, value in session.get_bootstrap_cli_arguments().items()}


def messages_prefix(run: GlueRun) -> str | None:
    """Where a run writes its messages; None where it was started without a session."""
    given = run.arguments.get(DAGSTER_PIPES_MESSAGES_CLI_ARGUMENT)
    if given is None:
        return None
    prefix = decode_param(given).get("key_prefix")
    return str(prefix) if prefix else None
