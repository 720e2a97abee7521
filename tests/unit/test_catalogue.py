"""The catalogue of what is mailed: whole, with real rows, and true of what the rules decide on the corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.answering.catalogue import FOR_OPERATOR, catalogue, named, preview, rows
from mailbot.answering.reply import LANGUAGES, Templates
from mailbot.deciding.decide import decide
from mailbot.deciding.decision import TEMPLATES
from mailbot.deciding.reasons import table
from mailbot.operating.explain import case_of
from tests.support.explained import NOW, RULES

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.eml"))
TEMPLATES_IN_USE = Templates([])


def test_every_template_stands_in_it_with_a_line_in_each_language() -> None:
    assert list(catalogue()) == list(TEMPLATES)
    known = {each["row"] for each in table().values()}
    for name, entry in catalogue().items():
        assert set(entry.says) == set(LANGUAGES), name
        assert all(5 < len(line) <= 75 and "\n" not in line for line in entry.says.values()), name
        assert set(entry.rows) <= known, name
        assert entry.rows or name in FOR_OPERATOR


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_a_row_sends_is_listed_under_it(path: Path, known: bool) -> None:
    decision = decide(case_of(path.read_bytes(), RULES, NOW, known=known))
    for owed in decision.owed:
        assert decision.row in catalogue()[owed.template].rows


def test_the_corpus_sends_something() -> None:
    sent = {o.template for path in CORPUS for o in decide(case_of(path.read_bytes(), RULES, NOW, known=True)).owed}
    assert {"challenge", "ask", "received", "withdrawal-stopped", "unsubscribed"} <= sent


def test_a_name_or_a_row_finds_templates() -> None:
    assert named("ask") == ["ask"]
    assert named("7a") == named("7A") == ["resubscribed"]
    assert named("16") == ["update-applied", "update-waiting", "ask", "new-address", "received", "answer-later"]
    assert all(named(row) for row in rows())
    assert rows().index("9a") < rows().index("10")
    for nothing in ("", "0", "14", "22", "25", "asks", "_frame", "nonsense"):
        assert named(nothing) == []


@pytest.mark.parametrize("language", [*LANGUAGES, "kk+ru"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_preview_is_the_mail(name: str, language: str) -> None:
    mail = preview(TEMPLATES_IN_USE, name, language)
    assert mail.body.endswith(f"[{'preview' * 3}previ]\n")
    assert bool(mail.html) is (name not in FOR_OPERATOR)
    assert ("* * *" in mail.body) is ("+" in language)
