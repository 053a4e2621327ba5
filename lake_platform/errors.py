"""The errors of the platform: each is given facts and writes its own sentence.

`TerminalError` fails again with the same input and code; `TransientError` may pass when tried again.
One place turns them into Dagster failures: `lake_platform.assets.outcomes`.
"""


class LakeError(Exception):
    """Base of every error that the platform raises itself."""


class TerminalError(LakeError):
    """The same input, contract and code fail again: do not retry."""


class TransientError(LakeError):
    """Trying again may pass."""
