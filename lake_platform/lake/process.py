"""Which process works, told so that another process of the same machine can see whether it still does."""

import os
import platform

import psutil

PROCESS_TAG = "lake_platform/process"
PENDING_TAG = "lake_platform/pending"
"""The partitions that a run was asked for, where its span bridges others; it leaves those alone."""


def process_tag() -> str:
    """Which process this is: host, pid and its start, so that a pid used again is not taken for it."""
    return f"{platform.node()}:{os.getpid()}:{psutil.Process().create_time():.2f}"


def process_is_gone(tag: str | None) -> bool:
    """True only for a process of this machine that does not run any more; of others nothing is known."""
    if tag is None:
        return False
    host, pid, started = tag.rsplit(":", 2)
    if host != platform.node():
        return False
    try:
        process = psutil.Process(int(pid))
        # One that is dead and not yet waited for has its pid still.
        return f"{process.create_time():.2f}" != started or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
