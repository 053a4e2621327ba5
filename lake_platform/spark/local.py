"""Spark on this machine: a session at the warm JVM if there is one, else a session of this process."""

import importlib
import os
import sys
import threading
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster_pyspark import LazyPySparkResource
from py4j.protocol import Py4JError, Py4JNetworkError
from pydantic import Field
from pyspark import SparkConf, SparkContext
from pyspark.errors import AnalysisException, ParseException, PySparkException
from pyspark.sql import SparkSession

from glue_jobs.errors import JobError
from glue_jobs.protocol import JobReport, JobRequest
from lake_platform.errors import SparkJobError, SparkJobRefusedError, SparkLostError
from lake_platform.spark.attach import Attachment, attach, detach
from lake_platform.spark.jars import default_cache, ensure_jars
from lake_platform.spark.java import find_java_home
from lake_platform.spark.settings import JvmSettings, default_memory, jar_names, java_environment, mounts
from lake_platform.spark.warm import WarmJvm, read_warm

_STARTING = threading.Lock()


class LocalSparkResource(LazyPySparkResource):
    """Runs Spark jobs on this machine, with `s3://` meaning the directories of this lake."""

    spark_config: dict[str, Any] = Field(default={}, description="Settings of each session, over the platform's own.")
    home: str = Field(description="LAKE_HOME: the buckets are the directories below its s3/.")
    spark_dir: str = Field(description="Where the warm JVM writes its address down; also for spilled data.")
    landing_bucket: str = Field(default="landing", description="The bucket that producers write.")
    lake_bucket: str = Field(default="lake", description="The bucket that the platform writes.")
    master: str = Field(default="local[*]", description="local[*], or the spark:// address of a cluster.")
    memory: str = Field(
        default="", description="Heap of the JVM, such as 4g; default: a sixth of the machine, 1 to 4 GB."
    )

    def jvm_settings(self) -> JvmSettings:
        """What a JVM for this resource is started with; fetches the jars at first use."""
        return JvmSettings(
            master=self.master,
            memory=self.memory or default_memory(),
            jars=jar_names(ensure_jars(default_cache(os.environ), os.environ)),
            java_home=str(find_java_home(os.environ)),
        )

    def find_holder(self) -> WarmJvm | None:
        """The warm JVM to attach to; None for a session of this process. Backends that start one override this."""
        warm = read_warm(Path(self.spark_dir))
        return warm if warm is not None and warm.is_alive() else None

    def run(self, request: JobRequest) -> JobReport:
        """Runs a job in a session of its own and returns its report.

        Raises:
            SparkJobRefusedError: the job fails again with the same request.
            SparkLostError: the JVM died; another try gets a new one.
            SparkJobError: Spark failed for another reason.
        """
        job: Callable[[SparkSession, JobRequest], JobReport] = importlib.import_module(f"glue_jobs.{request.job}").run
        with self._translated(request), self._job_session(request.token) as session:
            return job(session, request)

    def figures(self, request: JobRequest) -> dict[str, object]:
        """Nothing: a job here has no run of its own, and its seconds are in the report."""
        return {}

    def new_session(self) -> SparkSession:
        """A session that sees this lake: for notebooks and checks."""
        prepare_process()
        warm = self.find_holder()
        if self._is_lost():
            detach()
        attachment = attach(warm, Path(self.spark_dir)) if warm is not None else None
        session = attachment.new_session() if attachment else self._own_session().newSession()
        for name, value in (mounts(self._buckets()) | {k: str(v) for k, v in self.spark_config.items()}).items():
            session.conf.set(name, value)
        return session

    def _init_session(self) -> None:
        if self._spark_session is None:  # pyright: ignore[reportUnnecessaryComparison] Dagster types the default None away
            self._spark_session = self.new_session()

    def _buckets(self) -> dict[str, Path]:
        return {bucket: Path(self.home) / "s3" / bucket for bucket in (self.landing_bucket, self.lake_bucket)}

    @contextmanager
    def _job_session(self, token: str) -> Generator[SparkSession]:
        session = self.new_session()
        context = session.sparkContext
        group = f"{token}/{uuid.uuid4().hex[:8]}"
        if Attachment.current is not None:
            Attachment.current.record_group(group)
        context.setJobGroup(group, f"job {token[:12]}", interruptOnCancel=True)
        try:
            yield session
        except BaseException as error:
            if not isinstance(error, Exception):
                context.cancelJobGroup(group)
            raise
        finally:
            _clear_group(context)

    @contextmanager
    def _translated(self, request: JobRequest) -> Generator[None]:
        try:
            yield
        except (JobError, AnalysisException, ParseException) as error:
            raise SparkJobRefusedError(request.dataset, request.token, _told(error)) from error
        except (Py4JNetworkError, ConnectionError, EOFError) as error:
            raise SparkLostError(request.dataset, request.token, _told(error)) from error
        except (Py4JError, PySparkException) as error:
            if self._is_lost():
                raise SparkLostError(request.dataset, request.token, _told(error)) from error
            raise SparkJobError(request.dataset, request.token, _told(error)) from error

    def _is_lost(self) -> bool:
        return Attachment.current is not None and not Attachment.current.warm.is_alive()

    def _own_session(self) -> SparkSession:
        with _STARTING:
            if SparkContext._active_spark_context is None:  # pyright: ignore[reportPrivateUsage] getOrCreate would hide which settings count
                settings = self.jvm_settings()
                os.environ.update(
                    {k: v for k, v in java_environment(settings, os.environ).items() if os.environ.get(k) != v}
                )
                SparkContext(conf=SparkConf().setAll(list(settings.confs(Path(self.spark_dir)).items())))
            return SparkSession.Builder().getOrCreate()


def prepare_process() -> None:
    """What pyspark and pydeequ read from the environment when they are first used."""
    os.environ.setdefault("SPARK_VERSION", "3.5")
    os.environ["PYSPARK_PYTHON"] = sys.executable


def _clear_group(context: SparkContext) -> None:
    """So that what this thread does next is not taken for the job; a dead JVM has no groups."""
    for name in ("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel"):
        try:
            context.setLocalProperty(name, None)  # pyright: ignore[reportArgumentType] None removes it
        except (Py4JError, ConnectionError):
            return


def _told(error: BaseException) -> str:
    """The first lines of a message; Java adds its whole stack."""
    text = str(error).split("\n\tat ")[0].strip()
    return (text or type(error).__name__)[:1000]
