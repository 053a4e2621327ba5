"""The real jobs through the Glue endpoint: the built package, Spark over S3A, Deequ, Dagster Pipes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from lake_platform.assets.processed import build_processed
from lake_platform.assets.raw import build_raw
from lake_platform.assets.validated import build_validated
from lake_platform.contract.dataset import DatasetContract
from lake_platform.contract.source import load_folder
from lake_platform.lake.document_catalog import DocumentCatalog
from lake_platform.lake.lake import Lake
from lake_platform.local.glue import Fault, GlueEndpoint, ScriptHost
from lake_platform.local.glue.script import S3A_JARS, SHORT_LIVED
from lake_platform.spark.glue.package import build_package
from lake_platform.spark.jars import COMMITTER_JAR, JARS, default_cache, ensure_jars
from lake_platform.spark.java import find_java_home
from lake_platform_tests.e2e.contracts import day_file, define
from lake_platform_tests.spark.conftest import CREDENTIALS
from lake_platform_tests.spark.glue_house import GlueHouse, package, wait_until

pytestmark = [pytest.mark.s3, pytest.mark.spark]

SECRET = "canary-5f0c2a"
DAY = "2024-01-01"


@pytest.fixture
def real_house(aws_url: str) -> Iterator[GlueHouse]:
    """A house whose endpoint runs Spark, with the real package deployed."""
    cache = default_cache(os.environ)
    endpoint = GlueEndpoint(
        ScriptHost(
            aws=aws_url,
            credentials=CREDENTIALS,
            s3a_jars=ensure_jars(cache, os.environ, jars=S3A_JARS),
            java_home=str(find_java_home(os.environ)),
            java_options=SHORT_LIVED,
        )
    )
    house = GlueHouse(aws_url, endpoint)
    house.package = build_package({})
    house.store(house.bucket)
    yield house
    house.close()
    endpoint.close()


def test_a_dataset_goes_from_raw_to_processed_on_glue(real_house: GlueHouse, tmp_path: Path) -> None:
    real_house.deployments().deploy(real_house.package, _jars())
    secret = real_house.shared("secretsmanager").create_secret(Name=real_house.bucket, SecretString=SECRET)["ARN"]
    contract = _contract(tmp_path)
    landing = real_house.store(f"landing-{real_house.bucket}")
    landing.put(*_landed(("1", "I", "EU", "1.50", "2024-01-01 10:00"), ("2", "X", "EU", "2.50", "2024-01-01 10:00")))
    # Glue says FAILED although the first job has written its report: the checks arrive.
    real_house.endpoint.faults.add(Fault("run", "run_failed_after"))

    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [build_raw(contract), build_validated(contract), build_processed(contract)],
            partition_key=DAY,
            instance=instance,
            resources=_resources(real_house, landing, pii_key_from=secret),
        )
        lines = [entry.user_message for entry in instance.all_logs(result.run_id)]

    assert result.success
    validated, process = real_house.runs()[::-1]
    assert [(run.job["Name"].partition("-")[2], run.state) for run in (validated, process)] == [
        ("validate", "FAILED"),
        ("process", "SUCCEEDED"),
    ]
    metadata = _metadata(result, "glued_processed")
    assert metadata["dagster/row_count"].value == 1
    assert metadata["run/run_id"].value == process.id
    assert metadata["run/console"].value.endswith(f"/run/{process.id}")
    assert metadata["run/dpu_seconds"].value == 5 * metadata["run/execution_seconds"].value
    evaluations = {e.check_name: e.passed for e in result.get_asset_check_evaluations()}
    assert evaluations["op_in_i_u_d"] is False
    assert evaluations["rows_conserved"] is True
    assert any("process glued: 1 partition(s), 1 file(s)" in line for line in lines)
    _assert_hashed_and_secret(real_house, contract)
    assert _left_behind(real_house) == []


SLOW_SCRIPT = """
import sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
folder = sys.argv[sys.argv.index("--folder") + 1]
# Three tasks write and commit, the fourth never ends.
slow = "java_method('java.lang.Thread', 'sleep', if(id = 3, 600000L, 1L))"
spark.range(0, 4, 1, 4).selectExpr("id", f"{slow} AS slept").write.parquet(folder)
"""


def test_a_job_that_is_killed_while_it_writes_leaves_nothing_visible(real_house: GlueHouse) -> None:
    real_house.deployments().deploy(package("s10w", SLOW_SCRIPT), _jars())
    glue, job = real_house.connect("glue"), real_house.settings.job_name("process")

    started = glue.start_job_run(JobName=job, Arguments={"--folder": f"s3://{real_house.bucket}/out"})["JobRunId"]
    # The committer's notes: the files of three tasks are uploaded and wait for the commit of the job.
    wait_until(lambda: sum(key.endswith(".pendingset") for key in real_house.written()) == 3, seconds=240)
    glue.batch_stop_job_run(JobName=job, JobRunIds=[started])
    wait_until(lambda: glue.get_job_run(JobName=job, RunId=started)["JobRun"]["JobRunState"] == "STOPPED")

    assert [key for key in real_house.written() if "__magic" not in key and not key.endswith("/")] == []
    # What three tasks wrote is in S3 and in no listing: the rule of the bucket for uploads that were not completed ends it.
    uploads = real_house.shared("s3").list_multipart_uploads(Bucket=real_house.bucket)["Uploads"]
    assert len([upload["Key"] for upload in uploads if upload["Key"].startswith("out/part-")]) >= 3


def _jars() -> list[Path]:
    return ensure_jars(default_cache(os.environ), os.environ, jars=(*JARS, COMMITTER_JAR))


def _contract(folder: Path) -> DatasetContract:
    (folder / "defs/glued").mkdir(parents=True)
    columns = [
        {"name": "customer_id", "type": "bigint", "required": True},
        {"name": "op", "type": "char(1)"},
        {"name": "region", "type": "varchar(64)", "pii": "hash"},
        {"name": "amount", "type": "decimal(18,2)"},
        {"name": "changed_at", "type": "timestamp", "required": True, "formats": ["yyyy-MM-dd HH:mm"]},
    ]
    quality = [
        {"rule": 'ColumnValues "op" in ["I","U","D"]', "otherwise": "quarantine"},
        {"rule": "RowCount > 0", "otherwise": "block"},
    ]
    text = define("glued", columns=columns, quality=quality, target=None)
    (folder / "defs/glued/defs.yaml").write_text(text)
    loaded = load_folder(folder / "defs")
    assert not loaded.faults
    return loaded.contracts[0]


def _landed(*rows: tuple[str, ...]) -> tuple[str, bytes]:
    key, text = day_file("glued", DAY, *rows)
    return key, text.encode()


def _resources(house: GlueHouse, landing: Any, *, pii_key_from: str) -> dict[str, Any]:
    store = house.store(house.bucket)

    def no_key() -> str:
        return ""

    lake = Lake(landing=landing, lake=store, settle=0.0, read_pii_key=no_key)
    spark = house.spark(pii_key_from=pii_key_from, poll_seconds=0.5)
    return {"lake": lake, "spark": spark, "catalog": DocumentCatalog(store)}


def _metadata(result: dg.ExecuteInProcessResult, node: str) -> Any:
    (event,) = result.asset_materializations_for_node(node)
    return event.metadata


def _assert_hashed_and_secret(house: GlueHouse, contract: DatasetContract) -> None:
    """The column is hashed with the key of the secret, which is nowhere: no object, no argument, no log."""
    import hashlib
    import hmac
    import io

    import pyarrow.parquet as pq

    store = house.store(house.bucket)
    files = [key for key in house.written() if key.startswith("processed/") and key.endswith(".parquet")]
    rows = [row for key in files for row in pq.read_table(io.BytesIO(store.read(key))).to_pylist()]
    assert [row["region"] for row in rows] == [hmac.new(SECRET.encode(), b"EU", hashlib.sha256).hexdigest()]
    logs = house.shared("logs")
    told = [
        event["message"]
        for kind in ("output", "error")
        for run in house.runs()
        for event in logs.get_log_events(logGroupName=f"/aws-glue/jobs/{kind}", logStreamName=run.id)["events"]
    ]
    assert told
    assert not any(SECRET in line for line in told)
    assert not any(SECRET in str(run.arguments) for run in house.runs())
    assert not any(SECRET.encode() in store.read(key) for key in house.written())


def _left_behind(house: GlueHouse) -> list[str]:
    """What a committer or a session would leave: nothing of either, and no upload that was not completed."""
    uploads = house.shared("s3").list_multipart_uploads(Bucket=house.bucket).get("Uploads", [])
    return [key for key in house.written() if "__magic" in key or "_temporary" in key or "/context/" in key] + uploads
