"""How Spark is set up on one machine: what a JVM is started with, and what each session sets for its lake."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

GIB = 1024**3


@dataclass(frozen=True)
class JvmSettings:
    """What cannot be changed once a JVM runs. Two processes may share one only if these are equal.

    Attributes:
        python: the interpreter of the workers.
        memory: the heap of the driver, in Spark's words (`4096m`).
    """

    master: str
    memory: str
    jars: tuple[str, ...]
    java_home: str
    python: str = sys.executable

    def confs(self, work: Path) -> dict[str, str]:
        """Spark's own settings. `work` is for spilled data and the like."""
        return {
            "spark.master": self.master,
            "spark.app.name": "lake_platform",
            "spark.driver.memory": self.memory,
            "spark.driver.extraClassPath": os.pathsep.join(self.jars),
            "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -Dfile.encoding=UTF-8",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.local.dir": str(work / "tmp"),
            "spark.sql.warehouse.dir": str(work / "warehouse"),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.ansi.enabled": "false",
            # Two cores and files of some megabytes: 200 tasks per shuffle are 199 too many; large ones are coalesced.
            "spark.sql.shuffle.partitions": str(max(4, 2 * cores())),
            # Files are named one by one; a listing job for more than 32 of them costs more than it saves on a disk.
            "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
            "spark.sql.codegen.cache.maxEntries": "1000",
        }


def java_environment(settings: JvmSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which a JVM is started: this Java, this Python, loopback only, nothing inherited of another JVM."""
    kept = {name: value for name, value in environ.items() if not name.startswith("PYSPARK_GATEWAY")}
    python = {"PYSPARK_PYTHON": settings.python, "PYSPARK_DRIVER_PYTHON": settings.python}
    return {**kept, **python, "JAVA_HOME": settings.java_home, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_VERSION": "3.5"}


def default_memory(total: int | None = None) -> str:
    """A sixth of the machine, at least 1 GiB and at most 4: 4 of 24 GiB, 2.7 of 16, 1.3 of 8."""
    if total is None:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(max(total // 6, GIB), 4 * GIB) // (1024 * 1024)}m"


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mounts(buckets: Mapping[str, Path]) -> dict[str, str]:
    """Session settings by which `s3://bucket/key` is a file below a directory.

    They are set on the session, not on the JVM, and the cache of file systems is off for them: so sessions of several
    lakes share one JVM, each with its own `s3://lake`.
    """
    # The raw one: Hadoop's default leaves a .crc beside each file.
    confs = {"fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem"}
    for scheme in ("s3", "s3a"):
        confs[f"fs.{scheme}.impl"] = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
        confs[f"fs.{scheme}.impl.disable.cache"] = "true"
        confs[f"fs.AbstractFileSystem.{scheme}.impl"] = "org.apache.hadoop.fs.viewfs.ViewFs"
    for bucket, folder in buckets.items():
        confs[f"fs.viewfs.mounttable.{bucket}.linkFallback"] = folder.absolute().as_uri()
    return confs


def jar_names(paths: Sequence[Path]) -> tuple[str, ...]:
    return tuple(str(path) for path in paths)
