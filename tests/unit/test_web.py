"""web: who may post to the intake, and what pairs a body holds; everything else is refused with its status."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.console.web import WrongBody, may_post, pairs

FORM, JSON = "application/x-www-form-urlencoded", "application/json; charset=utf-8"
SECRET = "an invented secret of the site"


def sealed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"x-signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def test_a_bearer_token_opens() -> None:
    assert may_post({"authorization": f"Bearer {SECRET}"}, b"x", "bearer", SECRET)
    assert may_post({"authorization": f"bearer  {SECRET} "}, b"x", "bearer", SECRET)


@pytest.mark.parametrize(
    "given", ["", SECRET, "Bearer", "Bearer ", f"Basic {SECRET}", f"Bearer {SECRET}x", "Bearer \xff"]
)
def test_anything_else_does_not(given: str) -> None:
    assert not may_post({"authorization": given}, b"x", "bearer", SECRET)
    assert not may_post({}, b"x", "bearer", SECRET)


def test_a_seal_of_the_body_opens_and_of_another_body_does_not() -> None:
    assert may_post(sealed(b"a=1"), b"a=1", "hmac", SECRET)
    assert not may_post(sealed(b"a=1"), b"a=2", "hmac", SECRET)
    assert not may_post(sealed(b"a=1", "another secret of theirs"), b"a=1", "hmac", SECRET)
    assert not may_post({"authorization": f"Bearer {SECRET}"}, b"a=1", "hmac", SECRET)  # the other kind
    assert not may_post(sealed(b"a=1"), b"a=1", "bearer", SECRET)


def test_form_encoded() -> None:
    body = "Email=aliya%40example.kz&Name=%D3%98%D0%BB%D0%B8%D1%8F+%D0%9A.&empty="
    assert pairs(FORM, body.encode()) == [("Email", "aliya@example.kz"), ("Name", "Әлия К."), ("empty", "")]
    assert pairs(FORM, b"") == []


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"Email": "a@example.kz", "age": 30, "news": True, "no": None},
         [("Email", "a@example.kz"), ("age", "30"), ("news", "yes"), ("no", "")]),
        ({"fields": {"Email": "a@example.kz"}, "id": "7"}, [("Email", "a@example.kz"), ("id", "7")]),
        ({"data": [{"name": "Email", "value": "a@example.kz"}, {"label": "ok", "value": False}]},
         [("Email", "a@example.kz"), ("ok", "no")]),
    ],
)  # fmt: skip
def test_json(value: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert pairs(JSON, json.dumps(value).encode()) == found


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("text/plain", b"a", 415), ("", b"a=1", 415), ("multipart/form-data; boundary=x", b"--x", 415),
        (FORM, b"no pair", 400), (FORM, b"a=%FF", 400), (FORM, "a=ә".encode(), 400), (FORM, b"a=1&" * 300, 400),
        (JSON, b"{", 400), (JSON, b"[]", 400), (JSON, b"\xff", 400), (JSON, b'{"a": {"b": 1}}', 400),
        (JSON, b'{"fields": [1]}', 400), (JSON, b'{"fields": {"a": {}}}', 400), (JSON, b"[" * 60_000, 400),
        (JSON, json.dumps({str(n): n for n in range(300)}).encode(), 400),
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused(kind: str, body: bytes, status: int) -> None:
    with pytest.raises(WrongBody) as refused:
        pairs(kind, body)
    assert refused.value.status == status


@given(st.binary(max_size=300), st.sampled_from([FORM, JSON]))
def test_no_body_breaks_it(body: bytes, kind: str) -> None:
    try:
        found = pairs(kind, body)
    except WrongBody:
        return
    assert all(isinstance(part, str) for pair in found for part in pair)
