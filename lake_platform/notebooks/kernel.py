"""The kernel of this environment: this Python, behind sockets in a folder, with no settings of the user's own."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

NAME = "python3"
INLINE_PLOTS = "module://matplotlib_inline.backend_inline"


def kernel_manager(folder: Path, environment: Mapping[str, str]) -> type[AsyncKernelManager]:
    """The class that starts the kernel; it looks for no kernelspec, so none has to be installed.

    A kernelspec of the user's own, or of another environment, would win over this Python if it were looked for.

    Args:
        folder: for the sockets, the connection file and what IPython keeps; for its owner only, gone after the run.
        environment: variables of the kernel beside those of this process.
    """
    variables = {**environment, "IPYTHONDIR": str(folder / "ipython"), "MPLBACKEND": INLINE_PLOTS}
    spec = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name=NAME,
        language="python",
        # jupyter_client substitutes ${NAME} in these.
        env={name: value.replace("$", "$$") for name, value in variables.items()},
    )

    class EnvironmentKernelManager(AsyncKernelManager):
        def __init__(self, **traits: Any) -> None:
            sockets = {"transport": "ipc", "ip": str(folder / "socket")}
            super().__init__(**{**traits, "connection_file": str(folder / "kernel.json"), **sockets})

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

    return EnvironmentKernelManager
