"""What a change of a template would do to resources."""

from typing import Any

import pytest

from lake_infra.report.changes import Change, compare


def _template(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def _bucket(name: str = "lake", **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name, **more.pop("properties", {})}, **more}


def _only(before: dict[str, Any], after: dict[str, Any]) -> Change:
    (change,) = compare(before, after).resources
    return change


def test_the_same_template_makes_no_change() -> None:
    assert compare(_template(Lake=_bucket()), _template(Lake=_bucket())) == compare({}, {})


def test_a_new_resource_is_added() -> None:
    assert _only(_template(), _template(Lake=_bucket())) == Change(
        kind="added", type="AWS::S3::Bucket", logical_id="Lake"
    )


@pytest.mark.parametrize(
    ("more", "fate"),
    [
        ({}, "it is deleted"),
        ({"DeletionPolicy": "Retain"}, "it stays, outside of the stack"),
        ({"DeletionPolicy": "Snapshot"}, "it is deleted after a snapshot"),
        ({"UpdateReplacePolicy": "Retain"}, "it is deleted"),
        ({"properties": {"FinalSnapshotName": "last"}}, "it is deleted after a snapshot"),
    ],
)
def test_of_a_resource_that_goes_is_said_what_becomes_of_it(more: dict[str, Any], fate: str) -> None:
    change = _only(_template(Lake=_bucket(**more)), _template())

    assert (change.kind, change.details) == ("removed", (fate,))


def test_a_change_in_place_names_the_smallest_part_that_differs() -> None:
    old = _bucket(properties={"Tags": [1], "VersioningConfiguration": {"Status": "Suspended"}})
    new = _bucket(properties={"Tags": [1], "VersioningConfiguration": {"Status": "Enabled"}})

    change = _only(_template(Lake=old), _template(Lake=new))

    assert change.kind == "changed"
    assert change.details == ("VersioningConfiguration/Status: Suspended → Enabled",)


def test_a_property_that_can_only_be_set_at_first_replaces_the_resource() -> None:
    change = _only(_template(Lake=_bucket("lake", UpdateReplacePolicy="Retain")), _template(Lake=_bucket("other")))

    assert change.kind == "replaced"
    assert change.details == (
        "BucketName: lake → other",
        "UpdateReplacePolicy: Retain → (none)",
        "of the one before: it stays, outside of the stack",
    )


def test_an_intrinsic_counts_as_one_value() -> None:
    change = _only(_template(Lake=_bucket({"Ref": "A"})), _template(Lake=_bucket({"Fn::Sub": "${A}"})))  # type: ignore[arg-type]

    assert change.details[0] == 'BucketName: {"Ref": "A"} → {"Fn::Sub": "${A}"}'


def test_another_type_under_the_same_name_replaces_it() -> None:
    change = _only(_template(Lake=_bucket()), _template(Lake={"Type": "AWS::SQS::Queue"}))

    assert (change.kind, change.details[0]) == ("replaced", "Type: AWS::S3::Bucket → AWS::SQS::Queue")


def test_of_a_type_that_is_not_known_it_is_said_so() -> None:
    old, new = ({"Type": "Nobody::Else::Thing", "Properties": {"A": number}} for number in (1, 2))

    change = _only(_template(X=old), _template(X=new))

    assert change.kind == "changed"
    assert change.details == ("A: 1 → 2", "whether Nobody::Else::Thing is replaced is not known here")


def test_parameters_and_outputs_are_told_and_what_has_to_be_given() -> None:
    before = {"Parameters": {"Size": {"Default": 1}, "Gone": {}}, "Outputs": {"Url": {"Value": "a"}}}
    after = {"Parameters": {"Size": {"Default": 2}, "Code": {"Type": "String"}}, "Outputs": {}}

    assert compare(before, after).others == (
        "+ parameter Code, which has no default: give it a value",
        "- parameter Gone",
        "~ parameter Size Default: 1 → 2",
        "- output Url",
    )
