"""Run a program as `nobody`, keeping only the right to reach files that root can reach.

PostgreSQL refuses to run as root. As `nobody` with CAP_DAC_OVERRIDE it still reaches a data folder below a home
of mode 700, and no folder has to be opened to others. Run as a script: it imports nothing of the platform.
"""

import ctypes
import os
import struct
import sys

NOBODY = 65534
CAP_DAC_OVERRIDE = 1
PR_SET_SECUREBITS = 28
# access(2) then honours the capability although the real uid is not 0.
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522


def demote(uid: int, gid: int) -> None:
    """Become another user for good; of root's rights only CAP_DAC_OVERRIDE stays, also for programs run later."""
    libc = ctypes.CDLL(None, use_errno=True)
    keep = 1 << CAP_DAC_OVERRIDE
    _check(libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0), "PR_SET_SECUREBITS")
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    _check(libc.capset(header, struct.pack("=6I", keep, keep, keep, 0, 0, 0)), "capset")
    _check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0), "PR_CAP_AMBIENT_RAISE")


def _check(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    demote(NOBODY, NOBODY)
    os.execv(sys.argv[1], sys.argv[1:])
