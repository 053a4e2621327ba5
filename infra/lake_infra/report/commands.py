"""The commands `diff` and `cost`."""

import argparse
import json
from pathlib import Path
from typing import Any, cast

from lake_infra.declaration import Declaration, read_declaration
from lake_infra.policy.intrinsics import Template
from lake_infra.profiles import PROFILES
from lake_infra.report.cost import estimate, render_cost
from lake_infra.report.diff import render_diff
from lake_infra.report.prices import PriceTableError, read_numbers, read_prices, with_numbers

HOME = Path(__file__).parents[2]
PRICES = HOME / "prices.yaml"
DIFFERENT = 1
"""The exit code of `diff`, as of diff itself, where something differs."""


class TemplateFileError(Exception):
    """A file that holds no template."""


def add_diff(diff: argparse.ArgumentParser) -> None:
    """Makes a parser that of `diff`."""
    _about_template(diff)
    diff.add_argument("--against", type=Path, help="another template; default: the committed one")
    diff.set_defaults(run=_diff)


def add_cost(cost: argparse.ArgumentParser) -> None:
    """Makes a parser that of `cost`."""
    _about_template(cost)
    cost.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="another assumption")
    cost.add_argument("--numbers", type=Path, help="a file of such assumptions")
    cost.add_argument("--prices", type=Path, default=PRICES, help="another price table")
    cost.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    cost.set_defaults(run=_cost)


def read_template(file: Path) -> Template:
    """A template as `synth` writes it or `aws cloudformation get-template` prints it.

    Raises:
        TemplateFileError: the file is not there, or holds something else.
    """
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise TemplateFileError(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise TemplateFileError(
            f"{file} is no JSON ({error}): give a template as `lake infra synth` writes it"
        ) from None
    body = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    found = body.get("TemplateBody", body)
    if not isinstance(found, dict) or "Resources" not in found:
        raise TemplateFileError(f"{file} is no template: it has no Resources")
    return cast("Template", found)


def _about_template(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--declaration", type=Path, required=True, help="what `lake infra declaration` wrote")
    parser.add_argument("--template", default="lake", help="the name of the template")


def _diff(told: argparse.Namespace) -> int:
    before = read_template(told.against or HOME / "templates" / f"{told.template}.template.json")
    text = render_diff(before, _made(told.template, read_declaration(told.declaration)))
    print(text or "no difference")
    return DIFFERENT if text else 0


def _cost(told: argparse.Namespace) -> int:
    numbers = {**(read_numbers(told.numbers) if told.numbers else {}), **dict(map(_number, told.set))}
    table = with_numbers(read_prices(told.prices), numbers)
    declaration = read_declaration(told.declaration)
    template, datasets = _made(told.template, declaration), len(_of_template(told.template, declaration).datasets)
    found = estimate(template, table, datasets=datasets)
    print(json.dumps(found.document(), indent=2) if told.json else render_cost(found))
    return 0


def _made(name: str, declaration: Declaration) -> Template:
    # Importing CDK takes seconds, which errors in what was given need not wait for.
    from lake_infra.templates import NAMES, make_template

    if name not in NAMES:
        raise TemplateFileError(f"there is no template {name!r}: take one of {', '.join(NAMES)}")
    return make_template(name, declaration)


def _of_template(name: str, declaration: Declaration) -> Declaration:
    """What the template is made from: a profile has some of the datasets only."""
    return PROFILES[name].narrow(declaration) if name in PROFILES else declaration


def _number(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise PriceTableError(f"--set {text!r}: write NAME=VALUE with a number") from None
