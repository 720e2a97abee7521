"""The example of policy.toml is true: its commented tables are what the settings know, with every key and sentence."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from mailbot.policy import Former, Policy
from mailbot.sources import Form, FormFields, Hook, Place

TEXT = (Path(__file__).parents[2] / "config" / "policy.toml").read_text(encoding="utf-8")
TAIL = TEXT[TEXT.index("# [[forms]]") :]


def test_without_its_marks_it_is_a_policy() -> None:
    sources = tomllib.loads(re.sub(r"(?m)^# (?=(\w+ = |\[))", "", TAIL))
    policy = Policy.model_validate({**tomllib.loads(TEXT), **sources})
    assert [form.name for form in policy.forms] == ["site"]
    assert [place.name for place in policy.places] == ["newsletter"]
    bare = Policy.model_validate(tomllib.loads(TEXT))
    assert (bare.forms, bare.places) == ([], [])


def test_its_former_version_is_one() -> None:
    part = TEXT[TEXT.index("# [[former]]") : TEXT.index("# Other whole wordings")]
    one = Former.model_validate(tomllib.loads(re.sub(r"(?m)^# (?=(\w+ = |\[))", "", part))["former"][0])
    assert one.tags.kk.update
    for name, field in Former.model_fields.items():
        assert re.search(rf"(?m)^# (\[former\.)?{name}( = |\.)", part), name
        assert f"# {field.description}" in part


@pytest.mark.parametrize("name", [*Form.model_fields, *Place.model_fields, *Hook.model_fields])
def test_it_has_every_key(name: str) -> None:
    assert re.search(rf"(?m)^# (\[\w+\.)?{name}( = |\])", TAIL)


def test_it_names_every_field_of_a_form() -> None:
    assert [name for name in FormFields.model_fields if not re.search(rf"\b{name}\b", TAIL)] == []


def test_what_survives_is_named_in_the_policy_and_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    section = " ".join(readme.partition("## What survives destruction")[2].partition("\n## ")[0].split())
    listed = " ".join(TEXT.partition("What stays of a destroyed person")[2].partition("[retention]")[0].split())
    for what in ("number, kind, language", "rung", "verdict on the sender", "time and source of", "keyed hashes",
                 "mails", "SHA-256", "proof", "one identifier, until it is ticked", "who", "when, why"):  # fmt: skip
        assert what in section and what in listed, what
