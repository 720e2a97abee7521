"""The commands `templates list`, `check` and `preview`, and an operator's own texts, through the real command."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.deciding.decision import TEMPLATES
from tests.acceptance.world import ALIYA, UPDATE, World, command

OWN = """{% extends "_frame.txt" %}
{% block state %}нужен Ваш ответ{% endblock %}
{% block marker %}{{ marker }}{% endblock %}
{% block body %}
Здравствуйте, это Ваши курсы & друзья: напишите, что изменилось, до {{ due_at.day }}-го числа.
{% endblock %}
"""
BROKEN = OWN.replace("Здравствуйте", "{{ nobody }}")


def own(world: World, language: str, name: str, text: str) -> Path:
    """Write a template of the operator's own."""
    path = world.folder / "templates" / language / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_list_says_when_each_is_sent_and_where_it_lies(world: World) -> None:
    path = own(world, "ru", "ask", OWN)
    ran = world.run("templates", "list")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith((" ", "the others"))] == list(TEMPLATES)
    after = lines[next(n for n, line in enumerate(lines) if line.startswith("ask ")) + 1]
    assert after.split() == ["ru:", str(path)]
    assert sum(str(world.folder) in line for line in lines) == 1
    assert lines[-1].startswith("the others: ") and lines[-1].endswith("mail")


def test_check_refuses_a_broken_one_and_the_packaged_one_is_mailed(world: World) -> None:
    assert (world.run("templates", "check").code, world.run("templates", "check").out) == (0, "")
    packaged = world.run("templates", "preview", "ask", "--lang", "ru")
    path = own(world, "ru", "ask", BROKEN)
    own(world, "kk", "asks", OWN)
    ran = world.run("templates", "check")
    assert ran.code == 1
    assert [line.split(":")[1].strip() for line in ran.out.splitlines()] == ["kk/asks.txt", "ru/ask.txt"]
    assert "the packaged one is used" in ran.out and "nobody" in ran.out
    assert str(path) not in world.run("templates", "list").out
    assert world.run("templates", "preview", "ask", "--lang", "ru").out == packaged.out
    taken = world.mail(ALIYA, UPDATE["ru"], "Здравствуйте")
    assert taken.decision == "asked" and "Фамилия:" in taken.answer.text and "nobody" not in taken.answer.text


def test_preview_shows_what_is_mailed(world: World) -> None:
    own(world, "ru", "ask", OWN)
    assert world.run("templates", "check").code == 0
    shown = world.run("templates", "preview", "ask", "--lang", "ru").out
    assert "Здравствуйте, это Ваши курсы & друзья" in shown
    assert "Туған күні:" in world.run("templates", "preview", "ask", "--lang", "kk").out
    page = world.run("templates", "preview", "ask", "--lang", "ru", "--html").out
    assert page.startswith("<!DOCTYPE html>") and "Ваши курсы &amp; друзья" in page and '<html lang="ru"' in page
    taken = world.mail(ALIYA, UPDATE["ru"], "Здравствуйте")
    assert "Здравствуйте, это Ваши курсы & друзья" in taken.answer.text
    assert "Ваши курсы &amp; друзья" in taken.answer.page


def test_a_row_shows_all_that_it_sends(world: World) -> None:
    ran = world.run("templates", "preview", "7", "--lang", "kk+ru")
    assert ran.code == 0
    assert ran.out.count("Subject: Сұраныс № ") == 5  # received, answer-later, undone, undone-notice, only-news
    assert ran.out.count("* * *") == 5
    assert world.run("templates", "preview", "7a", "--lang", "en").out.startswith("resubscribed\nSubject: Request No. ")
    pages = world.run("templates", "preview", "7", "--lang", "kk+ru", "--html").out
    assert pages.count("<!DOCTYPE html>") == pages.count('<div lang="ru"') == 5


@pytest.mark.parametrize("row", ["", "14", "99", "asks", "_frame", f"{chr(46) * 2}/ask"])
def test_an_unknown_row_names_those_there_are(world: World, row: str) -> None:
    ran = world.run("templates", "preview", row, "--lang", "ru")
    assert ran.code == 64 and ran.out == ""
    assert all(name in ran.err for name in TEMPLATES) and " 16," in ran.err


def test_wrong_use_exits_64(world: World) -> None:
    wrong = (("templates",), ("templates", "preview"), ("templates", "preview", "ask", "--lang", "de"))
    assert [world.run(*argv).code for argv in wrong] == [64, 64, 64]


def test_they_need_no_installation(tmp_path: Path) -> None:
    for argv in (("list",), ("check",), ("preview", "16", "--lang", "kk"), ("preview", "ask", "--html")):
        ran = command("--config", tmp_path, "templates", *argv)
        assert (ran.code, ran.err) == (0, ""), argv
    assert command("--config", tmp_path, "templates", "preview", "x").code == 64
    assert list(tmp_path.iterdir()) == []
