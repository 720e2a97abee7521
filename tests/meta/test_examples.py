"""The example of policy.toml is true: its commented tables are what the settings know, with every key and sentence."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from mailbot.settings import Policy
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


@pytest.mark.parametrize("name", [*Form.model_fields, *Place.model_fields, *Hook.model_fields])
def test_it_has_every_key(name: str) -> None:
    assert re.search(rf"(?m)^# (\[\w+\.)?{name}( = |\])", TAIL)


def test_it_names_every_field_of_a_form() -> None:
    assert [name for name in FormFields.model_fields if not re.search(rf"\b{name}\b", TAIL)] == []
