"""What the allow-list takes and refuses, without a server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_platform.local.redshift.refusal import RedshiftError
from lake_platform.local.redshift.statements import plan_statement
from lake_platform.local.redshift.tokens import render, tokenize
from lake_platform_tests.local.admitted_statements import ADMITTED
from lake_platform_tests.local.refused_statements import REFUSED, SYNTAX_ERRORS


@pytest.mark.parametrize("statement", REFUSED)
def test_what_redshift_does_not_take_is_refused(statement: str) -> None:
    with pytest.raises(RedshiftError) as refused:
        plan_statement(statement)

    assert refused.value.code == "0A000"
    assert refused.value.message


@pytest.mark.parametrize("statement", SYNTAX_ERRORS)
def test_what_breaks_a_rule_of_redshift_raises_its_code(statement: str) -> None:
    with pytest.raises(RedshiftError) as refused:
        plan_statement(statement)

    assert refused.value.code in ("42601", "22023")


def test_at_least_sixty_statements_of_postgresql_are_refused() -> None:
    assert len(set(REFUSED)) >= 60


@pytest.mark.parametrize("statement", ADMITTED)
def test_what_the_platform_runs_is_admitted(statement: str) -> None:
    assert plan_statement(statement).sql or plan_statement(statement).copy


@pytest.mark.parametrize(
    ("redshift", "postgresql"),
    [
        (
            (
                "CREATE TABLE IF NOT EXISTS s.t (a bigint ENCODE az64 DISTKEY, b decimal, c timestamp DEFAULT sysdate, "
                "PRIMARY KEY (a, b)) DISTSTYLE KEY COMPOUND SORTKEY (a, b)"
            ),
            (
                'CREATE TABLE IF NOT EXISTS "s"."t" ("a" bigint NOT NULL, "b" decimal(18,0) NOT NULL, '
                "\"c\" timestamp DEFAULT (now() AT TIME ZONE 'utc'))"
            ),
        ),
        (
            'CREATE TABLE t (a int IDENTITY(1,1), "B" int NOT NULL UNIQUE REFERENCES u (x))',
            (
                'CREATE TABLE "t" ("a" integer GENERATED ALWAYS AS IDENTITY (START WITH 1 INCREMENT BY 1 MINVALUE 0), '
                '"b" integer NOT NULL)'
            ),
        ),
        ("CREATE TEMP TABLE x DISTKEY(a) AS (SELECT 1 AS a)", 'CREATE TEMP TABLE "x" AS SELECT 1 AS a'),
        ("SELECT nvl(a, 1), dateadd(month, 2, b) FROM t", "SELECT coalesce(a, 1), dateadd('month', 2, b) FROM t"),
        (
            "SELECT CAST(a AS decimal), a::numeric(5,2) FROM t",
            "SELECT CAST(a AS decimal(18,0)), a::numeric(5,2) FROM t",
        ),
        (
            "SELECT listagg(DISTINCT a, ';') WITHIN GROUP (ORDER BY a) FROM t",
            "SELECT string_agg( DISTINCT a , ';' ORDER BY a ) FROM t",
        ),
        ("SELECT a FROM t MINUS SELECT b FROM u", "SELECT a FROM t EXCEPT SELECT b FROM u"),
        ("LOCK s.t", 'LOCK TABLE "s"."t" IN ACCESS EXCLUSIVE MODE'),
        ("SET query_group TO 'x'", "SET rs.query_group TO 'x'"),
        ("BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY", "BEGIN READ ONLY"),
        ("DELETE t WHERE a = 1", "DELETE FROM t WHERE a = 1"),
    ],
)
def test_redshift_is_rewritten_for_postgresql(redshift: str, postgresql: str) -> None:
    assert plan_statement(redshift).sql == postgresql


def test_a_varchar_is_held_to_its_bytes() -> None:
    sql = plan_statement("CREATE TABLE t (a varchar(3), b text, c char)").sql

    assert 'CHECK (octet_length("a") <= 3)' in sql
    assert 'CHECK (octet_length("b") <= 256)' in sql
    assert 'CHECK (octet_length("c") <= 1)' in sql


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (r"SELECT 'a\'b'", "SELECT 'a''b'"),
        (r"SELECT 'tab\tend\\'", "SELECT 'tab\tend\\'"),
        ("SELECT 1 /* a /* nested */ ; comment */ + 2 -- ' end", "SELECT 1 + 2"),
        ('SELECT "A""B" FROM "T"', 'SELECT "a""b" FROM "t"'),
        (r"SELECT '\'; DROP TABLE t --'", "SELECT '''; DROP TABLE t --'"),
    ],
    ids=["escaped quote", "control letters", "comments", "names fold", "hidden statement"],
)
def test_both_parsers_read_the_same_tokens(text: str, read: str) -> None:
    assert render(tokenize(text)) == read


@given(st.text(alphabet="a'\\\n\"$-/* ;é"))
def test_any_string_comes_back_as_one_string(value: str) -> None:
    literal = "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"

    tokens = tokenize(f"SELECT {literal} AS a")

    assert [(token.kind, token.text) for token in tokens[1:2]] == [("string", value)]
    assert render(tokens) == "SELECT '" + value.replace("'", "''") + "' AS a"


def test_special_statements_are_taken_alone() -> None:
    with pytest.raises(RedshiftError, match="one at a time"):
        plan_statement("SELECT 1; TRUNCATE t")
