"""Where the local endpoint differs from Redshift: each row is run by a test and printed in the docs.

`python -m lake_platform_tests.local.divergences` writes the table into docs/local-redshift.md.
"""

from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "local-redshift.md"
BEGIN, END = "<!-- divergences: begin -->", "<!-- divergences: end -->"


@dataclass(frozen=True)
class Divergence:
    """One difference.

    Attributes:
        statement: what shows it; several are parted by semicolons, the last one counts.
        redshift: what Redshift does.
        local: the rows that come back here, or the code of the error.
        advice: what it means for whoever writes SQL.
    """

    statement: str
    redshift: str
    local: str
    advice: str


DIVERGENCES = (
    Divergence(
        "SELECT a FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY a) = 1",
        "takes it",
        "0A000",
        "use a subquery with row_number()",
    ),
    Divergence("SELECT lag(a) IGNORE NULLS OVER (ORDER BY a) FROM t", "takes it", "0A000", "not built here"),
    Divergence(
        "SELECT listagg(b) WITHIN GROUP (ORDER BY b) OVER (PARTITION BY a) FROM t",
        "takes it",
        "0A000",
        "not built here",
    ),
    Divergence(
        "UNLOAD ('SELECT 1') TO 's3://lake/x' IAM_ROLE DEFAULT",
        "writes files",
        "0A000",
        "not built here; the platform writes files from Spark",
    ),
    Divergence(
        "COPY t FROM 's3://lake/x' IAM_ROLE DEFAULT FORMAT AS CSV",
        "loads CSV, JSON, Avro, ORC",
        "0A000",
        "only Parquet is built here",
    ),
    Divergence("CREATE TABLE x (a super)", "takes it", "0A000", "SUPER, VARBYTE, GEOMETRY, HLLSKETCH are missing here"),
    Divergence("CREATE MATERIALIZED VIEW v AS SELECT 1 AS a", "takes it", "0A000", "not built here"),
    Divergence("DECLARE c CURSOR FOR SELECT 1", "takes it", "0A000", "cursors, PREPARE, CALL, GRANT are missing here"),
    Divergence("CREATE TABLE #x (a int)", "makes a temporary table", "0A000", "write CREATE TEMP TABLE"),
    Divergence(
        f"SELECT 1 AS {'n' * 64}", "takes names of up to 127 bytes", "0A000", "63 bytes here; never cut silently"
    ),
    Divergence(
        "SELECT octet_length(CAST('ééé' AS varchar(3)))",
        "2: a cast cuts by bytes",
        "[[6]]",
        "a cast cuts by characters here; writing into a column counts bytes in both",
    ),
    Divergence(
        "SELECT CAST('x ' AS varchar(2)) = CAST('x' AS varchar(2))",
        "true: trailing blanks do not count where texts are compared",
        "[[False]]",
        "trim keys in the transform: two of them are one on Redshift; changes of tracked columns are seen by length too",
    ),
    Divergence(
        "SELECT to_date('2024-02-30', 'YYYY-MM-DD')",
        "2024-03-01: days that there are not are counted on",
        "22008",
        "cast in Spark, which refuses such a day",
    ),
    Divergence("SELECT concat('a', NULL)", "NULL", "[['a']]", "write &#124;&#124;, which is NULL in both"),
    Divergence(
        "SELECT date_trunc('week', DATE '2024-03-06')::varchar(30)",
        "2024-03-04 00:00:00, a TIMESTAMP",
        "[['2024-03-04 00:00:00+00']]",
        "cast the date to TIMESTAMP before",
    ),
    Divergence(
        "SELECT extract(dow FROM DATE '2024-03-03')",
        "an INTEGER",
        "[[Decimal('0')]]",
        "cast what is extracted",
    ),
    Divergence(
        "SELECT avg(a)::varchar(20) FROM t",
        "1: the average of integers is an integer",
        "[['1.5000000000000000']]",
        "cast before averaging",
    ),
    Divergence(
        "SELECT (CAST(1 AS decimal(5,2)) / 3)::varchar(40)",
        "a scale that follows from the operands",
        "[['0.33333333333333333333']]",
        "cast the quotient to the scale you want",
    ),
    Divergence(
        "CREATE VIEW v AS SELECT a FROM t WITH NO SCHEMA BINDING; DROP TABLE t",
        "drops the table, the view breaks when read",
        "2BP01",
        "views are always bound here",
    ),
    Divergence(
        "CREATE TABLE x (a int) DISTKEY(a) SORTKEY(a); "
        "SELECT \"column\", distkey, sortkey FROM pg_table_def WHERE tablename = 'x'",
        "tells the keys",
        "[['a', False, 0]]",
        "how a table is stored is read and left out",
    ),
    Divergence(
        "SELECT pg_last_query_id() = pg_last_query_id()", "true", "[[False]]", "here each call draws a new number"
    ),
    Divergence(
        "EXPLAIN SELECT 1",
        "plans begin with XN",
        "[['Result  (cost=0.00..0.01 rows=1 width=4)']]",
        "plans are PostgreSQL's",
    ),
)


def render() -> str:
    """The table, in Markdown."""
    lines = ["| statement | Redshift | here | what to do |", "| --- | --- | --- | --- |"]
    for each in DIVERGENCES:
        local = f"refused, `{each.local}`" if len(each.local) == 5 and each.local.isalnum() else f"`{each.local}`"
        lines.append(f"| `{each.statement.replace('|', '&#124;')}` | {each.redshift} | {local} | {each.advice} |")
    return "\n".join(lines)


def main() -> None:
    """Write the table into the document."""
    before, rest = DOCUMENT.read_text().split(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{render()}\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
