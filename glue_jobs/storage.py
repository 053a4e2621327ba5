"""Small things through Spark's own file systems, so that they work alike on a laptop and on Glue."""

from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession


@dataclass(frozen=True)
class StoredFile:
    """A file below a folder."""

    url: str
    size: int


def list_files(spark: SparkSession, folder: str) -> list[StoredFile]:
    """All files below a folder, sorted; none if there is no such folder."""
    jvm, configuration = _hadoop(spark)
    path = jvm.org.apache.hadoop.fs.Path(folder)
    system = path.getFileSystem(configuration)
    if not system.exists(path):
        return []
    found: list[StoredFile] = []
    remaining = system.listFiles(path, True)
    while remaining.hasNext():
        status = remaining.next()
        found.append(StoredFile(_inside(str(status.getPath().toString()), folder), int(status.getLen())))
    return sorted(found, key=lambda file: file.url)


def count_parquet_rows(spark: SparkSession, url: str) -> int:
    """The rows of a Parquet file by its footer."""
    jvm, configuration = _hadoop(spark)
    source = jvm.org.apache.parquet.hadoop.util.HadoopInputFile.fromPath(
        jvm.org.apache.hadoop.fs.Path(url), configuration
    )
    reader = jvm.org.apache.parquet.hadoop.ParquetFileReader.open(source)
    try:
        return int(reader.getRecordCount())
    finally:
        reader.close()


def exists(spark: SparkSession, url: str) -> bool:
    jvm, configuration = _hadoop(spark)
    path = jvm.org.apache.hadoop.fs.Path(url)
    return bool(path.getFileSystem(configuration).exists(path))


def read_text(spark: SparkSession, url: str) -> str:
    jvm, configuration = _hadoop(spark)
    path = jvm.org.apache.hadoop.fs.Path(url)
    stream = path.getFileSystem(configuration).open(path)
    try:
        return bytes(jvm.org.apache.commons.io.IOUtils.toByteArray(stream)).decode()
    finally:
        stream.close()


def write_text_if_absent(spark: SparkSession, url: str, text: str) -> bool:
    """Whether this call made the file. On S3 two writers in the same instant may both say so: one job, one report."""
    jvm, configuration = _hadoop(spark)
    path = jvm.org.apache.hadoop.fs.Path(url)
    system = path.getFileSystem(configuration)
    if system.exists(path):
        return False
    try:
        stream = system.create(path, False)
    except Py4JJavaError as error:
        if "FileAlreadyExistsException" in str(error.java_exception):
            return False
        raise
    try:
        stream.write(text.encode())
    finally:
        stream.close()
    return True


def _hadoop(spark: SparkSession) -> tuple[Any, Any]:
    """The JVM, and Hadoop's configuration with what this session alone has set."""
    jvm: Any = spark._jvm  # pyright: ignore[reportPrivateUsage]
    session: Any = spark._jsparkSession  # pyright: ignore[reportPrivateUsage] pyspark has no public way to the session's Hadoop settings
    return jvm, session.sessionState().newHadoopConf()


def _inside(url: str, folder: str) -> str:
    """A mount may report `file:` paths or the like; what was asked for is what is told."""
    return (
        url
        if url.startswith(folder)
        else folder.rstrip("/") + "/" + url.partition(folder.split("://", 1)[-1].split("/", 1)[-1].rstrip("/") + "/")[2]
    )
