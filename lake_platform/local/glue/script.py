"""How a job's script is run here: in a process of its own, with the files that its arguments name, over S3A.

The process sees what a Glue worker would: the installed libraries, the archive of `--extra-py-files` before them, no
project that happens to be installed for development, and no variable of whoever started the endpoint.
"""

import os
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from lake_platform.spark.glue.connect import ATTEMPTS
from lake_platform.spark.jars import Jar

S3A_JARS = (
    Jar(
        "org.apache.hadoop",
        "hadoop-aws",
        "3.3.4",
        "53f9ae03c681a30a50aa17524bd9790ab596b28481858e54efd989a826ed3a4a",
    ),
    Jar(
        "com.amazonaws",
        "aws-java-sdk-bundle",
        "1.12.262",
        "873fe7cf495126619997bec21c44de5d992544aea7e632fdc77adb1a0915bae5",
    ),
)
"""What Glue's runtime brings and pyspark does not."""

SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Options of Java for jobs of seconds: they end before code is worth compiling twice."""

_SPARK_ARGUMENTS = ("--conf", "--extra-jars", "--extra-py-files")


@dataclass(frozen=True, kw_only=True)
class ScriptHost:
    """Where scripts run.

    Attributes:
        aws: the address of the server that plays S3 and the other services for the job.
        credentials: the variables of the job's role, such as AWS_ACCESS_KEY_ID.
        s3a_jars: paths of `S3A_JARS`; none for scripts that need no Spark.
        java_home: the Java of the job.
        memory: the heap of its JVM.
        java_options: more options of it.
        variables: more variables of the job's environment.
    """

    aws: str
    credentials: Mapping[str, str]
    region: str = "us-east-1"
    s3a_jars: Sequence[Path] = ()
    java_home: str = ""
    memory: str = "1g"
    java_options: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client with the job's credentials."""
        session: Any = boto3.session.Session(
            aws_access_key_id=self.credentials.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self.credentials.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=self.credentials.get("AWS_SESSION_TOKEN"),
            region_name=self.region,
        )
        retries: Any = {"mode": "standard", "total_max_attempts": ATTEMPTS}
        return session.client(service, endpoint_url=self.aws, config=Config(proxies={}, retries=retries))

    def start(self, folder: Path, *, script: str, arguments: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        """Fetches script, archives and jars into a folder and starts the process; its output goes to files there.

        Raises:
            botocore.exceptions.ClientError: a file is not there.
        """
        folder.mkdir(parents=True)
        client = self.client("s3")
        try:
            main = _fetched(client, script, folder)
            archives = [_fetched(client, url, folder) for url in _listed(arguments, "--extra-py-files")]
            jars = [_fetched(client, url, folder) for url in _listed(arguments, "--extra-jars")]
        finally:
            client.close()
        with (folder / "output").open("wb") as output, (folder / "error").open("wb") as error:
            return subprocess.Popen(
                # -S: no .pth files, so that only what is shipped or installed can be imported.
                [sys.executable, "-S", str(main), *_command_line(arguments)],
                cwd=folder,
                env=self._environment(folder, archives, jars, arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=error,
                start_new_session=True,
            )

    def _environment(
        self, folder: Path, archives: Sequence[Path], jars: Sequence[Path], arguments: Mapping[str, str]
    ) -> dict[str, str]:
        libraries = [str(path) for path in (*archives, sysconfig.get_path("purelib"))]
        confs = _conf_arguments(arguments.get("--conf", "")) if self.s3a_jars else []
        spark = [part for name, value in self._confs(folder, jars).items() for part in ("--conf", f"{name}={value}")]
        return {
            "PATH": os.defpath,
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONPATH": os.pathsep.join(libraries),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_SUBMIT_ARGS": shlex.join([*spark, *confs, "pyspark-shell"]),
            "JAVA_HOME": self.java_home,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            **self.credentials,
            **self.variables,
        }

    def _confs(self, folder: Path, jars: Sequence[Path]) -> dict[str, str]:
        """What Glue's own runtime would set: a Spark of this machine, whose `s3://` is S3A at the server."""
        return {
            "spark.master": "local[2]",
            "spark.driver.memory": self.memory,
            "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC {self.java_options}".strip(),
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.extraClassPath": os.pathsep.join(map(str, (*self.s3a_jars, *jars))),
            "spark.local.dir": str(folder / "tmp"),
            "spark.sql.shuffle.partitions": "4",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
            "spark.hadoop.fs.s3a.endpoint": self.aws,
            "spark.hadoop.fs.s3a.endpoint.region": self.region,
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.connection.ssl.enabled": str(urlsplit(self.aws).scheme == "https").lower(),
            "spark.hadoop.fs.s3a.aws.credentials.provider": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
            # As in the Hadoop of Glue 5.1: else each file deletes the markers of all folders above it.
            "spark.hadoop.fs.s3a.directory.marker.retention": "keep",
            "spark.hadoop.fs.s3a.buffer.dir": str(folder / "tmp"),
        }


def _fetched(client: Any, url: str, folder: Path) -> Path:
    at = urlsplit(url, allow_fragments=False)
    path = folder / at.path.rsplit("/", 1)[-1]
    client.download_file(at.netloc, at.path.lstrip("/"), str(path))
    return path


def _listed(arguments: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in arguments.get(name, "").split(",") if part.strip()]


def _command_line(arguments: Mapping[str, str]) -> list[str]:
    """As a Glue script sees them in sys.argv; what is for Spark is not among them."""
    return [part for name, value in arguments.items() if name not in _SPARK_ARGUMENTS for part in (name, value)]


def _conf_arguments(text: str) -> list[str]:
    """Glue's way to give many settings in one argument: `a=1 --conf b=2`."""
    return [part for setting in text.split(" --conf ") if setting.strip() for part in ("--conf", setting.strip())]
