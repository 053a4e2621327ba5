"""Redshift's expressions, token by token, as PostgreSQL writes them; what is not named here passes unchanged."""

from collections.abc import Callable, Sequence

from lake_platform.local.redshift.refusal import NotSupportedError, RedshiftError
from lake_platform.local.redshift.tokens import Token, closing, raw, split_at

Tokens = Sequence[Token]

RENAMED = {
    "NVL": "COALESCE",
    "LEN": "LENGTH",
    "TEXTLEN": "LENGTH",
    "REPLICATE": "REPEAT",
    "DLOG1": "LN",
    "DLOG10": "LOG",
    "DEXP": "EXP",
    "DATE_ADD": "DATEADD",
    "DATE_DIFF": "DATEDIFF",
    "SHA": "SHA1",
    "FUNC_SHA1": "SHA1",
    "VERSION": "rs_internal.version",
}
DATE_PART_FIRST = ("DATEADD", "DATEDIFF", "DATE_PART")
WORDS = {
    "SYSDATE": "(now() AT TIME ZONE 'utc')",
    "MINUS": "EXCEPT",
    "APPROXIMATE": "",
    "NVARCHAR": "varchar",
    "NCHAR": "char",
    "DATETIME": "timestamp",
}


def rewrite(tokens: Tokens) -> list[Token]:
    """The tokens for PostgreSQL."""
    done: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        called = position + 1 < len(tokens) and tokens[position + 1].word == "("
        word = token.word if token.kind == "word" else ""
        if called and word in _CALLS:
            end = closing(tokens, position + 1)
            arguments = tokens[position + 2 : end]
            position = _CALLS[word](done, arguments, tokens[end + 1 :]) + end + 1
            continue
        if called and word in (*RENAMED, *DATE_PART_FIRST):
            position += _rename(done, tokens[position:])
        elif word in ("DECIMAL", "NUMERIC") and not called and _follows_cast(tokens, position):
            # Redshift's DECIMAL is DECIMAL(18,0), also in a cast; PostgreSQL's has no limit.
            done.append(raw("decimal(18,0)"))
        elif word == "MAX" and position and tokens[position - 1].word == "(" and tokens[position + 1].word == ")":
            done.append(raw("65535"))
        elif word in WORDS:
            done.append(raw(WORDS[word]))
        else:
            done.append(token)
        position += 1
    return done


def _rename(done: list[Token], tokens: Tokens) -> int:
    """Write a function's PostgreSQL name; a date part given as a word becomes a string. Gives how many tokens it took more."""
    name = RENAMED.get(tokens[0].word, tokens[0].word)
    done.append(Token("word", name.lower(), tokens[0].spaced))
    if name in DATE_PART_FIRST and len(tokens) > 2 and tokens[2].kind == "word":
        done += [tokens[1], Token("string", tokens[2].text.lower(), spaced=False)]
        return 2
    return 0


def _follows_cast(tokens: Tokens, position: int) -> bool:
    return position > 0 and tokens[position - 1].word in ("AS", "::")


def _listagg(done: list[Token], arguments: Tokens, tail: Tokens) -> int:
    words = [token.word for token in tail[:3]]
    order: list[Token] = []
    taken = 0
    if words == ["WITHIN", "GROUP", "("]:
        taken = closing(tail, 2) + 1
        order = rewrite(tail[3 : taken - 1])
    if len(tail) > taken and tail[taken].word == "OVER":
        raise NotSupportedError("LISTAGG ... OVER is not available in the local endpoint")
    distinct = bool(arguments) and arguments[0].word == "DISTINCT"
    parts = split_at(arguments[1:] if distinct else arguments, ",")
    if len(parts) > 2 or not parts[0]:
        raise RedshiftError("LISTAGG takes one or two arguments", "42883")
    delimiter = rewrite(parts[1]) if len(parts) == 2 else [Token("string", "")]
    value = rewrite(parts[0]) if distinct else [raw("CAST("), *rewrite(parts[0]), raw("AS varchar)")]
    done += [
        raw("string_agg("),
        *([raw("DISTINCT")] if distinct else []),
        *value,
        raw(","),
        *delimiter,
        *order,
        raw(")"),
    ]
    return taken


def _median(done: list[Token], arguments: Tokens, tail: Tokens) -> int:
    if tail and tail[0].word == "OVER":
        raise NotSupportedError("MEDIAN ... OVER is not available in the local endpoint")
    done += [raw("percentile_cont(0.5) WITHIN GROUP (ORDER BY"), *rewrite(arguments), raw(")")]
    return 0


def _decode(done: list[Token], arguments: Tokens, tail: Tokens) -> int:
    del tail
    parts = [rewrite(part) for part in split_at(arguments, ",")]
    if len(parts) < 3:
        raise RedshiftError("DECODE takes at least three arguments", "42883")
    value, pairs = parts[0], parts[1:]
    done.append(raw("(CASE"))
    for search, result in zip(pairs[0::2], pairs[1::2], strict=False):
        # DECODE finds NULL equal to NULL.
        done += [raw("WHEN ("), *value, raw(") IS NOT DISTINCT FROM ("), *search, raw(") THEN"), *result]
    if len(pairs) % 2:
        done += [raw("ELSE"), *pairs[-1]]
    done.append(raw("END)"))
    return 0


def _nvl2(done: list[Token], arguments: Tokens, tail: Tokens) -> int:
    del tail
    parts = [rewrite(part) for part in split_at(arguments, ",")]
    if len(parts) != 3:
        raise RedshiftError("NVL2 takes three arguments", "42883")
    done += [raw("(CASE WHEN ("), *parts[0], raw(") IS NOT NULL THEN"), *parts[1], raw("ELSE"), *parts[2], raw("END)")]
    return 0


_CALLS: dict[str, Callable[[list[Token], Tokens, Tokens], int]] = {
    "LISTAGG": _listagg,
    "MEDIAN": _median,
    "DECODE": _decode,
    "NVL2": _nvl2,
}
