"""`lake show` and `lake sql`: what is in the warehouse."""

import datetime as dt
import decimal
import json

import click
from tabulate import tabulate

from lake_platform.cli.warehouse import read_table
from lake_platform.warehouse.names import TableName

JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print an array of row objects and nothing else.")


@click.command()
@click.argument("table")
@click.option("--limit", default=20, show_default=True, help="How many rows at most.")
def show(table: str, limit: int) -> None:
    """Print rows of TABLE (`dim_customer`, `staging.stg_customers`), ordered by its first columns."""
    print_query(f"SELECT * FROM {TableName.parse(table).sql} ORDER BY 1, 2 LIMIT {limit:d}")


@click.command()
@click.argument("statement")
@JSON_OPTION
def sql(statement: str, as_json: bool) -> None:
    """Run one SQL STATEMENT in the warehouse and print what it returns; targets are in the schema `analytics`."""
    if not as_json:
        print_query(statement)
        return
    columns, rows = read_table(statement)
    objects = [dict(zip(columns, map(json_value, row), strict=True)) for row in rows]
    click.echo(json.dumps(objects, indent=1, ensure_ascii=False))


def print_query(query: str) -> None:
    """Prints the rows of a query as a table."""
    columns, rows = read_table(query)
    if columns:
        click.echo(tabulate(rows, headers=columns, missingval="NULL", disable_numparse=True))
    else:
        click.echo("done")


def json_value(value: object) -> object:
    """Decimals as strings, so that no digit is lost; times as `YYYY-MM-DD HH:MM:SS.ffffff`."""
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
