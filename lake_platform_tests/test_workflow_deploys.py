"""The deployment of CI, its scripts run in their order as the runner does, with programs that write down how they are called."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

FILE = Path(__file__).parents[1] / ".github" / "workflows" / "lake.yml"
WORKFLOW: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
JOB: dict[str, Any] = WORKFLOW["jobs"]["deploy"]
SHELLS = {"bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"], None: ["bash", "-e"]}
"""What the runner makes of the name of a shell."""
VARIABLES = {
    "AWS_STACK_ROLE": "arn:aws:iam::111122223333:role/ci",
    "TEMPLATE_BUCKET": "templates",
    "DATA_STACK": "lake",
    "DATA_TEMPLATE": "lake-sales",
    "DATA_PARAMETERS": "Prefix=mine\nJobWorkers=3",
    "DEFS": "lake_platform/defs/sales",
    "DAGSTER_STACK": "lake-dagster",
    "DAGSTER_PARAMETERS": "PeopleCidr=10.0.0.0/8\n\nViewerHost=lake.example.com",
    "IMAGE_REPOSITORY": "lake-platform",
    "RDS_CA_BUNDLE": "https://example.com/bundle.pem",
}
PROGRAM = r"""#!/bin/bash
call="$(basename "$0") $*"
echo "$call" >> "$CALLS"
if [[ -n "$REFUSED" && "$call" =~ $REFUSED ]]; then echo 'refused' >&2; exit 254; fi
case "$call" in
  'lake build-jobs'*) echo '{"code": "c0de"}' ;;
  *"describe-stacks"*"StackName=="*) echo "$THERE" ;;
  *"describe-stacks"*"join("*) printf 'AwsRegion=eu-central-1\tLakeBucket=mine-lake%b\n' "$MODULES" ;;
  *"describe-stacks"*"ClusterName'"*) echo 'cluster' ;;
  *"describe-stacks"*)
    echo '{"Stacks": [{"Outputs": [{"OutputKey": "ClusterName", "OutputValue": "cluster"},
      {"OutputKey": "Subnets", "OutputValue": "subnet-1,subnet-2"}, {"OutputKey": "PrepareGroup", "OutputValue": "sg-1"},
      {"OutputKey": "PrepareTask", "OutputValue": "prepare:1"}]}]}' ;;
  'aws ecr describe-repositories'*) echo '111122223333.dkr.example/lake-platform' ;;
  'aws ecs list-tasks'*) if [ "$(grep -c list-tasks "$CALLS")" -le "$BUSY" ]; then echo 'arn:run'; fi ;;
  'aws ecs run-task'*) echo 'arn:prepare' ;;
  'aws ecs describe-tasks'*) echo "$EXIT_CODE" ;;
esac
"""


@dataclass(frozen=True)
class Deployed:
    """What came of it.

    Attributes:
        failed: name of the step that failed.
        calls: of all programs, in their order.
    """

    failed: str | None
    calls: list[str]

    def places(self, *patterns: str) -> list[int]:
        """Where the one call is that each pattern fits."""
        found = [[at for at, call in enumerate(self.calls) if re.search(pattern, call)] for pattern in patterns]
        assert [len(places) for places in found] == [1] * len(patterns), (patterns, self.calls)
        return [places[0] for places in found]


@dataclass(frozen=True)
class Runner:
    home: Path

    def deploy(
        self,
        *,
        busy: int = 0,
        there: str = "lake-dagster",
        refused: str = "",
        exit_code: str = "0",
        modules: str = "",
    ) -> Deployed:
        """Runs the steps of the job until one fails."""
        answers = {"BUSY": str(busy), "THERE": there, "REFUSED": refused, "EXIT_CODE": exit_code, "MODULES": modules}
        failed = None
        for step in JOB["steps"]:
            if "run" in step and self._run(step, answers) != 0:
                failed = step.get("name")
                break
        return Deployed(failed, (self.home / "calls").read_text(encoding="utf-8").splitlines())

    def _run(self, step: Mapping[str, Any], answers: Mapping[str, str]) -> int:
        environment = {name: self._value(text) for name, text in {**JOB["env"], **step.get("env", {})}.items()}
        files = {name: str(self.home / name.lower()) for name in ("CALLS", "GITHUB_ENV", "GITHUB_OUTPUT")}
        github = {"GITHUB_SHA": "5ha", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2", "RUNNER_TEMP": str(self.home)}
        path = f"{self.home / 'bin'}:{os.environ['PATH']}"
        shell = SHELLS[WORKFLOW.get("defaults", {}).get("run", {}).get("shell")]
        done = subprocess.run(
            [*shell, "-c", step["run"]],
            cwd=self.home,
            env={**environment, **files, **github, **answers, "PATH": path},
            capture_output=True,
            check=False,
        )
        return done.returncode

    def _value(self, text: str) -> str:
        outputs = dict(re.findall(r"^(\w+)=(.*)$", (self.home / "github_output").read_text(encoding="utf-8"), re.M))
        text = re.sub(r"\$\{\{ steps\.image\.outputs\.(\w+) \}\}", lambda found: outputs[found[1]], text)
        return re.sub(r"\$\{\{ vars\.(\w+) \}\}", lambda found: VARIABLES[found[1]], text)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    for folder, names in {"bin": ["aws", "docker", "curl", "make", "sleep"], ".venv/bin": ["lake"]}.items():
        (tmp_path / folder).mkdir(parents=True)
        for name in names:
            (tmp_path / folder / name).write_text(PROGRAM, encoding="utf-8")
            (tmp_path / folder / name).chmod(0o755)
    for name in ("calls", "github_output"):
        (tmp_path / name).touch()
    return Runner(tmp_path)


def test_dagster_is_down_while_jobs_are_not_those_of_its_code(runner: Runner) -> None:
    deployed = runner.deploy()

    places = deployed.places(
        r"docker push",
        r"deploy --stack-name lake-dagster --template-file \S+/deployed.json .* Running=no$",
        r"ecs list-tasks",
        r"deploy --stack-name lake ",
        r"lake deploy-jobs",
        r"deploy --stack-name lake-dagster --template-file infra/templates/dagster\S+ .* Running=no$",
        r"ecs run-task .*prepare:1",
        r"ecs wait tasks-stopped",
        r"Running=yes$",
    )
    assert deployed.failed is None
    assert places == sorted(places)


def test_stacks_and_image_get_what_the_variables_say(runner: Runner) -> None:
    calls = "\n".join(runner.deploy().calls)
    image = "111122223333.dkr.example/lake-platform:5ha-7.2"

    assert "--parameter-overrides Prefix=mine JobWorkers=3 CodeDigest=c0de\n" in calls
    assert f"--build-arg DEFS=lake_platform/defs/sales --tag {image} .\n" in calls
    assert (
        "--parameter-overrides AwsRegion=eu-central-1 LakeBucket=mine-lake LakeGluePythonModules= PeopleCidr=10.0.0.0/8"
        f" ViewerHost=lake.example.com Image={image} ImageRepository=lake-platform Running=no\n"
    ) in calls


def test_modules_of_the_jobs_are_handed_on(runner: Runner) -> None:
    calls = "\n".join(runner.deploy(modules="\\tLakeGluePythonModules=one==1.0,two==2.0").calls)

    assert "LakeBucket=mine-lake LakeGluePythonModules=one==1.0,two==2.0 PeopleCidr" in calls


def test_runs_at_work_are_waited_for(runner: Runner) -> None:
    deployed = runner.deploy(busy=3)

    assert len([call for call in deployed.calls if "list-tasks" in call]) == 4
    assert deployed.failed is None


def test_runs_that_do_not_end_keep_their_jobs(runner: Runner) -> None:
    deployed = runner.deploy(busy=1000)

    assert deployed.failed == "Stop Dagster"
    assert [call for call in deployed.calls if "--stack-name lake " in call or "deploy-jobs" in call] == []


def test_there_is_nothing_to_stop_the_first_time(runner: Runner) -> None:
    deployed = runner.deploy(there="")

    assert deployed.failed is None
    assert not any("list-tasks" in call for call in deployed.calls)


@pytest.mark.parametrize(
    ("refused", "step", "not_called"),
    [
        ("StackName==", "Stop Dagster", "--stack-name lake "),
        ("lake build-jobs", "Deploy the data stack", "cloudformation deploy --stack-name lake "),
        ("join", "Deploy the Dagster stack, stopped", "dagster.template.json"),
        ("ecr get-login", "Build the image", "docker build"),
        ("ecs wait", "Prepare the storage", "Running=yes"),
    ],
)
def test_a_call_that_fails_ends_it(runner: Runner, refused: str, step: str, not_called: str) -> None:
    deployed = runner.deploy(refused=refused)

    assert deployed.failed == step
    assert [call for call in deployed.calls if not_called in call] == []


def test_a_storage_that_is_not_prepared_keeps_dagster_down(runner: Runner) -> None:
    deployed = runner.deploy(exit_code="1")

    assert deployed.failed == "Prepare the storage"
    assert [call for call in deployed.calls if "Running=yes" in call] == []
