"""Deployments: written down first, then applied; whoever applies ends at the newest one."""

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lake_platform.errors import DeploymentError
from lake_platform.local.glue import Fault
from lake_platform.spark.glue.client import GlueCalls
from lake_platform.spark.glue.deploy import Deployments
from lake_platform_tests.spark.glue_house import FastClock, GlueHouse, empty_jars, package

pytestmark = pytest.mark.s3


def deployed(house: GlueHouse) -> dict[str, str]:
    """The code of each job, as Glue has it."""
    glue = house.connect("glue")
    names = [house.settings.job_name(job) for job in ("validate", "process")]
    return {
        name.removeprefix(house.settings.job_prefix): glue.get_job(JobName=name)["Job"]["Command"]["ScriptLocation"]
        .rpartition("-")[2]
        .removesuffix(".py")
        for name in names
    }


def test_both_jobs_and_all_files_are_there(house: GlueHouse) -> None:
    store = house.store(house.settings.code_bucket)
    job = house.connect("glue").get_job(JobName=house.settings.job_name("validate"))["Job"]

    assert deployed(house) == {"validate": "c0de", "process": "c0de"}
    urls = [job["Command"]["ScriptLocation"], *job["DefaultArguments"]["--extra-jars"].split(",")]
    for url in [*urls, job["DefaultArguments"]["--extra-py-files"]]:
        assert store.head(url.removeprefix(f"s3://{store.bucket}/")) is not None
    tags = house.connect("glue").get_tags(ResourceArn=f"arn:aws:glue:us-east-1:1:job/{job['Name']}")
    assert tags["Tags"] == {"application": "lake_platform"}


def test_deploying_the_same_again_changes_nothing(house: GlueHouse, tmp_path: Path) -> None:
    before = house.endpoint.calls["UpdateJob"]

    made = house.deployments().deploy(house.package, empty_jars(tmp_path))

    assert made.number == 1
    assert house.endpoint.calls["UpdateJob"] == before


def test_a_job_that_somebody_changed_is_put_right(house: GlueHouse, tmp_path: Path) -> None:
    glue = house.connect("glue")
    name = house.settings.job_name("process")
    body = {k: v for k, v in glue.get_job(JobName=name)["Job"].items() if k in ("Role", "Command", "GlueVersion")}
    glue.update_job(JobName=name, JobUpdate={**body, "WorkerType": "G.2X", "NumberOfWorkers": 40})

    house.deploy(tmp_path)

    assert glue.get_job(JobName=name)["Job"]["NumberOfWorkers"] == 5


def test_going_back_and_forth(house: GlueHouse, tmp_path: Path) -> None:
    for digest in ("c1", "c2"):
        house.deploy(tmp_path, package(digest))

    back = [house.deployments().go_back().code for _ in range(2)]
    assert back == ["c1", "c0de"]
    assert set(deployed(house).values()) == {"c0de"}
    with pytest.raises(DeploymentError, match="nothing to go back to"):
        house.deployments().go_back()

    house.deploy(tmp_path, package("c2"))
    assert set(deployed(house).values()) == {"c2"}
    assert house.deployments().go_back().code == "c1"


def test_of_two_deployments_at_once_both_jobs_end_as_the_later_one_says(house: GlueHouse, tmp_path: Path) -> None:
    jars = empty_jars(tmp_path)
    gate = threading.Barrier(4)

    def deploy(digest: str) -> None:
        deployments = house.deployments()
        gate.wait()
        deployments.deploy(package(digest), jars)

    threads = [threading.Thread(target=deploy, args=(f"d{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    newest = house.deployments().latest()
    assert newest is not None
    assert newest.number == 5
    assert set(deployed(house).values()) == {newest.code}


def test_a_slow_deployment_does_not_cover_a_newer_one(house: GlueHouse, tmp_path: Path) -> None:
    """The newer one comes and goes while the slow one is between its two jobs."""
    jars = empty_jars(tmp_path)

    class Slow(GlueCalls):
        interrupted = False

        def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
            answer = super().call(operation, **arguments)
            if operation == "update_job" and not Slow.interrupted:
                Slow.interrupted = True
                house.deployments().deploy(package("newer"), jars)
            return answer

    slow = Deployments(
        house.store(house.settings.code_bucket),
        Slow(house.connect, "glue", patience=60, clock=FastClock()),
        house.settings,
    )
    made = slow.deploy(package("older"), jars)

    assert Slow.interrupted
    assert made.code == "newer"
    assert set(deployed(house).values()) == {"newer"}


@pytest.mark.parametrize("kind", ["drop_answer", "throttle", "internal_error"])
def test_a_first_deployment_outlasts_what_passes(house: GlueHouse, tmp_path: Path, kind: Any) -> None:
    house.settings = replace(house.settings, job_prefix=f"{kind}-{house.settings.job_prefix}")
    house.endpoint.faults.add(Fault("CreateJob", kind, times=1))

    house.deploy(tmp_path)

    assert set(deployed(house).values()) == {"c0de"}


def test_a_deployment_that_was_killed_before_it_was_applied_is_finished_by_the_next(
    house: GlueHouse, tmp_path: Path
) -> None:
    latest = house.deployments().latest()
    assert latest is not None
    document = json.loads(house.store(house.settings.code_bucket).read(_key(house, 1)))
    document["jobs"] = _renamed(document["jobs"], "c0de", "c0de2")
    house.store(house.settings.code_bucket).put(_key(house, 2), json.dumps({**document, "code": "c0de2"}).encode())

    house.deployments().apply_latest()

    assert set(deployed(house).values()) == {"c0de2"}


def test_code_that_somebody_overwrote_is_not_deployed(house: GlueHouse, tmp_path: Path) -> None:
    store = house.store(house.settings.code_bucket)
    store.put("glue/code/new/validate-new.py", b"something else")

    with pytest.raises(DeploymentError, match=r"is there already with another content.*administrator of the account"):
        house.deploy(tmp_path, package("new"))

    assert set(deployed(house).values()) == {"c0de"}


def test_without_a_role_nothing_is_deployed(house: GlueHouse, tmp_path: Path) -> None:
    house.settings = replace(house.settings, role="")

    with pytest.raises(DeploymentError, match="LAKE_GLUE_ROLE is not set"):
        house.deploy(tmp_path, package("new"))


def _key(house: GlueHouse, number: int) -> str:
    return f"glue/deployments/{house.settings.job_prefix}/{number:06d}.json"


def _renamed(jobs: Mapping[str, Any], old: str, new: str) -> Any:
    return json.loads(json.dumps(jobs).replace(old, new))
