"""COPY as the endpoint takes it: Parquet by manifest or prefix from S3."""

from dataclasses import dataclass

from lake_platform.local.redshift.functions import words
from lake_platform.local.redshift.refusal import NotSupportedError, RedshiftError
from lake_platform.local.redshift.tokens import Reader, Token

AUTHORIZATIONS = ("IAM_ROLE", "CREDENTIALS", "ACCESS_KEY_ID")
NOT_WITH_PARQUET = words(
    """ACCEPTANYDATE BLANKSASNULL BZIP2 COMPROWS COMPUPDATE DATEFORMAT DELIMITER EMPTYASNULL ENCODING ENCRYPTED ESCAPE
    EXPLICIT_IDS FIXEDWIDTH GZIP IGNOREALLERRORS IGNOREBLANKLINES IGNOREHEADER LZOP MAXERROR NOLOAD NULL QUOTE READRATIO
    REGION REMOVEQUOTES ROUNDEC TIMEFORMAT TRIMBLANKS TRUNCATECOLUMNS ZSTD"""
)
NOT_BUILT = ("FILLRECORD", "SERIALIZETOJSON", "ACCEPTINVCHARS", "SSH")


@dataclass(frozen=True)
class CopyStatement:
    """One COPY: its table and columns as PostgreSQL text, and where the objects are."""

    table: str
    columns: tuple[str, ...]
    source: str
    manifest: bool


def read_copy(tokens: list[Token]) -> CopyStatement:
    """Take a whole COPY statement."""
    reader = Reader(tokens)
    reader.expect("COPY")
    if reader.word == "(":
        raise reader.unexpected()
    table = reader.qualified()
    columns = tuple(_column(token) for token in reader.group() if token.word != ",") if reader.word == "(" else ()
    reader.expect("FROM")
    source = reader.take()
    if source.kind != "string":
        raise NotSupportedError(f"COPY FROM {source.text} is not supported")
    if not source.text.startswith("s3://"):
        raise NotSupportedError(f"COPY source {source.text!r} is not supported by the local endpoint: it takes s3://…")
    return _with_options(CopyStatement(table, columns, source.text, manifest=False), reader)


def _column(token: Token) -> str:
    if not token.identifier:
        raise RedshiftError(f'syntax error at or near "{token.text}"')
    return token.identifier


def _with_options(copy: CopyStatement, reader: Reader) -> CopyStatement:
    form = ""
    manifest = authorized = False
    refused: list[str] = []
    while not reader.done:
        word = reader.take().word
        if word in AUTHORIZATIONS:
            _authorize(reader)
            authorized = True
        elif word in ("SECRET_ACCESS_KEY", "SESSION_TOKEN", "STATUPDATE"):
            _value(reader)
        elif word == "MANIFEST":
            manifest = True
        elif word in ("FORMAT", "PARQUET", "ORC", "CSV", "JSON", "AVRO", "SHAPEFILE"):
            form = _format(reader, word)
        elif word in NOT_BUILT:
            raise NotSupportedError(f"COPY with {word} is not built into the local endpoint")
        elif word in NOT_WITH_PARQUET:
            refused.append(word)
            _value(reader)
        else:
            raise RedshiftError(f'syntax error at or near "{word or "value"}"')
    _judge(form, refused, authorized=authorized)
    return CopyStatement(copy.table, copy.columns, copy.source, manifest)


def _judge(form: str, refused: list[str], *, authorized: bool) -> None:
    if not authorized:
        raise RedshiftError("COPY needs an authorization clause: IAM_ROLE, CREDENTIALS or ACCESS_KEY_ID")
    if form != "PARQUET":
        raise NotSupportedError(
            f"COPY FORMAT {form or 'TEXT'} is not built into the local endpoint: it takes FORMAT AS PARQUET"
        )
    if refused:
        raise NotSupportedError(f"{refused[0]} argument is not supported for PARQUET based COPY")


def _authorize(reader: Reader) -> None:
    reader.accept("AS")
    if not reader.accept("DEFAULT") and reader.take().kind != "string":
        raise RedshiftError("COPY needs a string or DEFAULT after its authorization keyword")


def _value(reader: Reader) -> None:
    """Take what may follow an option's name."""
    reader.accept("AS")
    if not reader.accept("ON") and not reader.accept("OFF") and not reader.done and reader.word == "":
        reader.take()


def _format(reader: Reader, word: str) -> str:
    if word == "FORMAT":
        reader.accept("AS")
        word = reader.take().word
    if not reader.done and reader.word == "":
        reader.take()
    return word
