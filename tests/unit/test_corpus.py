"""The corpus: each NNN-what-it-shows.eml is explained and compared with its .toml; and other projects' real mails.

In a .toml a key that is not there means null, an empty text or nothing; among the fields "" is null: the person says
that there is none.
"""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.explained import check, check_answers

CORPUS = Path(__file__).parents[1] / "corpus"
MAILS = sorted(CORPUS.glob("*.eml"))
REAL = Path(__file__).parents[3] / "shared" / "corpora"  # read only, not part of the project
TAG = "Subject: Отзыв согласия на обработку персональных данных\n".encode()
CPU_SECONDS = 2


def shown(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return an explained mail in the shape of a .toml."""
    sender, reply = result["sender"], result["reply"]
    tables = {
        "claim": {key: result[key] for key in ("kind", "rung", "where", "language")}
        | {"fields": {name: "" if value is None else value for name, value in result["fields"].items()}}
        | {"unclear": [f"{one['field']}: {one['why']}" for one in result["unclear"]]},
        "evidence": {"level": sender["evidence"], "because": sender["because"], "address": sender["address"]},
        "decision": {
            "outcome": result["decision"], "reason": result["reason"], "machine": result["machine"],
            "reply": reply["template"] if reply else None,
        },
        "message": {"own_text": result["own_text"], "defects": result["defects"]},
    }  # fmt: skip
    return {name: {key: value for key, value in table.items() if value} for name, table in tables.items()}


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_mail_of_the_corpus_is_explained_as_expected(path: Path) -> None:
    expected = tomllib.loads(path.with_suffix(".toml").read_text("utf-8"))
    known = expected.pop("known")
    octets = path.read_bytes()
    assert shown(check(octets, known)) == {
        name: {key: value for key, value in table.items() if value} for name, table in expected.items()
    }
    check_answers(octets, known)


def test_the_corpus_is_numbered_and_in_pairs() -> None:
    assert [int(path.name[:3]) for path in MAILS] == list(range(1, len(MAILS) + 1))
    assert len(MAILS) >= 165
    assert all(path.with_suffix(".toml").is_file() for path in MAILS)


def test_nobody_in_the_corpus_exists() -> None:
    domains = {d.lower() for path in MAILS for d in re.findall(rb"@((?:[\w-]+\.)+\w+)", path.read_bytes())}
    assert all(re.fullmatch(rb"(?:[\w-]+\.)*example\.(?:kz|com|org)", domain) for domain in domains), domains


def variants(octets: bytes) -> Iterator[bytes]:
    """Yield a mail as it is, and with a tag as its only and as its second Subject."""
    yield octets
    yield TAG + octets
    yield re.sub(rb"(?im)^subject:.*\n", TAG, octets, count=1)


@pytest.mark.skipif(not REAL.is_dir(), reason="the corpora of other projects are not here")
def test_every_real_mail_becomes_a_decision() -> None:
    files = [path for path in sorted(REAL.rglob("*")) if path.is_file()]
    assert len(files) > 300
    for path in files:
        for octets in variants(path.read_bytes()):
            for known in (True, False):
                began = time.process_time()
                check(octets, known)
                assert time.process_time() - began < CPU_SECONDS, path.name
                check_answers(octets, known)
