"""CREATE TABLE, ALTER TABLE and their kin: read by Redshift's grammar, written for PostgreSQL.

How Redshift stores a table (keys, encodings) means nothing here and is left out. PRIMARY KEY, UNIQUE and REFERENCES are
informational as on Redshift: not enforced, but the columns of a primary key are NOT NULL.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from lake_platform.local.redshift.columns import ColumnType, read_type
from lake_platform.local.redshift.functions import RESERVED, words
from lake_platform.local.redshift.plan import Plan
from lake_platform.local.redshift.queries import admit_expression, admit_query
from lake_platform.local.redshift.refusal import NotSupportedError, RedshiftError
from lake_platform.local.redshift.rewrite import rewrite
from lake_platform.local.redshift.tokens import Reader, Token, render, split_at

COLUMN_WORDS = words(
    "DEFAULT IDENTITY GENERATED ENCODE DISTKEY SORTKEY COLLATE NOT NULL UNIQUE PRIMARY REFERENCES CONSTRAINT CHECK"
)


@dataclass
class _Column:
    name: str
    type: ColumnType
    not_null: bool = False
    default: list[Token] = field(default_factory=list)
    identity: str = ""

    def render(self) -> str:
        parts = [self.name, self.type.with_check(self.name)]
        if self.default:
            parts.append("DEFAULT " + render(self.default))
        if self.identity:
            parts.append(self.identity)
        if self.not_null:
            parts.append("NOT NULL")
        return " ".join(parts)


def plan_create(tokens: list[Token]) -> Plan:
    """CREATE SCHEMA, TABLE or VIEW."""
    reader = Reader(tokens)
    reader.expect("CREATE")
    if reader.accept("SCHEMA"):
        return _schema(reader)
    if reader.word in ("VIEW", "OR"):
        return _view(reader)
    temporary = (reader.accept("LOCAL") and reader.word in ("TEMP", "TEMPORARY")) or False
    if reader.accept("TEMP") or reader.accept("TEMPORARY"):
        temporary = True
    if not reader.accept("TABLE"):
        raise NotSupportedError(f"CREATE {reader.word} is not supported by the local endpoint")
    return _table(reader, temporary=temporary)


def plan_alter(tokens: list[Token]) -> Plan:
    """ALTER TABLE, one change a statement as on Redshift."""
    reader = Reader(tokens)
    reader.expect("ALTER")
    if not reader.accept("TABLE"):
        raise NotSupportedError(f"ALTER {reader.word} is not supported by the local endpoint")
    table = reader.qualified()
    if reader.accept("ADD"):
        return Plan(f"ALTER TABLE {table} ADD COLUMN {_added(reader)}")
    if reader.accept("DROP"):
        return Plan(f"ALTER TABLE {table} DROP COLUMN {_dropped(reader)}")
    if reader.accept("RENAME"):
        return _renamed(table, reader)
    if reader.accept("ALTER"):
        return _altered(table, reader)
    raise NotSupportedError(f"ALTER TABLE ... {reader.word} is not supported by the local endpoint")


def plan_drop(tokens: list[Token]) -> Plan:
    """DROP TABLE, VIEW or SCHEMA."""
    reader = Reader(tokens)
    reader.expect("DROP")
    kind = reader.take().word
    if kind not in ("TABLE", "VIEW", "SCHEMA"):
        raise NotSupportedError(f"DROP {kind} is not supported by the local endpoint")
    guard = " IF EXISTS" if reader.accept("IF", "EXISTS") else ""
    names = [reader.qualified()]
    while reader.accept(","):
        names.append(reader.qualified())
    how = reader.take().word if reader.word in ("CASCADE", "RESTRICT") else "RESTRICT"
    reader.end()
    return Plan(f"DROP {kind}{guard} {', '.join(names)} {how}")


def _schema(reader: Reader) -> Plan:
    guard = "IF NOT EXISTS " if reader.accept("IF", "NOT", "EXISTS") else ""
    name = reader.name()
    if reader.accept("QUOTA"):
        reader.rest()
    if reader.word == "AUTHORIZATION":
        raise NotSupportedError("CREATE SCHEMA ... AUTHORIZATION is not supported by the local endpoint")
    reader.end()
    return Plan(f"CREATE SCHEMA {guard}{name}")


def _view(reader: Reader) -> Plan:
    replace = "OR REPLACE " if reader.accept("OR", "REPLACE") else ""
    reader.expect("VIEW")
    name = reader.qualified()
    columns = f" ({_names(reader)})" if reader.word == "(" else ""
    reader.expect("AS")
    query = reader.rest()
    if [token.word for token in query[-4:]] == ["WITH", "NO", "SCHEMA", "BINDING"]:
        query = query[:-4]
    return Plan(f"CREATE {replace}VIEW {name}{columns} AS {_query(query)}")


def _table(reader: Reader, *, temporary: bool) -> Plan:
    guarded = reader.accept("IF", "NOT", "EXISTS")
    if reader.word == "#":
        raise NotSupportedError(
            "temporary tables named #… are not supported by the local endpoint: use CREATE TEMP TABLE"
        )
    name = reader.qualified()
    inside = reader.group() if reader.word == "(" else None
    _skip_storage(reader)
    head = f"CREATE {'TEMP ' if temporary else ''}TABLE {'IF NOT EXISTS ' if guarded else ''}{name}"
    if reader.accept("AS"):
        if guarded:
            raise RedshiftError("CREATE TABLE IF NOT EXISTS ... AS is not supported")
        columns = f" ({_names_of(inside)})" if inside else ""
        return Plan(f"{head}{columns} AS {_query(_unwrapped(reader.rest()))}")
    reader.end()
    if inside is None:
        raise RedshiftError("syntax error at end of input")
    return Plan(f"{head} ({_definitions(inside)})")


def _query(tokens: list[Token]) -> str:
    if not tokens or tokens[0].word not in ("SELECT", "WITH", "("):
        raise RedshiftError("syntax error: a query must follow AS")
    admit_query(tokens)
    return render(rewrite(tokens))


def _unwrapped(tokens: list[Token]) -> list[Token]:
    while (
        len(tokens) > 1 and tokens[0].word == "(" and tokens[-1].word == ")" and len(split_at(tokens[1:-1], ")")) == 1
    ):
        tokens = tokens[1:-1]
    return tokens


def _definitions(inside: list[Token]) -> str:
    likes: list[str] = []
    columns: list[_Column] = []
    keys: list[str] = []
    for part in split_at(inside, ","):
        reader = Reader(part)
        if reader.accept("LIKE"):
            likes.append(_like(reader))
        elif _is_constraint(reader):
            keys += _table_constraint(reader)
        else:
            columns.append(_column(reader, keys))
    named = {column.name for column in columns}
    for key in keys:
        if key not in named:
            raise RedshiftError(f"column {key} named in key does not exist", "42703")
    for column in columns:
        column.not_null = column.not_null or column.name in keys
    return ", ".join([*likes, *(column.render() for column in columns)])


def _like(reader: Reader) -> str:
    source = reader.qualified()
    defaults = " INCLUDING DEFAULTS" if reader.accept("INCLUDING", "DEFAULTS") else ""
    reader.accept("EXCLUDING", "DEFAULTS")
    reader.end()
    return f"LIKE {source} INCLUDING CONSTRAINTS{defaults}"


def _is_constraint(reader: Reader) -> bool:
    return reader.word in ("PRIMARY", "FOREIGN", "CONSTRAINT") or (reader.word == "UNIQUE" and reader.ahead(1) == "(")


def _table_constraint(reader: Reader) -> list[str]:
    """The columns that a table constraint makes NOT NULL."""
    if reader.accept("CONSTRAINT"):
        reader.name()
    if reader.accept("PRIMARY", "KEY"):
        keys = _names_of(reader.group()).split(", ")
        reader.end()
        return keys
    if reader.accept("UNIQUE"):
        reader.group()
    else:
        reader.expect("FOREIGN", "KEY")
        reader.group()
        _references(reader)
    reader.end()
    return []


def _column(reader: Reader, keys: list[str]) -> _Column:
    if reader.word.lower() in RESERVED:
        raise reader.unexpected()
    column = _Column(reader.name(), read_type(reader))
    while not reader.done:
        _attribute(reader, column, keys)
    return column


def _attribute(reader: Reader, column: _Column, keys: list[str]) -> None:
    if reader.accept("NOT", "NULL"):
        column.not_null = True
    elif reader.accept("PRIMARY", "KEY"):
        keys.append(column.name)
    elif reader.accept("DEFAULT"):
        column.default = _default(reader)
    elif reader.word in ("IDENTITY", "GENERATED"):
        column.identity = _identity(reader)
    elif reader.accept("ENCODE") or reader.accept("COLLATE"):
        reader.take()
    elif reader.word == "REFERENCES":
        _references(reader)
    elif not any(reader.accept(word) for word in ("NULL", "UNIQUE", "DISTKEY", "SORTKEY")):
        raise reader.unexpected()


def _default(reader: Reader) -> list[Token]:
    taken: list[Token] = []
    depth = 0
    while not reader.done and (depth or reader.word not in COLUMN_WORDS or (reader.word == "NULL" and not taken)):
        token = reader.take()
        depth += (token.word == "(") - (token.word == ")")
        taken.append(token)
    admit_expression(taken)
    return rewrite(taken)


def _identity(reader: Reader) -> str:
    kind = "ALWAYS"
    if reader.accept("GENERATED"):
        reader.expect("BY", "DEFAULT", "AS")
        kind = "BY DEFAULT"
    reader.expect("IDENTITY")
    numbers = "".join(token.text for token in reader.group()).split(",")
    if len(numbers) != 2 or not all(number.lstrip("-").isdecimal() for number in numbers):
        raise RedshiftError("IDENTITY takes a seed and a step")
    seed, step = map(int, numbers)
    bounds = f"MINVALUE {min(seed, 0)}" if step > 0 else f"MAXVALUE {max(seed, 0)}"
    return f"GENERATED {kind} AS IDENTITY (START WITH {seed} INCREMENT BY {step} {bounds})"


def _references(reader: Reader) -> None:
    reader.expect("REFERENCES")
    reader.qualified()
    if reader.word == "(":
        reader.group()


def _skip_storage(reader: Reader) -> None:
    """Take what says how Redshift stores the table."""
    while True:
        if reader.accept("BACKUP") or reader.accept("DISTSTYLE") or reader.accept("ENCODE"):
            reader.take()
        elif reader.accept("DISTKEY"):
            reader.group()
        elif reader.accept("COMPOUND") or reader.accept("INTERLEAVED"):
            if reader.word != "SORTKEY":
                raise reader.unexpected()
        elif reader.accept("SORTKEY"):
            _ = reader.accept("AUTO") or reader.accept("NONE") or reader.group()
        else:
            return


def _added(reader: Reader) -> str:
    reader.accept("COLUMN")
    keys: list[str] = []
    column = _column(reader, keys)
    if keys or column.identity:
        raise RedshiftError("ALTER TABLE ADD COLUMN takes neither PRIMARY KEY nor IDENTITY")
    if column.not_null and not column.default:
        raise RedshiftError(
            "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression", "0A000"
        )
    return column.render()


def _dropped(reader: Reader) -> str:
    reader.accept("COLUMN")
    name = reader.name()
    how = reader.take().word if reader.word in ("CASCADE", "RESTRICT") else "RESTRICT"
    reader.end()
    return f"{name} {how}"


def _renamed(table: str, reader: Reader) -> Plan:
    if reader.accept("TO"):
        change = f"TO {reader.name()}"
    else:
        reader.expect("COLUMN")
        old = reader.name()
        reader.expect("TO")
        change = f"COLUMN {old} TO {reader.name()}"
    reader.end()
    return Plan(f"ALTER TABLE {table} RENAME {change}")


def _altered(table: str, reader: Reader) -> Plan:
    if reader.word in ("SORTKEY", "DISTKEY", "DISTSTYLE", "ENCODE", "COMPOUND"):
        reader.rest()
        return Plan(f"SELECT 1 FROM {table} WHERE false", tag="ALTER TABLE")
    reader.expect("COLUMN")
    name = reader.name()
    if reader.accept("ENCODE"):
        return Plan(f"SELECT {name} FROM {table} WHERE false", tag="ALTER TABLE")
    reader.expect("TYPE")
    kind = read_type(reader)
    reader.end()
    if not kind.is_varchar:
        raise NotSupportedError("ALTER COLUMN TYPE changes the length of a VARCHAR, nothing else")
    call = f"CALL rs_internal.widen({Token('string', table)}, {Token('string', name)}, {kind.bytes_limit})"
    return Plan(call, tag="ALTER TABLE", outside="ALTER TABLE ALTER COLUMN")


def _names(reader: Reader) -> str:
    return _names_of(reader.group())


def _names_of(inside: list[Token]) -> str:
    names: list[str] = []
    for part in split_at(inside, ","):
        reader = Reader(part)
        names.append(reader.name())
        reader.end()
    return ", ".join(names)


PLANNERS: dict[str, Callable[[list[Token]], Plan]] = {"CREATE": plan_create, "ALTER": plan_alter, "DROP": plan_drop}
