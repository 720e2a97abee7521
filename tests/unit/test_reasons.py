"""Every reason a decision may have is explained, in three languages, and none is explained in vain."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import mailbot
from mailbot.deciding.reasons import row_of, sentence, table

CODE = Path(mailbot.__file__).parent
OTHERWISE: set[str] = set()


def test_every_reason_has_a_row_and_a_sentence_in_each_language() -> None:
    for code, entry in table().items():
        assert re.fullmatch(r"[a-z_]+", code)
        assert set(entry) == {"row", "kk", "ru", "en"}, code
        assert all(entry.values()), code
        assert "\u0259" not in entry["kk"], code


def test_every_reason_of_the_table_is_named_in_the_code_and_the_other_way_round() -> None:
    words = set()
    for path in (
        *CODE.glob("deciding/*.py"),
        *CODE.glob("operating/*.py"),
        *CODE.glob("store/*.py"),
        CODE / "mail.py",
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
    assert set(table()) - words == OTHERWISE


def test_an_unknown_reason_explains_itself_by_its_code() -> None:
    assert sentence("no_such_reason", "kk") == "no_such_reason"
    assert row_of("no_such_reason") == ""
    assert sentence("sender_weak", "kk+ru") == sentence("sender_weak", "kk")
