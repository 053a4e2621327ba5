"""Errors of what the environment says."""

from lake_platform.errors.base import TerminalError


class SettingsError(TerminalError):
    """A variable of the environment that cannot be used."""
