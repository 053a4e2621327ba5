"""One Spark write for all partitions of a job, and which file belongs to which partition."""

from collections.abc import Mapping
from urllib.parse import unquote

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as fn

from glue_jobs.errors import RowsWrittenError
from glue_jobs.origins import lookup_table
from glue_jobs.protocol import JobRequest, OutputFile
from glue_jobs.storage import count_parquet_rows, list_files

FILE_BYTES = 128 * 1024 * 1024
"""What COPY likes: files of 1 MB to 1 GB, of about equal size."""

_MOST_TASKS = 200

_FOLDER = "part"
"""The directory column: a copy of `_partition`, so that the column itself stays in the files."""


def write_partitions(
    spark: SparkSession, rows: DataFrame, *, folder: str, counts: Mapping[str, int], files: Mapping[str, int]
) -> dict[str, tuple[OutputFile, ...]]:
    """Writes the rows as Parquet and returns the files of each partition.

    Args:
        counts: the rows of each partition; where there are none, nothing is written.
        files: into how many files a partition is cut; default one.

    Raises:
        RowsWrittenError: the files do not hold these counts.
    """
    if not any(counts.values()):
        return dict.fromkeys(counts, ())
    cuts = {partition: files.get(partition, 1) for partition, count in counts.items() if count}
    table: list[dict[str, object]] = [{_FOLDER: partition, "cuts": cut} for partition, cut in cuts.items()]
    placed = rows.join(
        fn.broadcast(lookup_table(spark, table, f"{_FOLDER} string, cuts int")), fn.col("_partition") == fn.col(_FOLDER)
    )
    placed = placed.withColumn("_cut", fn.pmod(fn.xxhash64("_file", fn.floor(fn.col("_row") / 10_000)), fn.col("cuts")))
    order = [_FOLDER, "_file_time", "_file", "_row"]
    spread = placed.repartition(_tasks(spark, cuts), _FOLDER, "_cut").sortWithinPartitions(*order)
    spread.drop("_cut", "cuts").write.partitionBy(_FOLDER).mode("errorifexists").parquet(folder)
    written = _written(spark, folder)
    for partition, meant in counts.items():
        held = sum(file.record_count for file in written.get(partition, ()))
        if held != meant:
            raise RowsWrittenError(partition, written=held, meant=meant)
    return {partition: written.get(partition, ()) for partition in counts}


def _tasks(spark: SparkSession, cuts: Mapping[str, int]) -> int:
    """A task for each file of a large partition; small partitions share a few."""
    large = sum(cut for cut in cuts.values() if cut > 1)
    return min(sum(cuts.values()), max(2 * spark.sparkContext.defaultParallelism, large), _MOST_TASKS)


def cuts_by_size(request: JobRequest) -> dict[str, int]:
    """Into how many files each partition goes, by the size of its input; gzip is taken for five times its size."""
    sizes = {
        work.partition: sum(file.size * (5 if file.url.endswith(".gz") else 1) for file in work.files)
        for work in request.partitions
    }
    return {partition: 1 + size // (FILE_BYTES * 3) for partition, size in sizes.items()}


def _written(spark: SparkSession, folder: str) -> dict[str, tuple[OutputFile, ...]]:
    found: dict[str, tuple[OutputFile, ...]] = {}
    for file in list_files(spark, folder):
        partition = unquote(file.url.rsplit("/", 2)[1].partition("=")[2])
        records = count_parquet_rows(spark, file.url)
        found[partition] = (
            *found.get(partition, ()),
            OutputFile(url=file.url, content_length=file.size, record_count=records),
        )
    return found
