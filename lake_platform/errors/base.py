"""The three roots of all errors."""


class LakeError(Exception):
    """Base of every error that the platform raises itself."""


class TerminalError(LakeError):
    """The same input, contract and code fail again: do not retry."""


class TransientError(LakeError):
    """Trying again may pass."""
