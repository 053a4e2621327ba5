"""The tests against a real account, run against servers of this machine where these can play its part."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from lake_platform.local.rehearsal.cloud import LANDING, ROLE, Cloud, open_cloud

pytestmark = [pytest.mark.s3, pytest.mark.warehouse]

ROOT = Path(__file__).parents[2]
NOT_HERE = {
    "test_an_old_version_id_is_refused": "moto looks at no VersionId",
    "test_the_table_of_a_crawl_becomes_a_definition": "a crawl of the Glue endpoint makes no table",
    "test_redshift_does_what_the_table_of_differences_says": "these are the differences",
    "test_unload_writes_a_manifest_that_copy_takes": "the local Redshift endpoint has no UNLOAD",
}
"""What the servers here cannot play: these tests fail, and one that no longer does has to leave this list."""
SLOW, JOB = "test_listings_of_more_than_a_page_are_whole", "test_a_dataset_goes_from_raw_to_processed"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with open_cloud(tmp_path_factory.mktemp("account")) as cloud:
        yield cloud


def outcomes(cloud: Cloud, folder: Path, *, which: str, **more: str) -> dict[str, str]:
    """How each test that `which` selects (as pytest's -k) ends with these variables: passed, failure or skipped."""
    here = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LAKE_"))}
    variables = {
        "LAKE_TEST_AWS_REGION": cloud.environment["AWS_REGION"],
        "LAKE_TEST_AWS_BUCKET": LANDING,
        **{
            name.replace("LAKE_", "LAKE_TEST_AWS_"): value
            for name, value in cloud.environment.items()
            if name.startswith("LAKE_REDSHIFT_")
        },
        **more,
    }
    aws = {name: value for name, value in cloud.environment.items() if name.startswith("AWS_")}
    report = folder / "report.xml"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", "-m", "account", "-k", which,
         "lake_platform_tests/account"],
        cwd=ROOT, env={**here, **aws, **variables, "NO_PROXY": "127.0.0.1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert report.exists(), ran.stdout + ran.stderr
    ended: dict[str, set[str]] = {}
    for case in ET.parse(report).getroot().iter("testcase"):
        end = next((kind for kind in ("skipped", "failure", "error") if case.find(kind) is not None), "passed")
        ended.setdefault(case.attrib["name"].partition("[")[0], set()).add(end)
    return {name: " and ".join(sorted(ends)) for name, ends in ended.items()}


def test_the_group_passes_here_but_for_what_only_aws_can_play(cloud: Cloud, tmp_path: Path) -> None:
    ended = outcomes(
        cloud,
        tmp_path,
        which=f"not {SLOW}",
        LAKE_TEST_AWS_KMS_KEY=KEY,
        LAKE_TEST_AWS_QUEUE=cloud.queue,
        LAKE_TEST_AWS_TOPIC=cloud.topic,
        LAKE_TEST_AWS_TOPIC_QUEUE=cloud.heard,
        LAKE_TEST_AWS_DATABASE_PREFIX="group_",
        LAKE_TEST_AWS_CRAWLER_ROLE=ROLE,
    )

    assert {name for name, end in ended.items() if end == "failure"} == set(NOT_HERE)
    assert {name for name, end in ended.items() if end == "skipped"} == {JOB}
    assert "error" not in ended.values()
    assert len(ended) == 16


def test_nothing_of_the_group_stays(cloud: Cloud) -> None:
    s3, glue = cloud.client("s3"), cloud.client("glue")

    versions = s3.list_object_versions(Bucket=LANDING)
    assert (versions.get("Versions", []), versions.get("DeleteMarkers", [])) == ([], [])
    assert [each["Name"] for each in glue.get_databases()["DatabaseList"]] == []


@pytest.mark.long
@pytest.mark.spark
def test_the_slow_ones_of_the_group_pass_here(cloud: Cloud, tmp_path: Path) -> None:
    ended = outcomes(cloud, tmp_path, which=f"{SLOW} or {JOB}", LAKE_TEST_AWS_GLUE_ROLE=ROLE)

    assert ended == {SLOW: "passed", JOB: "passed"}
