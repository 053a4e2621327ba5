"""The one error of the inspection; it ends as the reason of a refused file and never leaves the package."""


class UnreadableFileError(Exception):
    """The file cannot be read as the contract says; the text says why and where, and what to do."""
