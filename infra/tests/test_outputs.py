"""The outputs are the variables that the backend reads, and none of them holds a secret."""

import json
from collections.abc import Callable

import pytest

from lake_infra.declaration import Declaration
from lake_infra.options import WAREHOUSES, Warehouse
from lake_infra.outputs import output_name
from tests.conftest import Template, of_type


@pytest.mark.parametrize("warehouse", WAREHOUSES)
def test_the_outputs_are_the_declared_variables(
    warehouse: Warehouse, declaration: Declaration, synthesised: Callable[[Warehouse], Template]
) -> None:
    chosen = declaration.variables["chosen"]
    variables = [*declaration.variables["always"], *chosen, *declaration.variables[warehouse]]

    outputs = synthesised(warehouse)["Outputs"]

    assert set(outputs) == {output_name(variable) for variable in variables}
    assert {name for name in outputs if "Condition" in outputs[name]} == {output_name(name) for name in chosen}
    assert {outputs[output_name(name)]["Description"] for name in variables} == {
        f"{name} of the backend" for name in variables
    }


@pytest.mark.parametrize("warehouse", WAREHOUSES)
def test_names_in_the_outputs_are_those_of_the_resources(
    warehouse: Warehouse, declaration: Declaration, synthesised: Callable[[Warehouse], Template]
) -> None:
    template = synthesised(warehouse)
    outputs = {name: output["Value"] for name, output in template["Outputs"].items()}
    buckets = of_type(template, "AWS::S3::Bucket")

    for output, kind in (("LakeLandingBucket", "landing"), ("LakeBucket", "lake"), ("LakeCodeBucket", "code")):
        assert f"-{kind}-" in str(buckets[outputs[output]["Ref"]]["BucketName"])
    jobs = sorted(str(job["Name"]) for job in of_type(template, "AWS::Glue::Job").values())
    assert jobs == [str(_joined(outputs["LakeGlueJobPrefix"], kind)) for kind in ("process", "validate")]
    databases = [str(one["DatabaseInput"]["Name"]) for one in of_type(template, "AWS::Glue::Database").values()]
    assert sorted(databases) == sorted(
        str(_joined(outputs["LakeGlueDatabasePrefix"], schema)) for schema in declaration.schemas
    )
    if warehouse == "serverless":
        (workgroup,) = of_type(template, "AWS::RedshiftServerless::Workgroup").values()
        assert workgroup["WorkgroupName"] == outputs["LakeRedshiftWorkgroup"]
    else:
        (cluster,) = of_type(template, "AWS::Redshift::Cluster").values()
        assert cluster["ClusterIdentifier"] == outputs["LakeRedshiftCluster"]


@pytest.mark.parametrize("warehouse", WAREHOUSES)
def test_no_secret_is_in_a_template(warehouse: Warehouse, synthesised: Callable[[Warehouse], Template]) -> None:
    """Passwords are made by services that keep them; the template says how, and no parameter or output takes one."""
    template = synthesised(warehouse)

    fields = set(_fields(template["Resources"]))
    assert fields & {"AdminUserPassword", "MasterUserPassword", "SecretString", "Password"} == set()
    assert {"AdminPasswordSecretKmsKeyId", "ManageAdminPassword"} <= fields or {"ManageMasterPassword"} <= fields
    (secret,) = of_type(template, "AWS::SecretsManager::Secret").values()
    assert secret["GenerateSecretString"] == {"ExcludePunctuation": True, "PasswordLength": 64}
    assert "{{resolve" not in json.dumps(template)
    assert not [name for name in template["Parameters"] if "password" in name.lower() or "secret" in name.lower()]


def _joined(prefix: Template, rest: str) -> Template:
    """`Fn::Join` of a prefix with what follows it, as CDK writes it."""
    separator, parts = prefix["Fn::Join"]
    return {"Fn::Join": [separator, [*parts[:-1], f"{parts[-1]}{rest}"]]}


def _fields(told: object) -> list[str]:
    if isinstance(told, dict):
        return [*told, *(name for value in told.values() for name in _fields(value))]
    return [name for value in told for name in _fields(value)] if isinstance(told, list) else []
