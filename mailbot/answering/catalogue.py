"""What there is to send: each template, the rows of the decision table that send it, when, and how it looks.

Tells and renders with invented values; it decides nothing and sends nothing. The words stand in catalogue.toml.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from mailbot.answering.reply import Frame, Rendered, Templates, render
from mailbot.answering.samples import FRAME, samples
from mailbot.deciding.decision import TEMPLATES, Owed, Role
from mailbot.deciding.reasons import table

FOR_OPERATOR = ("operator", "operator-address", "operator-health", "console-locked")
TOKEN = "previewpreviewpreviewprevi"  # a token's shape, and nobody's


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One template."""

    rows: tuple[str, ...]
    says: dict[str, str]  # language → when it is sent, one line


@cache
def catalogue() -> dict[str, Entry]:
    """Return every template in the order of TEMPLATES. Raises: nothing that a sound package can meet."""
    text = resources.files("mailbot.answering").joinpath("catalogue.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    return {name: Entry(rows=tuple(found[name].pop("rows")), says=found[name]) for name in TEMPLATES}


def rows() -> list[str]:
    """Return every row of the decision table that mails something, in its order."""
    sent = {row for entry in catalogue().values() for row in entry.rows}
    return [row for row in dict.fromkeys(each["row"] for each in table().values()) if row in sent]


def named(name: str) -> list[str]:
    """Return the templates of a name or a row of the decision table; [] where there are none."""
    if name in catalogue():
        return [name]
    return [template for template, entry in catalogue().items() if name.lower() in entry.rows]


def preview(templates: Templates, name: str, language: str) -> Rendered:
    """Return a template as it would be mailed, filled with sample values, the fullest of them.

    `language` is kk, ru, en or kk+ru. Raises: ValueError as render does.
    """
    values = samples(name)[-1]
    frame = Frame(token=TOKEN, **{key: values[key] for key in FRAME})
    own = {key: value for key, value in values.items() if key not in FRAME or key == "kind"}
    role: Role = "operator" if name in FOR_OPERATOR else "receipt"
    owed = Owed(template=name, role=role, to="aliya@example.kz", language=language, values=own)
    return render(owed, frame, templates)
