"""Where a rehearsal prints: what it tells goes to standard output, all else into a file."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

Tell = Callable[[str], None]


@contextmanager
def console_in(log: Path) -> Generator[Tell]:
    """Inside the block, what this process and those that it starts print goes to the end of a file.

    Logs of Dagster, of servers and of Java among it: they write to the console wherever they are. The function that is
    yielded still writes to standard output.
    """
    _flush()
    output, errors = os.dup(1), os.dup(2)
    with log.open("a", buffering=1, encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            # Python's own streams may lead elsewhere than to 1 and 2.
            with redirect_stdout(file), redirect_stderr(file), os.fdopen(os.dup(output), "w") as stream:
                yield lambda text: print(text, file=stream, flush=True)
        finally:
            _flush()
            os.dup2(output, 1)
            os.dup2(errors, 2)
            os.close(output)
            os.close(errors)


def _flush() -> None:
    """What Python still holds of both streams goes to where they lead now."""
    sys.stdout.flush()
    sys.stderr.flush()
