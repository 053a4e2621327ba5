"""What fields demand of each other: each problem at the field that has to change."""

import codecs
from pathlib import Path

import pytest
from pydantic import ValidationError

from lake_platform.contract.checks.arrives import ENCODINGS
from lake_platform.contract.dataset import DatasetContract, Delivers, Target, WriteMode
from lake_platform.contract.source import load_file, load_folder, parse_contract
from lake_platform_tests.contract.declared import FILE, GOOD, changed, contract_of, faults_of

PATTERN = r"'dt=(?P<day>\d{4}-\d{2}-\d{2})/'"
TARGET = GOOD[GOOD.index("  target:") :]
TRANSFORM = "  transform: {{run: '{run}', rows: {rows}, produces: {produces}}}\n  target:"
PRODUCED = "[{name: customer_id, type: bigint}, {name: changed_at, type: date}]"
SNAPSHOT = changed("delivers: changes", "delivers: snapshot").replace(
    "effective_at: changed_at\n    deletes: {when: \"op = 'D'\"}", "effective_at: partition"
)
EVENTS = changed("delivers: changes", "delivers: events").replace(
    TARGET, "  target: {table: t, write: replace_partition}\n"
)
TOTALS = (
    '[{name: op, type: char(1)}, {name: n, type: bigint}, {name: total, type: "decimal(38,2)"},'
    ' {name: rough, type: "decimal(38,1)"}, {name: rate, type: real}]'
)


def transformed(*, run: str = "a.b:c", rows: str = "same", produces: str = PRODUCED) -> str:
    return changed("  target:", TRANSFORM.format(run=run, rows=rows, produces=produces))


def aggregated(*, count: str = "n", sums: str = "{amount: total}", produces: str = TOTALS, daily: bool = False) -> str:
    """The good file as one table of totals."""
    events = EVENTS if daily else EVENTS.replace("by: day", "by: none").replace(PATTERN, "null")
    transform = f"  transform: {{run: 'a.b:c', rows: aggregate, produces: {produces}, count: {count}, sums: {sums}}}\n"
    return events.replace("  target:", transform + "  target:")


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        pytest.param(changed("customers/", "/customers/"), "arrives.prefix", "no prefix of keys", id="prefix with root"),
        pytest.param(changed("customers/", "a/../b/"), "arrives.prefix", "no prefix of keys", id="prefix that climbs"),
        pytest.param(changed("by: day", "by: none"), "arrives.partition.pattern", "has no pattern", id="none, pattern"),
        pytest.param(changed(PATTERN, "null"), "arrives.partition.pattern", "needs a pattern", id="no pattern"),
        pytest.param(changed(PATTERN, "'('"), "arrives.partition.pattern", "no regular expression", id="bad pattern"),
        pytest.param(changed("(?P<day>", "(?P<month>"), "arrives.partition.pattern", "are month", id="other group"),
        pytest.param(changed("2024-01-01", "2024-02-30"), "arrives.partition.start", "is no date", id="start"),
        pytest.param(changed("kind: csv", "kind: csv, delimiter: ''"), "arrives.format.delimiter", "separates nothing", id="empty"),
        pytest.param(changed("kind: csv", "kind: csv, delimiter: '\"'"), "arrives.format.delimiter", "holds quote", id="quote"),
        pytest.param(changed("kind: csv", "kind: csv, encoding: utf8mb4"), "arrives.format.encoding", "utf8", id="encoding"),
        pytest.param(changed("kind: csv", "kind: csv, decimal: ';'"), "arrives.format.decimal", "use . or ,", id="decimal"),
        pytest.param(changed("kind: csv", "kind: csv, thousands: ."), "arrives.format.thousands", "as well", id="thousands"),
        pytest.param(changed("delivers: c", "files: '*.csv'\n    delivers: c"), "arrives.files", "in a list", id="files"),
        pytest.param(changed("delivers: c", "files: []\n    delivers: c"), "arrives.files", "says nothing", id="no files"),
        pytest.param(changed("  columns", "  catalog: {crawler: ''}\n  columns"), "catalog.crawler", "no name of a crawler", id="crawler"),
        pytest.param(changed("  columns", "  catalog: {crawler: a, crawler_timeout: 0}\n  columns"), "catalog.crawler_timeout", "greater than or equal to 1", id="crawler timeout"),
        pytest.param(changed("name: op,", "name: status,"), "columns.2.name", "stands here twice", id="column twice"),
        pytest.param(changed("name: op,", "name: op, aliases: [STATUS],"), "columns.1.aliases.0", "could mean", id="alias"),
        pytest.param(changed("name: op,", "name: op, path: a.b,"), "columns.1.path", "leads into JSON", id="path in CSV"),
        pytest.param(changed("name: op,", "name: op, formats: [y],"), "columns.1.formats", "dates and times", id="formats"),
        pytest.param(
            changed("type: timestamp", "type: timestamp, formats: ['%Y']"), "columns.4.formats.0", "of Python", id="strptime"
        ),
        pytest.param(
            changed("type: timestamp", "type: timestamp, formats: [YYYY-MM-dd]"), "columns.4.formats.0", "Y,", id="week year"
        ),
        pytest.param(changed("name: op,", "name: op, pii: hash,"), "columns.1.type", "64 characters", id="hash too long"),
        pytest.param(changed("name: op,", "name: _op,"), "columns.1.name", "platform's own", id="a name of the platform's"),
        pytest.param(changed("name: op,", "name: is_current,"), "columns.1.name", "itself", id="a column of scd2"),
        pytest.param(transformed(run="a.b.c"), "transform.run", "is no function", id="no function"),
        pytest.param(transformed(rows="same, count: n"), "transform.count", "is for rows: aggregate", id="count of same"),
        pytest.param(transformed(rows="expand, sums: {amount: n}"), "transform.sums", "is for rows: aggregate", id="sums of expand"),
        pytest.param(aggregated(daily=True), "transform.rows", "by: day would cut it", id="aggregate of a day"),
        pytest.param(transformed(rows="aggregate, count: n"), "transform.rows", "delivers: changes asks for", id="aggregate of changes"),
        pytest.param(aggregated(produces="null"), "transform.rows", "declare them in `produces`", id="aggregate as it is read"),
        pytest.param(aggregated(count="null"), "transform.rows", "cannot show that no row", id="aggregate without count"),
        pytest.param(aggregated(count="m"), "transform.count", "no column 'm' in `transform.produces`", id="count of nowhere"),
        pytest.param(aggregated(count="rate"), "transform.count", "'rate' is real, whose total is not exact", id="count as float"),
        pytest.param(aggregated(sums="{amoun: total}"), "transform.sums.amoun", "no column 'amoun' in `columns`", id="sum of nothing"),
        pytest.param(aggregated(sums="{amount: sum}"), "transform.sums.amount", "no column 'sum'", id="sum to nowhere"),
        pytest.param(aggregated(sums="{op: total}"), "transform.sums.op", "'op' is char(1), whose total", id="sum of text"),
        pytest.param(aggregated(sums="{amount: rate}"), "transform.sums.amount", "'rate' is real", id="sum as float"),
        pytest.param(aggregated(sums="{customer_id: n}"), "transform.sums.customer_id", "holds the total of 'count' already", id="sum as count"),
        pytest.param(aggregated(sums="{amount: rough}"), "transform.sums.amount", "give it a scale of 2", id="sum that is cut"),
        pytest.param(transformed(produces="[]"), "transform.produces", "no column is produced", id="nothing produced"),
        pytest.param(
            transformed(produces="[{name: changed_at, type: date}]"), "target.keys.0", "transform.produces", id="key lost"
        ),
        pytest.param(
            transformed(produces="[{name: customer_id, type: bigint}]"), "target.effective_at", "'changed_at'", id="time lost"
        ),
        pytest.param(
            transformed(produces="[{name: customer_id, type: bigint, aliases: [x]}, {name: changed_at, type: date}]"),
            "transform.produces.0.aliases",
            "a produced column is made",
            id="reading what is made",
        ),
        pytest.param(
            transformed().replace("type: char(1)}\n    - {name: status", "type: varchar(64), pii: hash}\n    - {name: status").replace("[{name: c", "[{name: op, type: varchar(64)}, {name: c"),
            "transform.produces.0.pii",
            "published in clear",
            id="personal data in clear",
        ),
        pytest.param(changed("dim_customer", "Dim"), "target.table", "lower-case", id="table"),
        pytest.param(changed("dim_customer", "dim__events"), "target.table", "beside a target", id="table beside"),
        pytest.param(changed("dim_customer", "staging.dim"), "target.table", "lies where", id="schema"),
        pytest.param(changed("dim_customer", "lake.dim"), "target.table", "schemas lake, staging", id="schema lake"),
        pytest.param(changed("keys: [customer_id]", "keys: []"), "target.keys", "needs keys", id="no key"),
        pytest.param(
            changed("keys: [customer_id]", "keys: [customer_id, customer_id]"), "target.keys.1", "twice", id="key twice"
        ),
        pytest.param(changed("type: bigint", "type: real"), "target.keys.0", "floating point", id="float as key"),
        pytest.param(changed("effective_at: changed_at\n    ", ""), "target.effective_at", "became true", id="no time"),
        pytest.param(
            changed("effective_at: changed_at", "effective_at: changed_at\n    tracked: [nope]"), "target.tracked.0", "no column", id="tracked"
        ),
        pytest.param(
            changed("effective_at: changed_at", "effective_at: changed_at\n    tracked: [customer_id]"), "target.tracked.0", "cannot change", id="key tracked"
        ),
        pytest.param(
            changed("write: scd2", "write: upsert\n    tracked: [op]"), "target.tracked", "keeps no versions", id="upsert tracks"
        ),
        pytest.param(
            transformed().replace("rows: same", "rows: same, quality: [{rule: 'IsComplete \"op\"', otherwise: warn}]"), "transform.quality.0.rule", "'op'", id="a rule on a column that is not made"
        ),
        pytest.param(
            transformed().replace("rows: same", "rows: same, quality: [{rule: 'RowCount > 0', otherwise: warn}]"), "transform.quality.0.rule", "about the whole set", id="a batch rule on what is made"
        ),
        pytest.param(
            transformed().replace("rows: same", "rows: same, quality: [{rule: 'IsComplete \"changed_at\"', otherwise: block}]"), "transform.quality.0.otherwise", "use warn", id="a blocking rule on what is made"
        ),
        pytest.param(
            changed("effective_at: changed_at", "effective_at: changed_at\n    sort: [nope]"), "target.sort.0", "no column 'nope'", id="sort"
        ),
        pytest.param(
            changed("effective_at: changed_at", "effective_at: changed_at\n    sort: [op, op]"), "target.sort.1", "twice", id="sort twice"
        ),
        pytest.param(
            changed("effective_at: changed_at", "effective_at: changed_at\n    sort: []"), "target.sort", "no column", id="no sort"
        ),
        pytest.param(changed("{when: \"op = 'D'\"}", "{}"), "target.deletes", "says nothing", id="deletes nothing"),
        pytest.param(changed("{when:", "{absent: close, when:"), "target.deletes.absent", "snapshot", id="absent"),
        pytest.param(
            SNAPSHOT.replace("effective_at: partition", "effective_at: changed_at"), "target.effective_at", "no time of its own", id="snapshot by column"
        ),
        pytest.param(
            SNAPSHOT.replace("effective_at: partition", "deletes: {when: \"op = 'D'\"}"), "target.deletes.when", "`when` is for", id="snapshot, when"
        ),
        pytest.param(
            SNAPSHOT.replace("scd2", "upsert").replace("effective_at: partition", "deletes: {absent: close}"), "target.deletes.absent", "takes nothing back", id="upsert, absent"
        ),
        pytest.param(
            SNAPSHOT.replace("by: day", "by: none").replace(f", pattern: {PATTERN}", ""), "target.effective_at", "no logical date", id="snapshots without date"
        ),
        pytest.param(
            EVENTS.replace("write: replace_partition", "write: replace_partition, deletes: {empty: allow}"), "target.deletes", "never deleted", id="events deleted"
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_at_its_field(text: str, field: str, said: str) -> None:
    told = {fault.field: str(fault) for fault in faults_of(text)}

    assert field in told, told
    assert said in told[field]


@pytest.mark.parametrize(
    "text", [GOOD, SNAPSHOT, EVENTS, transformed()], ids=["changes", "snapshot", "events", "transform"]
)
def test_what_fits_has_no_fault(text: str) -> None:
    contract_of(text)


MODES: dict[Delivers, set[WriteMode]] = {
    "changes": {"upsert", "scd2"},
    "snapshot": {"replace", "replace_partition", "upsert", "scd2"},
    "events": {"replace_partition"},
}


@pytest.mark.parametrize("delivers", MODES)
@pytest.mark.parametrize("write", ["replace", "replace_partition", "upsert", "scd2"])
def test_write_modes_go_with_what_is_delivered(delivers: Delivers, write: WriteMode) -> None:
    good = contract_of()
    target = Target(table="t", write=write, keys=["customer_id"], effective_at="partition")
    declared = good.model_copy(
        update={"target": target, "arrives": good.arrives.model_copy(update={"delivers": delivers})}
    )

    def build() -> DatasetContract:
        return DatasetContract.model_validate(declared.model_dump(by_alias=True))

    if write in MODES[delivers]:
        assert build().target == target
    else:
        with pytest.raises(
            ValidationError, match=f"target.write: write: {write} does not go with delivers: {delivers}"
        ):
            build()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_known_to_python(encoding: str) -> None:
    assert codecs.lookup(encoding)


def test_faults_between_fields_are_told_beside_typos() -> None:
    text = (
        changed("kind: csv", "kind: cvs")
        .replace("prefix: customers/", "prefix: customers")
        .replace("type: char(1)}\n    - {name: amount", "type: chr(1)}\n    - {name: amount")
        .replace("RowCount > 0", 'Mean "op" > 0')
        .replace("otherwise: block", "otherwise: blok")
        .replace("keys: [customer_id]", "keys: [customer]")
    )

    told = {(fault.line, fault.field) for fault in faults_of(text)}

    assert told == {
        (6, "arrives.prefix"),
        (8, "arrives.format.kind"),
        (13, "columns.2.type"),
        (18, "quality.1.rule"),
        (18, "quality.1.otherwise"),
        (23, "target.keys.0"),
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("a: &x [*x]\n", 1, "leads back into itself", id="an alias in itself"),
        pytest.param("a: " + "[" * 3000, 1, "not readable: brackets", id="brackets without end"),
        pytest.param("? [a, b]\n: 1\n", 1, "a key is a list", id="a list as key"),
        pytest.param("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "merge keys", id="a merge key"),
        pytest.param("a: !secret b\n", 1, "the tag !secret", id="a tag"),
        pytest.param("a: 1\nb: \x01\n", 2, "not YAML", id="a control character"),
        pytest.param("- a\n", 1, "not a mapping", id="a list"),
        pytest.param("attributes: {}\n", 1, "type is missing", id="no type"),
        pytest.param("type: lake_platform.Datset\n", 1, "did you mean 'lake_platform.Dataset'?", id="a typo in type"),
        pytest.param(GOOD + "extra: 1\n", 26, "unknown key 'extra'", id="a key beside attributes"),
        pytest.param(changed("name: customers", "name: no"), 3, None, id="no is a name"),
    ],
)
def test_yaml_is_read_as_json_would_be(text: str, line: int, said: str | None) -> None:
    if said is None:
        assert contract_of(text).name == "no"
        return
    told = [(fault.line, f"{fault.message}; {fault.hint}") for fault in faults_of(text)]

    assert [at for at, message in told if said in message] == [line], told


@pytest.mark.parametrize("word", ["yes", "NULL", "1_000", "0x10", "2024-01-01", "off", "Null", ".5", "+1"])
def test_words_that_json_does_not_know_are_text(word: str) -> None:
    assert contract_of(changed("description: change files", f"description: {word}")).description == word


def test_a_word_that_json_knows_is_no_text() -> None:
    (fault,) = faults_of(changed("description: change files", "description: 2024"))

    assert (fault.message, fault.hint) == ("2024 is not a text", 'put it in quotes: "2024"')


def test_a_file_that_is_not_utf8_is_one_fault(tmp_path: Path) -> None:
    (tmp_path / "defs.yaml").write_bytes(b"type: x\nname: \xff\n")

    (fault,) = load_folder(tmp_path).faults

    assert (fault.line, fault.message) == (2, "the file is not UTF-8")


def test_a_file_may_declare_two_datasets(tmp_path: Path) -> None:
    other = GOOD.replace("customers", "orders").replace("dim_customer", "dim_order")
    file = tmp_path / "defs.yaml"
    file.write_text(f"{GOOD}---\n{other}")

    assert [contract.name for contract in load_file(file).contracts] == ["customers", "orders"]
    assert isinstance(parse_contract(file.read_text(), FILE), list)


def test_a_prefix_inside_another_is_told_with_both_places(tmp_path: Path) -> None:
    inner = (
        GOOD.replace("name: customers", "name: eu")
        .replace("dim_customer", "public.eu")
        .replace(": customers/", ": customers/eu/")
    )
    for name, text in {"a": GOOD, "b": inner}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "defs.yaml").write_text(text)

    (fault,) = load_folder(tmp_path).faults

    assert (fault.file.parent.name, fault.line, fault.field) == ("b", 6, "arrives.prefix")
    assert f"{tmp_path}/a/defs.yaml:6" in fault.message


@pytest.mark.parametrize(
    ("one", "other", "fine"), [("true", "true", True), ("true", "false", False), ("false", "true", False)]
)
def test_two_datasets_read_one_prefix_only_if_both_say_so(tmp_path: Path, one: str, other: str, fine: bool) -> None:
    second = GOOD.replace("name: customers", "name: regions").replace("dim_customer", "regions")
    for name, text, shared in (("a", GOOD, one), ("b", second, other)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "defs.yaml").write_text(text.replace("prefix:", f"shared: {shared}\n    prefix:"))

    told = [fault.hint for fault in load_folder(tmp_path).faults]

    assert told == ([] if fine else ["give each dataset a prefix of its own, or say shared: true in both"])


def test_a_shared_prefix_is_one_and_the_same(tmp_path: Path) -> None:
    inner = (
        GOOD.replace("name: customers", "name: eu").replace("dim_customer", "eu").replace("customers/", "customers/eu/")
    )
    for name, text in {"a": GOOD, "b": inner}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "defs.yaml").write_text(text.replace("prefix:", "shared: true\n    prefix:"))

    (fault,) = load_folder(tmp_path).faults

    assert (fault.field, fault.hint) == ("arrives.prefix", "give each dataset a prefix of its own")


def test_an_aggregate_that_covers_all_files_is_fine() -> None:
    transform = contract_of(aggregated()).transform

    assert transform is not None
    assert (transform.count, transform.sums) == ("n", {"amount": "total"})
