"""`mailbot policy check`: from a file to lines and exit codes; text, HTML and PDF; with an installation and without."""

from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path

import pytest

from mailbot.cli import main
from tests.support.listed import listed
from tests.support.pdfs import pdf

FOLDER = Path(__file__).parent.parent / "corpus" / "policies"
LANGUAGES = ("kk", "ru", "en")


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAILBOT_CONFIG", raising=False)


def sound(language: str) -> str:
    return (FOLDER / f"{language}.txt").read_text("utf-8")


def page(text: str, charset: str = "utf-8") -> str:
    blocks = "".join(f"<p>{line}</p>\n" for line in text.replace("\n\n", "\0").replace("\n", " ").split("\0"))
    return (
        f'<!DOCTYPE html><html><head><meta charset="{charset}"><script>"x"</script></head><body>{blocks}</body></html>'
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sound_policy_ends_with_0(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", str(FOLDER / f"{language}.txt")]) == 0
    said = capsys.readouterr()
    assert said.out.count("[mark]") == 3
    assert said.out.endswith("nothing to change\n")
    assert said.err == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_flaw_ends_with_1_and_says_what_to_do(lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.txt").write_text(sound("kk").replace("ә", "\u0259"), encoding="utf-8")
    assert main(["policy", "check", "policy.txt", "--lang", lang]) == 1
    said = capsys.readouterr().out
    assert "U+0259" in said
    assert "[look_alike_in_mark]" in said
    assert "3(2), line 22" in said
    assert said.endswith("2 to change\n")


def test_json_is_one_object_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.txt").write_text(sound("ru").replace("4. Что", "3. Что"), encoding="utf-8")
    assert main(["policy", "check", "policy.txt", "--json"]) == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["file"] for row in rows} == {"policy.txt"}
    (twice,) = [row for row in rows if row["code"] == "section_twice"]
    assert (twice["level"], twice["clause"], twice["number"]) == ("wrong", "3", "3")
    assert twice["says"] and twice["do"] and twice["around"]
    marks = {row["kind"]: row["tag"] for row in rows if row["code"] == "mark"}
    assert {row["rung"] for row in rows if row["code"] == "mark"} == {"exact"}
    assert marks["withdrawal"] == "Отзыв согласия на обработку персональных данных"
    assert [row["address"] for row in rows if row["code"] == "address"] == ["info@example.com"]
    assert [row["days"] for row in rows if row["code"] == "deadline"] == [1095, 1, 15, 3]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pdf_without_blank_lines(language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for line in sound(language).split("\n") if line]
    (tmp_path / "policy.pdf").write_bytes(pdf("\n".join(lines[:17]), "\n".join(lines[17:])))
    assert main(["policy", "check", "policy.pdf"]) == 0, capsys.readouterr().out
    assert "page 2" in capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_web_page(language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.html").write_text(page(sound(language)), encoding="utf-8")
    main(["policy", "check", "policy.html", "--json"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len([row for row in rows if row["code"] == "mark"]) == 3
    assert [row["code"] for row in rows if row["level"] == "wrong"] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_web_page_whose_numbers_are_those_of_its_lists(
    language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same findings in the same clauses as of the text, whose numbers are typed."""
    text = sound(language)
    doubled = re.sub(r"(?m)^(#* *)3\. ", r"\g<1>2. ", text, count=1)
    for content in (text, doubled):
        (tmp_path / "policy.txt").write_text(content, encoding="utf-8")
        (tmp_path / "policy.html").write_text(listed(content), encoding="utf-8")
        found = {}
        for kind in ("txt", "html"):
            main(["policy", "check", f"policy.{kind}", "--json"])
            rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
            found[kind] = sorted((row["code"], row["clause"] or "") for row in rows)
        assert found["html"] == found["txt"]
    assert any(code.endswith("_twice") for code, _ in found["html"]), found


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "windows-1251", "koi8-r"])
def test_text_in_other_encodings(codec: str, tmp_path: Path) -> None:
    text = sound("ru").replace("—", "-").replace("–", "-").replace("«", '"').replace("»", '"')
    (tmp_path / "policy.txt").write_bytes(text.encode(codec))
    (tmp_path / "policy.html").write_bytes(page(text, codec).encode(codec))
    assert main(["policy", "check", "policy.txt"]) == 0
    assert main(["policy", "check", "policy.html"]) == 0


def test_what_can_not_be_read_ends_with_66(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "scan.pdf").write_bytes(pdf(" "))
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing of a PDF")
    (tmp_path / "word.docx").write_bytes(b"PK\x03\x04 a word processor's")
    for name, sentence in (
        ("missing.txt", "can't be read"), ("empty.txt", "is empty"), ("scan.pdf", "a scan is a picture"),
        ("broken.pdf", "can't be read as a PDF"), ("word.docx", "save it as PDF or text"), (".", "can't be read"),
    ):  # fmt: skip
        assert main(["policy", "check", name]) == 66, name
        said = capsys.readouterr()
        assert said.out == ""
        assert sentence in said.err


def test_without_the_extra_a_pdf_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.pdf").write_bytes(pdf("text"))
    monkeypatch.setitem(sys.modules, "pypdf", None)
    assert main(["policy", "check", "policy.pdf"]) == 78
    assert "install mailbot[pdf]" in capsys.readouterr().err


def test_a_damaged_pdf_is_read_or_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(7)
    whole = pdf(sound("kk")[:900])
    for _ in range(150):
        octets = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            octets[chance.randrange(9, len(octets))] = chance.choice(b"0123456789<>[]/ R\xff")
        (tmp_path / "policy.pdf").write_bytes(octets)
        assert main(["policy", "check", "policy.pdf"]) in (0, 1, 66)


@pytest.mark.parametrize(
    "words", [["policy"], ["policy", "check"], ["policy", "check", "a", "b"], ["policy", "look", "a"]]
)
def test_wrong_usage_ends_with_64(words: list[str]) -> None:
    assert main(words) == 64


def test_an_installation_knows_its_address_its_language_and_its_former_marks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for box in ("box", "sent"):
        for part in ("cur", "new", "tmp"):
            (tmp_path / box / part).mkdir(parents=True)
    doors = ["--mailbox", f"maildir://{tmp_path}/box", "--courier", f"maildir://{tmp_path}/sent"]
    assert main(["init", "bot", *doors, "--address", "desk@example.com", "--language", "ru"]) == 0
    (tmp_path / "policy.txt").write_text(
        sound("ru").replace("«Актуализация\nперсональных данных»", "«Смена телефона»"), encoding="utf-8"
    )
    capsys.readouterr()
    assert main(["--config", "bot", "policy", "check", "policy.txt"]) == 1
    said = capsys.readouterr().out
    assert "Писать предложено на info@example.com, но mailbot читает desk@example.com." in said
    assert "[mark_unhandled]" in said
    with (tmp_path / "bot" / "policy.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[former]]\nversion = "0"\nsince = 2024-01-15\n[former.tags.ru]\nupdate = ["Смена телефона"]\n')
    main(["--config", "bot", "policy", "check", "policy.txt"])
    assert "[mark_unhandled]" not in capsys.readouterr().out
    main(["--config", "bot", "check"])
    assert "the marks of 0 stay valid" in capsys.readouterr().out
