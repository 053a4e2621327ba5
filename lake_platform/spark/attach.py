"""Attaching this process to a warm JVM, through pyspark's own gateway."""

import atexit
import os
import signal
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from lake_platform.spark.warm import Client, WarmJvm, remove_client, this_process, write_client


class AttachedContext(SparkContext):
    """The context of a JVM that others use too: stopping it only lets go of it."""

    def stop(self) -> None:
        detach()


@dataclass
class Attachment:
    """This process at one warm JVM."""

    warm: WarmJvm
    folder: Path
    client: Client
    context: SparkContext

    current: ClassVar["Attachment | None"] = None
    lock: ClassVar[threading.Lock] = threading.Lock()

    def new_session(self) -> SparkSession:
        """A session of its own: its settings, views and functions are no one else's."""
        jvm: Any = self.context._jvm  # pyright: ignore[reportPrivateUsage] pyspark gives no other way to a session of a JVM
        session = jvm.org.apache.spark.sql.SparkSession.builder().getOrCreate().newSession()
        jvm.org.apache.spark.sql.SparkSession.setActiveSession(session)
        return SparkSession(self.context, session)

    def record_group(self, group: str) -> None:
        """Writes down what runs for this process, before it runs: if the process dies, the holder cancels it."""
        self.client = replace(self.client, groups=(*self.client.groups[-20:], group))
        write_client(self.folder, self.client)


def attach(warm: WarmJvm, folder: Path) -> Attachment:
    """Attaches, or returns the attachment there is. One to another JVM is let go first, since pyspark knows only one."""
    with Attachment.lock:
        found = Attachment.current
        if found is not None and found.warm == warm and found.client.pid == os.getpid():
            return found
        if found is not None:
            _forget()
        client = this_process()
        write_client(folder, client)
        made = Attachment(warm=warm, folder=folder, client=client, context=_context(warm))
        Attachment.current = made
        atexit.register(remove_client, folder, client)
        return made


def detach() -> None:
    """Lets go of the JVM; it goes on."""
    with Attachment.lock:
        if Attachment.current is not None:
            remove_client(Attachment.current.folder, Attachment.current.client)
            _forget()


def _context(warm: WarmJvm) -> SparkContext:
    variables = {"PYSPARK_GATEWAY_PORT": str(warm.port), "PYSPARK_GATEWAY_SECRET": warm.secret}
    before = {name: os.environ.get(name) for name in variables}
    interrupt = signal.getsignal(signal.SIGINT)
    os.environ.update(variables)
    try:
        gateway: Any = launch_gateway()
        scala = gateway.jvm.org.apache.spark.SparkContext.getOrCreate()
        java = gateway.jvm.org.apache.spark.api.java.JavaSparkContext(scala)
        return AttachedContext(gateway=gateway, jsc=java, conf=SparkConf(_jconf=java.getConf()))
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
        # pyspark's own handler would cancel the jobs of everyone on Ctrl-C.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, interrupt)


def _forget() -> None:
    """Drops what pyspark remembers of a JVM in this process. The JVM may be dead, so nothing is asked of it."""
    found, Attachment.current = Attachment.current, None
    context: Any = SparkContext
    sessions: Any = SparkSession
    server = getattr(found.context, "_accumulatorServer", None) if found else None
    if server is not None:
        server.shutdown()
        server.server_close()
    gateway = context._gateway
    context._gateway = context._jvm = context._active_spark_context = None
    sessions._instantiatedSession = sessions._activeSession = None
    if gateway is not None:
        gateway.shutdown_callback_server()
        gateway.close()
