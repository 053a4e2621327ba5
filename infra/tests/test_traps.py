"""Ways in which a template passes every tool and fails when it is deployed, or later and silently."""

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lake_infra.__main__ import main
from lake_infra.app import checked_app, write_assembly
from lake_infra.declaration import DeclarationError
from lake_infra.policy.evaluate import Request, decide
from lake_infra.policy.intrinsics import Resolver
from lake_infra.policy.template import read_policies
from tests.conftest import HOME, Template, datasets, of_type
from tests.event_rules import ACCOUNT, rules_of

MOST_STATEMENTS = 20
"""Of the policy of a queue; CreateQueue and SetQueueAttributes refuse more."""
MOST_RESOURCES = 500
MOST_TEMPLATE_BYTES = 1024 * 1024


def alone(folder: Path, build: Any) -> Template:
    """The template of one construct in a stack, after the checks that every synthesis here goes through."""
    app = checked_app(folder)
    stack = cdk.Stack(app, "alone", synthesizer=cdk.BootstraplessSynthesizer())
    build(stack)
    write_assembly(app, folder)
    return json.loads((folder / stack.template_file).read_text(encoding="utf-8"))


def queue_statements(template: Template) -> list[int]:
    policies = of_type(template, "AWS::SQS::QueuePolicy").values()
    return [len(policy["PolicyDocument"]["Statement"]) for policy in policies]


def test_one_rule_for_each_dataset_would_overflow_the_policy_of_the_queue(tmp_path: Path) -> None:
    """CDK adds a statement for each rule, and no tool counts them."""

    def build(stack: cdk.Stack) -> None:
        dead = sqs.Queue(stack, "Dead", enforce_ssl=True)
        queue = sqs.Queue(
            stack, "Queue", enforce_ssl=True, dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=5, queue=dead)
        )
        for dataset in datasets(20):
            pattern = events.EventPattern(source=["aws.s3"], detail={"object": {"key": [{"prefix": dataset.prefix}]}})
            events.Rule(stack, dataset.name, event_pattern=pattern, targets=[targets.SqsQueue(queue)])

    assert max(queue_statements(alone(tmp_path, build))) == 21 > MOST_STATEMENTS


def test_the_policy_of_the_queue_does_not_grow_with_the_datasets(template: Template, hundred: Template) -> None:
    assert queue_statements(template) == queue_statements(hundred) == [1, 2]
    assert len(rules_of(hundred)) == 5


def five_for_each_dataset(folder: Path, number: int) -> int:
    """How many resources it comes to where each has a job, a crawler, a table, a rule and an alarm of its own."""
    app = cdk.App(outdir=str(folder), analytics_reporting=False)
    stack = cdk.Stack(app, "alone", synthesizer=cdk.BootstraplessSynthesizer())
    for dataset in datasets(number):
        told = Construct(stack, dataset.name)
        command = glue.CfnJob.JobCommandProperty(name="glueetl", script_location=f"s3://code/{dataset.name}.py")
        glue.CfnJob(told, "Job", role="jobs", command=command)
        targets = glue.CfnCrawler.TargetsProperty(s3_targets=[{"path": f"s3://landing/{dataset.prefix}"}])
        glue.CfnCrawler(told, "Crawler", role="jobs", targets=targets)
        glue.CfnTable(told, "Table", catalog_id="1", database_name="lake", table_input={"name": dataset.name})
        events.CfnRule(told, "Rule", event_pattern={"source": ["aws.s3"]})
        metric = {"metric_name": "Failed", "namespace": "Jobs", "period": 60, "statistic": "Sum", "threshold": 1}
        cloudwatch.CfnAlarm(told, "Alarm", evaluation_periods=1, comparison_operator="GreaterThanThreshold", **metric)
    write_assembly(app, folder)
    return len(json.loads((folder / stack.template_file).read_text(encoding="utf-8"))["Resources"])


def test_five_resources_for_each_dataset_are_more_than_500_at_101(tmp_path: Path) -> None:
    """CloudFormation takes 500 of a stack. CDK counts them: here the synthesis fails, and says what to do."""
    assert five_for_each_dataset(tmp_path / "full", 100) == MOST_RESOURCES

    with pytest.raises(DeclarationError) as refused:
        five_for_each_dataset(tmp_path / "over", 101)

    assert str(refused.value) == (
        "Number of resources in stack 'alone': 505 is greater than allowed maximum of 500. "
        "Deploy the rest as a lake of its own, with another definitions folder and another Prefix."
    )


def test_a_declaration_that_needs_more_than_500_is_refused_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads((HOME / "declaration.json").read_text(encoding="utf-8"))
    file, out = tmp_path / "declaration.json", tmp_path / "templates"
    file.write_text(json.dumps({**told, "schemas": [f"schema_{number}" for number in range(500)]}), encoding="utf-8")

    assert main(["synth", "--declaration", str(file), "--out", str(out)]) == 2

    assert "is greater than allowed maximum of 500. Deploy the rest as a lake" in capsys.readouterr().err
    assert not [*out.iterdir()]


def test_a_hundred_datasets_fit_into_a_stack(hundred: Template) -> None:
    assert len(of_type(hundred, "AWS::Glue::Crawler")) == 100
    assert len(hundred["Resources"]) < MOST_RESOURCES // 2
    assert len(json.dumps(hundred)) < MOST_TEMPLATE_BYTES // 2


TOPIC = ACCOUNT.arn("sns", "lake-alerts")
OF_AN_ALARM = {"aws:SourceAccount": ACCOUNT.number, "aws:SourceArn": ACCOUNT.arn("cloudwatch", "alarm:lake-job-failed")}


def key_of(template: Template) -> str:
    (name,) = of_type(template, "AWS::KMS::Key")
    return Resolver(template, ACCOUNT).resolve({"Fn::GetAtt": [name, "Arn"]}, "key")


def reaches_the_topic(template: Template, context: dict[str, str]) -> bool:
    """Publishing to an encrypted topic takes the topic and its key: where one refuses, the alarm is silent."""
    policies, alarm = read_policies(template, ACCOUNT), "cloudwatch.amazonaws.com"
    needed = [("sns:Publish", TOPIC), ("kms:GenerateDataKey", key_of(template)), ("kms:Decrypt", key_of(template))]
    return all(decide(policies, Request(alarm, action, on, context)).allowed for action, on in needed)


def test_an_alarm_may_use_the_key_of_the_topic(template: Template) -> None:
    (topic,) = of_type(template, "AWS::SNS::Topic").values()
    assert topic["KmsMasterKeyId"], "it is encrypted by a key of the account"

    assert reaches_the_topic(template, OF_AN_ALARM)
    assert not reaches_the_topic(template, {**OF_AN_ALARM, "aws:SourceAccount": "999999999999"})


@pytest.mark.parametrize(
    ("kind", "field", "sid"),
    [
        ("AWS::KMS::Key", "KeyPolicy", "AlarmsToTheTopic"),
        ("AWS::SNS::TopicPolicy", "PolicyDocument", "AlarmsOfThisAccount"),
    ],
)
def test_without_either_statement_the_alarms_are_silent(template: Template, kind: str, field: str, sid: str) -> None:
    broken = json.loads(json.dumps(template))
    for properties in of_type(broken, kind).values():
        statements = properties[field]["Statement"]
        properties[field]["Statement"] = [each for each in statements if each.get("Sid") != sid]

    assert not reaches_the_topic(broken, OF_AN_ALARM)


def test_telling_event_bridge_brings_no_function(template: Template) -> None:
    (landing,) = [each for each in of_type(template, "AWS::S3::Bucket").values() if "NotificationConfiguration" in each]

    assert landing["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    assert not of_type(template, "AWS::Lambda::Function")
    assert not [kind for kind in kinds(template) if kind.startswith("Custom::")]
    attached = [
        arn for role in of_type(template, "AWS::IAM::Role").values() for arn in role.get("ManagedPolicyArns", ())
    ]
    assert not [arn for arn in attached if ":iam::aws:policy/" in str(arn)], "none of AWS's own"


def test_the_switch_of_cdk_would_bring_one(tmp_path: Path) -> None:
    """A Lambda function with a managed policy of AWS, for one property of the bucket."""
    app = cdk.App(outdir=str(tmp_path), analytics_reporting=False)
    stack = cdk.Stack(app, "alone", synthesizer=cdk.BootstraplessSynthesizer())
    s3.Bucket(stack, "Bucket", event_bridge_enabled=True)

    made = app.synth().get_stack_artifact(stack.artifact_id).template

    assert {"AWS::Lambda::Function", "Custom::S3BucketNotifications"} <= kinds(made)
    (role,) = of_type(made, "AWS::IAM::Role").values()
    assert "service-role/AWSLambdaBasicExecutionRole" in str(role["ManagedPolicyArns"])


QUEUE = ACCOUNT.arn("sqs", "lake-arrivals")


def event_bridge_may_send(template: Template, context: dict[str, str]) -> bool:
    request = Request("events.amazonaws.com", "sqs:SendMessage", QUEUE, context)
    return decide(read_policies(template, ACCOUNT), request).allowed


def test_every_rule_may_send_with_what_event_bridge_says_of_itself(hundred: Template) -> None:
    """It names the rule and nothing else is sure: a condition on the account drops events, and nobody is told."""
    for rule in rules_of(hundred):
        assert event_bridge_may_send(hundred, {"aws:SourceArn": ACCOUNT.arn("events", f"rule/{rule}")})


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:events:eu-central-1:999999999999:rule/lake-arrivals-1",
        "arn:aws:events:eu-central-1:111122223333:rule/other-arrivals-1",
    ],
    ids=["of another account", "of another lake"],
)
def test_other_rules_may_not_send(template: Template, arn: str) -> None:
    assert not event_bridge_may_send(template, {"aws:SourceArn": arn})


def test_a_condition_on_the_account_would_drop_events(template: Template) -> None:
    broken = json.loads(json.dumps(template))
    for policy in of_type(broken, "AWS::SQS::QueuePolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement.get("Sid") == "RulesOfArrivals":
                statement["Condition"]["StringEquals"] = {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}

    assert not event_bridge_may_send(broken, {"aws:SourceArn": ACCOUNT.arn("events", "rule/lake-arrivals-1")})


def kinds(template: Template) -> set[str]:
    return {resource["Type"] for resource in template["Resources"].values()}
