"""Transactions, settings and upkeep: BEGIN, SET, LOCK, ANALYZE and the like."""

from collections.abc import Callable

from lake_platform.local.redshift.copy_statement import read_copy
from lake_platform.local.redshift.functions import words
from lake_platform.local.redshift.plan import Plan
from lake_platform.local.redshift.queries import admit_query
from lake_platform.local.redshift.refusal import NotSupportedError, RedshiftError
from lake_platform.local.redshift.rewrite import rewrite
from lake_platform.local.redshift.tokens import Reader, Token, render

SETTINGS = {
    **{
        name: name
        for name in words("search_path statement_timeout application_name timezone datestyle extra_float_digits")
    },
    **{
        name: f"rs.{name}"
        for name in words(
            """analyze_threshold_percent client_encoding enable_case_sensitive_identifier enable_result_cache_for_session query_group
            wlm_query_slot_count json_serialization_enable"""
        )
    },
}
"""What SET, RESET and SHOW take, and what PostgreSQL calls it: a name with a dot is remembered and does nothing."""
ISOLATION = ("SERIALIZABLE", "READ COMMITTED", "READ UNCOMMITTED", "REPEATABLE READ", "SNAPSHOT")
VACUUM_KINDS = ("FULL", "SORT", "DELETE", "REINDEX", "RECLUSTER")


def plan_begin(tokens: list[Token]) -> Plan:
    """BEGIN and START TRANSACTION; every isolation level is the database's, snapshot isolation, as on Redshift."""
    reader = Reader(tokens)
    if reader.take().word == "START":
        reader.expect("TRANSACTION")
    else:
        _ = reader.accept("WORK") or reader.accept("TRANSACTION")
    modes: list[str] = []
    while not reader.done:
        if reader.accept("ISOLATION", "LEVEL"):
            level = reader.take().word
            level = f"{level} {reader.take().word}" if level in ("READ", "REPEATABLE") else level
            if level not in ISOLATION:
                raise RedshiftError(f'syntax error at or near "{level}"')
        elif reader.accept("READ"):
            mode = reader.take().word
            if mode not in ("ONLY", "WRITE"):
                raise RedshiftError(f'syntax error at or near "{mode}"')
            modes.append(f"READ {mode}")
        else:
            reader.expect(",")
    return Plan(" ".join(["BEGIN", *modes]))


def plan_finish(tokens: list[Token]) -> Plan:
    """COMMIT, END, ROLLBACK, ABORT; Redshift has no savepoints."""
    reader = Reader(tokens)
    word = reader.take().word
    _ = reader.accept("WORK") or reader.accept("TRANSACTION")
    if not reader.done:
        raise NotSupportedError(f"{word} {reader.word} is not supported")
    return Plan(word)


def plan_set(tokens: list[Token]) -> Plan:
    """SET name TO value."""
    reader = Reader(tokens)
    reader.expect("SET")
    scope = "LOCAL " if reader.accept("LOCAL") else ""
    reader.accept("SESSION")
    if reader.word == "AUTHORIZATION":
        raise NotSupportedError("SET SESSION AUTHORIZATION is not supported by the local endpoint")
    name = _setting(reader)
    if not reader.accept("TO"):
        reader.expect("=")
    values = reader.rest()
    if not values or any(token.word not in (",", "-") and token.kind == "sign" for token in values):
        raise RedshiftError(f'syntax error in the value of "{name}"')
    return Plan(f"SET {scope}{name} TO {render(values)}")


def plan_show(tokens: list[Token]) -> Plan:
    """SHOW and RESET of a setting."""
    reader = Reader(tokens)
    word = reader.take().word
    name = "ALL" if word == "RESET" and reader.accept("ALL") else _setting(reader)
    reader.end()
    return Plan(f"{word} {name}")


def plan_lock(tokens: list[Token]) -> Plan:
    """LOCK TABLE: always exclusive, also against readers, as on Redshift."""
    reader = Reader(tokens)
    reader.expect("LOCK")
    reader.accept("TABLE")
    names = _relations(reader)
    reader.end()
    return Plan(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")


def plan_truncate(tokens: list[Token]) -> Plan:
    """TRUNCATE one table; it commits the transaction in which it runs."""
    reader = Reader(tokens)
    reader.expect("TRUNCATE")
    reader.accept("TABLE")
    table = reader.qualified()
    reader.end()
    return Plan(f"TRUNCATE {table}", tag="TRUNCATE TABLE", commits=True)


def plan_analyze(tokens: list[Token]) -> Plan:
    """ANALYZE [table [(columns)]]."""
    reader = Reader(tokens)
    reader.expect("ANALYZE")
    if reader.word == "COMPRESSION":
        raise NotSupportedError("ANALYZE COMPRESSION is not built into the local endpoint")
    reader.accept("VERBOSE")
    table = reader.qualified() if not reader.done else ""
    columns = f" ({', '.join(_identifiers(reader.group()))})" if reader.word == "(" else ""
    if reader.accept("PREDICATE") or reader.accept("ALL"):
        reader.expect("COLUMNS")
    reader.end()
    return Plan(f"ANALYZE {table}{columns}")


def plan_vacuum(tokens: list[Token]) -> Plan:
    """VACUUM of one table or all; its kinds mean nothing here."""
    reader = Reader(tokens)
    reader.expect("VACUUM")
    if reader.word in VACUUM_KINDS:
        reader.take()
        reader.accept("ONLY")
    table = "" if reader.done else reader.qualified()
    if reader.accept("TO"):
        reader.take()
        reader.expect("PERCENT")
    reader.accept("BOOST")
    reader.end()
    return Plan(f"VACUUM {table}")


def plan_copy(tokens: list[Token]) -> Plan:
    """COPY, carried out by the endpoint."""
    return Plan("", tag="COPY", copy=read_copy(tokens))


def plan_explain(tokens: list[Token]) -> Plan:
    """EXPLAIN [VERBOSE] of a query."""
    reader = Reader(tokens)
    reader.expect("EXPLAIN")
    verbose = " VERBOSE" if reader.accept("VERBOSE") else ""
    if reader.word not in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE"):
        raise NotSupportedError(f"EXPLAIN {reader.word} is not supported")
    return Plan(f"EXPLAIN{verbose} {plan_query(reader.rest()).sql}")


def plan_query(tokens: list[Token]) -> Plan:
    """SELECT, INSERT, UPDATE, DELETE, MERGE."""
    if tokens[0].word == "DELETE" and len(tokens) > 1 and tokens[1].word != "FROM":
        tokens = [tokens[0], Token("word", "FROM"), *tokens[1:]]
    admit_query(tokens)
    return Plan(render(rewrite(tokens)))


def _setting(reader: Reader) -> str:
    name = reader.take().identifier
    if name not in SETTINGS:
        raise NotSupportedError(f'parameter "{name}" is not supported by the local endpoint')
    return SETTINGS[name]


def _relations(reader: Reader) -> list[str]:
    names = [reader.qualified()]
    while reader.accept(","):
        names.append(reader.qualified())
    return names


def _identifiers(inside: list[Token]) -> list[str]:
    reader = Reader(inside)
    names = [reader.name()]
    while reader.accept(","):
        names.append(reader.name())
    reader.end()
    return names


PLANNERS: dict[str, Callable[[list[Token]], Plan]] = {
    **dict.fromkeys(("BEGIN", "START"), plan_begin),
    **dict.fromkeys(("COMMIT", "END", "ROLLBACK", "ABORT"), plan_finish),
    "SET": plan_set,
    **dict.fromkeys(("SHOW", "RESET"), plan_show),
    "LOCK": plan_lock,
    "TRUNCATE": plan_truncate,
    "ANALYZE": plan_analyze,
    "VACUUM": plan_vacuum,
    "COPY": plan_copy,
    "EXPLAIN": plan_explain,
    **dict.fromkeys(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "("), plan_query),
}
