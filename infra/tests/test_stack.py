"""What the data stack promises, read from its template."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lake_infra.declaration import Declaration
from lake_infra.options import WAREHOUSES, Warehouse
from lake_infra.policy.errors import UnknownIntrinsicError
from lake_infra.policy.evaluate import Request, decide
from lake_infra.policy.intrinsics import Resolver
from lake_infra.policy.template import read_policies
from tests.conftest import Template, of_type
from tests.event_rules import ACCOUNT

JOBS_ROLE = "arn:aws:iam::111122223333:role/lake-jobs"


def resolved(template: Template, kind: str) -> list[dict[str, Any]]:
    """The properties of the resources of a kind, as they are in the account of the tests where that can be said."""
    resolver = Resolver(template, ACCOUNT)

    def value(told: object) -> Any:
        try:
            return resolver.resolve(told, kind)
        except UnknownIntrinsicError:
            return told

    return [{name: value(told) for name, told in one.items()} for one in of_type(template, kind).values()]


@pytest.mark.parametrize("warehouse", WAREHOUSES)
def test_the_network_has_no_way_out(warehouse: Warehouse, synthesised: Callable[[Warehouse], Template]) -> None:
    template = synthesised(warehouse)

    assert len(of_type(template, "AWS::EC2::Subnet")) == 2
    assert not of_type(template, "AWS::EC2::NatGateway")
    assert not of_type(template, "AWS::EC2::InternetGateway")
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in of_type(template, "AWS::EC2::Subnet").values())
    endpoints = of_type(template, "AWS::EC2::VPCEndpoint").values()
    kinds = sorted(str(endpoint.get("VpcEndpointType")) for endpoint in endpoints)
    assert kinds == ["Gateway", *["Interface"] * 6]
    assert [log["TrafficType"] for log in of_type(template, "AWS::EC2::FlowLog").values()] == ["ALL"]


def test_only_clients_reach_endpoints_and_the_warehouse(template: Template) -> None:
    rules = of_type(template, "AWS::EC2::SecurityGroupIngress").values()

    assert sorted(rule["FromPort"] for rule in rules) == [443, 5439]
    assert {rule["SourceSecurityGroupId"]["Fn::GetAtt"][0][:14] for rule in rules} == {"NetworkClients"}
    assert not [
        group for group in of_type(template, "AWS::EC2::SecurityGroup").values() if "SecurityGroupIngress" in group
    ]


def test_every_bucket_is_private_encrypted_and_kept(template: Template) -> None:
    buckets = {one["BucketName"].split("-")[1]: one for one in resolved(template, "AWS::S3::Bucket")}

    assert set(buckets) == {"landing", "lake", "code", "logs"}
    for kind, bucket in buckets.items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        algorithm = "AES256" if kind == "logs" else "aws:kms"
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == algorithm, kind
        assert all(bucket["PublicAccessBlockConfiguration"].values()), kind
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert ("LoggingConfiguration" in bucket) == (kind != "logs")
    kept = [
        resource
        for resource in template["Resources"].values()
        if resource["Type"] in ("AWS::S3::Bucket", "AWS::KMS::Key")
    ]
    assert {resource["DeletionPolicy"] for resource in kept} == {"Retain"}


@pytest.mark.parametrize("kind", ["landing", "lake", "code"])
def test_lifecycles_take_away_what_nobody_can_see(template: Template, kind: str) -> None:
    (bucket,) = [one for one in resolved(template, "AWS::S3::Bucket") if f"-{kind}-" in one["BucketName"]]

    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert "ExpirationInDays" not in rule, "what is current never expires"


@pytest.mark.parametrize("kind", ["landing", "lake", "code", "logs"])
def test_no_bucket_answers_without_tls(template: Template, kind: str) -> None:
    policies, bucket = read_policies(template, ACCOUNT), f"arn:aws:s3:::lake-{kind}-111122223333-eu-central-1"

    plain = decide(policies, Request(JOBS_ROLE, "s3:GetObject", f"{bucket}/a", {"aws:SecureTransport": "false"}))

    assert (plain.allowed, plain.reason) == (False, "denied")


def test_the_jobs_are_those_of_the_declaration(template: Template, declaration: Declaration) -> None:
    known = {
        "${CodeBucket}": "lake-code-111122223333-eu-central-1",
        "${CodeDigest}": "c" * 16,
        "${JobPrefix}": "lake-",
        "${JobsRole}": JOBS_ROLE,
    }
    told = json.dumps({name: dict(body) for name, body in declaration.jobs.items()})
    for placeholder, value in known.items():
        told = told.replace(placeholder, value)
    made = resolved(template, "AWS::Glue::Job")

    assert {job.pop("SecurityConfiguration") for job in made} == {"lake-jobs"}
    assert [job.pop("Tags") for job in made] == [{"application": "lake_platform"}] * 2
    declared = [{"Name": body.pop("name"), **body} for body in json.loads(told).values()]
    assert sorted(map(as_text, made)) == sorted(map(as_text, declared))


def test_python_modules_are_an_argument_of_both_jobs_where_they_are_given(template: Template) -> None:
    """The backend would deploy them so, and refuses to start a job that has other arguments."""
    given = replace(ACCOUNT, parameters={**ACCOUNT.parameters, "JobPythonModules": "shapely==2.0.7,x==1"})
    resolver = Resolver(template, given)
    plain = [job["DefaultArguments"] for job in resolved(template, "AWS::Glue::Job")]

    told = [resolver.resolve(job["DefaultArguments"], "job") for job in of_type(template, "AWS::Glue::Job").values()]

    assert told == [{**one, "--additional-python-modules": "shapely==2.0.7,x==1"} for one in plain]
    assert not [one for one in plain if "--additional-python-modules" in one]
    output = template["Outputs"]["LakeGluePythonModules"]
    assert resolver.resolve(output["Value"], "output") == "shapely==2.0.7,x==1"
    assert resolver.holds(output["Condition"], "output")
    assert not Resolver(template, ACCOUNT).holds(output["Condition"], "output")


def as_text(told: Any) -> Any:
    """Fields in order and numbers as text: parameters are text, whatever they are of."""
    if isinstance(told, dict):
        return sorted((name, as_text(value)) for name, value in told.items())
    return str(told)


def test_logs_of_jobs_are_kept_for_three_months_under_the_names_that_glue_gives(template: Template) -> None:
    groups = {group["LogGroupName"]: group for group in resolved(template, "AWS::Logs::LogGroup")}

    assert set(groups) == {
        "/lake/flow",
        "/aws-glue/jobs/lake-jobs-role/lake-jobs/error",
        "/aws-glue/jobs/lake-jobs-role/lake-jobs/output",
    }
    assert {group["RetentionInDays"] for group in groups.values()} == {90}
    assert all(group["KmsKeyId"] for group in groups.values())


@pytest.mark.parametrize(
    ("alarm", "missing"),
    [
        ("lake-job-failed", "notBreaching"),
        ("lake-dead-letters", "notBreaching"),
        ("lake-queue-age", "notBreaching"),
        ("lake-warehouse-use", "notBreaching"),
        ("lake-nothing-arrived", "breaching"),
        ("lake-no-heartbeat", "breaching"),
    ],
)
def test_silence_is_an_alarm_where_silence_is_what_is_wrong(template: Template, alarm: str, missing: str) -> None:
    alarms = {one["AlarmName"]: one for one in resolved(template, "AWS::CloudWatch::Alarm")}

    assert alarms[alarm]["TreatMissingData"] == missing
    assert (
        alarms[alarm]["AlarmActions"]
        == alarms[alarm]["OKActions"]
        == ["arn:aws:sns:eu-central-1:111122223333:lake-alerts"]
    )
    assert len(alarms) == 6


def test_the_heartbeat_counts_each_look_into_the_queue(template: Template) -> None:
    (alarm,) = [one for one in resolved(template, "AWS::CloudWatch::Alarm") if one["AlarmName"] == "lake-no-heartbeat"]

    metrics = {one["Id"]: one for one in alarm["Metrics"]}
    names = {one["MetricStat"]["Metric"]["MetricName"] for one in metrics.values() if "MetricStat" in one}
    assert names == {"NumberOfEmptyReceives", "NumberOfMessagesReceived"}
    assert [one["Expression"] for one in metrics.values() if "Expression" in one] == ["FILL(empty, 0) + FILL(full, 0)"]
    assert (alarm["EvaluationPeriods"], alarm["Threshold"], alarm["ComparisonOperator"]) == (10, 1, "LessThanThreshold")


def test_a_failed_run_of_these_jobs_is_counted(template: Template) -> None:
    (rule,) = [rule for rule in resolved(template, "AWS::Events::Rule") if "Targets" not in rule]
    (alarm,) = [one for one in resolved(template, "AWS::CloudWatch::Alarm") if one["AlarmName"] == "lake-job-failed"]

    detail = rule["EventPattern"]["detail"]
    assert sorted(detail["jobName"]) == sorted(job["Name"] for job in resolved(template, "AWS::Glue::Job"))
    assert alarm["Dimensions"] == [{"Name": "RuleName", "Value": rule["Name"]}]


def test_use_of_the_warehouse_is_watched_in_rpu_hours(template: Template) -> None:
    """A limit of its use is no resource of CloudFormation: what the size cannot bound is told."""
    (alarm,) = [one for one in resolved(template, "AWS::CloudWatch::Alarm") if one["AlarmName"] == "lake-warehouse-use"]

    (seconds,) = [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
    assert seconds["Metric"]["Dimensions"] == [{"Name": "Workgroup", "Value": "lake-warehouse"}]
    assert (seconds["Metric"]["MetricName"], seconds["Stat"], seconds["Period"]) == ("ComputeSeconds", "Sum", 86400)
    assert [one["Expression"] for one in alarm["Metrics"] if "Expression" in one] == ["seconds / 3600"]
    assert int(alarm["Threshold"]) == 64


def test_serverless_is_bounded_private_and_keeps_a_snapshot(template: Template) -> None:
    (workgroup,) = resolved(template, "AWS::RedshiftServerless::Workgroup")
    (namespace,) = resolved(template, "AWS::RedshiftServerless::Namespace")

    assert workgroup["PubliclyAccessible"] is False
    assert (int(workgroup["BaseCapacity"]), int(workgroup["MaxCapacity"])) == (8, 32)
    settings = {one["ParameterKey"]: one["ParameterValue"] for one in workgroup["ConfigParameters"]}
    assert settings == {
        "enable_user_activity_logging": "true",
        "max_query_execution_time": "3600",
        "require_ssl": "true",
    }
    assert namespace["ManageAdminPassword"] is True
    assert namespace["FinalSnapshotName"] == "lake-warehouse-final"


def test_a_serverless_workgroup_in_two_zones_has_no_enhanced_routing(template: Template) -> None:
    """With it Redshift asks for subnets in three zones, and only the deployment says so."""
    (workgroup,) = of_type(template, "AWS::RedshiftServerless::Workgroup").values()

    assert len(workgroup["SubnetIds"]) == 2
    assert workgroup["EnhancedVpcRouting"] is False


def test_a_cluster_is_private_encrypted_and_managed(synthesised: Callable[[Warehouse], Template]) -> None:
    template = synthesised("cluster")
    (cluster,) = resolved(template, "AWS::Redshift::Cluster")
    (parameters,) = resolved(template, "AWS::Redshift::ClusterParameterGroup")
    values = {one["ParameterName"]: one["ParameterValue"] for one in parameters["Parameters"]}

    assert (cluster["PubliclyAccessible"], cluster["Encrypted"], cluster["EnhancedVpcRouting"]) == (False, True, True)
    assert cluster["ManageMasterPassword"] is True
    assert cluster["NodeType"].startswith("ra3.")
    assert values["require_ssl"] == "true"
    assert json.loads(values["wlm_json_configuration"]) == [
        {"auto_wlm": True, "priority": "normal"},
        {"short_query_queue": True},
    ]
    (resource,) = [one for one in template["Resources"].values() if one["Type"] == "AWS::Redshift::Cluster"]
    assert resource["DeletionPolicy"] == "Snapshot"


def test_crawlers_see_their_prefixes_and_write_a_database_of_their_own(hundred: Template) -> None:
    crawlers = resolved(hundred, "AWS::Glue::Crawler")

    assert {crawler["DatabaseName"] for crawler in crawlers} == {"lake_crawled"}
    assert crawlers[0]["Name"] == "lake-crawl-dataset_000"
    assert crawlers[0]["Targets"] == {
        "S3Targets": [{"Path": "s3://lake-landing-111122223333-eu-central-1/source_0/dataset_000/"}]
    }
    assert all(crawler["CrawlerSecurityConfiguration"] == "lake-jobs" for crawler in crawlers)


def test_databases_of_the_catalog_outlive_the_stack(hundred: Template, declaration: Declaration) -> None:
    """That of the crawlers, too."""
    databases = [one for one in hundred["Resources"].values() if one["Type"] == "AWS::Glue::Database"]

    assert len(databases) == len(declaration.schemas) + 1
    assert [one.get("DeletionPolicy") for one in databases] == ["Retain"] * len(databases)


def test_no_crawler_is_made_where_none_is_named(template: Template) -> None:
    assert not of_type(template, "AWS::Glue::Crawler")
    assert "lake_crawled" not in {one["DatabaseInput"]["Name"] for one in resolved(template, "AWS::Glue::Database")}
