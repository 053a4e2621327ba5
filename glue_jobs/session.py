"""What both jobs need of a Spark session, set on each session so that no default of a machine or of Glue decides."""

from pyspark.sql import SparkSession

SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    # Patterns are matched exactly; no guess by the formatter of Spark 2.
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    # Pruned readers count the fields of a record differently, and may take a damaged one for good.
    "spark.sql.csv.parser.columnPruning.enabled": "false",
    "spark.sql.optimizer.enableCsvExpressionOptimization": "false",
    "spark.sql.optimizer.enableJsonExpressionOptimization": "false",
    # The JVM never compiles a method of more than 8000 bytes; Spark then has to make smaller ones (a million rows of
    # 12 columns: 62 CPU seconds without, 28 with it).
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # What is kept is read three times at most; packing it tightly costs more than that saves (22 against 17 CPU seconds).
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.caseSensitive": "true",
    # COPY reads both; micros keep exactly what Redshift keeps.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.writeLegacyFormat": "false",
    # Dates before 1582 mean what they say.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    # Task output is renamed once, when the job has succeeded: a retried task never shows twice.
    "mapreduce.fileoutputcommitter.algorithm.version": "1",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "spark.sql.sources.partitionOverwriteMode": "static",
}


def prepare_session(spark: SparkSession, *, ansi: bool) -> None:
    """Applies the settings. `ansi`: arithmetic and casts raise where they cannot be right; without it they give NULL."""
    for name, value in SETTINGS.items():
        spark.conf.set(name, value)
    spark.conf.set("spark.sql.ansi.enabled", str(ansi).lower())
