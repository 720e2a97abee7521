"""A whole life in a real mailbox, then the destruction: no byte of name, address or phone is left, in any encoding.

Looked through are every file of the installation, every file of the mailbox (but the server's own caches), and the data
files of its database in PostgreSQL and of what all databases share (but the write-ahead log).
"""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands, Kill
from tests.support.site import BOX, OPERATOR, TAGS, Site, answer, letter, row
from tests.support.smtp import SmtpServer

WHO, OTHER = "gulbarshyn@example.kz", "marat@example.com"
OLD, NAME, GIVEN = "Дүйсенғалиева", "Шаймұратова", "Гүлбаршын"
PHONES = ("77015551234", "77475559876")
WORDS = (WHO, OLD, NAME, GIVEN, *PHONES, "701 555 12 34", "747 555 98 76", "(747) 555-98-76")
CACHES = ("dovecot.index",)  # headers that the server keeps for itself, and drops when it tidies: the provider's
ERASE = {"MAILBOT_MAILBOX__ERASE": "inbox,sent,drafts,junk"}
PAST = "2020-01-01 00:00:00.000000"


def traces() -> set[bytes]:
    """Return the words in the encodings and cases in which a file may hold them."""
    found: set[bytes] = set()
    for word in WORDS:
        for text in {word, word.upper(), word.lower()}:
            for charset in ("utf-8", "utf-16-le", "utf-16-be", "windows-1251", "koi8-r", "kz1048"):
                octets = text.encode(charset, "ignore")
                if len(octets) > 6:
                    found |= {octets, quopri.encodestring(octets).strip()}
                    for shift in range(3):  # wherever in a base64 line it may stand
                        found.add(base64.b64encode(b"\0" * shift + octets)[4 if shift else 0 : -4])
            found.add(text.encode("ascii", "backslashreplace"))
    return {each for each in found if len(each) > 6}


MARKS = traces()


def left(*roots: Path) -> list[tuple[str, bytes]]:
    """Return the files under these that hold a trace, and which."""
    every = (path for root in roots for path in root.rglob("*") if path.is_file())
    files = {path: packed(path.read_bytes()) for path in every if not path.name.startswith(CACHES)}
    return [(path.name, mark) for path, octets in files.items() for mark in MARKS if mark in octets]


def packed(octets: bytes) -> bytes:
    """Return them with long runs of zeros made short: a mark has two at most, a database full pages."""
    return re.sub(rb"\0{16,}", b"\0" * 16, octets)


def cyrillic(charset: str, name: str) -> bytes:
    """Return an update as old mail programs write it, with a photo attached."""
    subject = f"=?{charset}?B?{base64.b64encode(TAGS['ru', 'update'].encode(charset)).decode()}?="
    body = base64.encodebytes(f"Телефон: +7 (747) 555-98-76\nФамилия: {NAME.replace('ұ', 'у')}\n".encode(charset))
    head = letter(WHO, "x", "", name=name).split(b"Subject: ")[0].decode()
    rest = [
        f"Subject: {subject}", f"Message-ID: <{name}@example.kz>", "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b"', "", "--b", f"Content-Type: text/plain; charset={charset}",
        "Content-Transfer-Encoding: base64", "", body.decode(), "--b", "Content-Type: application/octet-stream",
        f'Content-Disposition: attachment; filename="{WHO}.bin"', "Content-Transfer-Encoding: base64", "",
        base64.b64encode(f"{GIVEN} {NAME}".encode()).decode(), "--b--", "",
    ]  # fmt: skip
    return (head + "\r\n".join(rest)).encode()


class Life:
    """One installation whose courier files what it sent among the sent mail, as providers do."""

    def __init__(self, site: Site, smtp: SmtpServer) -> None:
        self.site, self.smtp, self.filed = site, smtp, len(smtp.taken)
        self.first = self.filed

    def poll(self) -> None:
        self.site.poll(**ERASE)
        for taken in self.smtp.taken[self.filed :]:
            if BOX in taken.sender or taken.sender.endswith("@example.com"):
                self.site.dovecot.append(self.site.user, taken.octets, folder="Sent")
        self.filed = len(self.smtp.taken)

    def live(self) -> None:
        site = self.site
        site.deliver(letter(WHO, TAGS["kk", "update"], f"Тегі: {NAME}\nТелефон: +7 701 555 12 34\n", name="one"))
        self.poll()
        site.deliver(cyrillic("windows-1251", "two"), letter(WHO, "Сұрақ", f"{GIVEN} {NAME}", name="asks"))
        site.deliver(letter(WHO, TAGS["ru", "update"], "Телефон: 8 747 555 98 76\n", name="weak", proven=False))
        self.poll()
        asked = [
            each
            for each in site.answers(self.first)
            if each.recipients == [WHO] and "weak" in str(each.mail["References"])
        ]
        site.deliver(answer(WHO, "Да", asked[-1], name="yes"))
        self.poll()
        site.deliver(letter(OTHER, TAGS["ru", "update"], "Телефон: +77022345678\n", name="his"))
        site.deliver(letter(WHO, TAGS["kk", "withdrawal"], f"{GIVEN} {NAME.upper()}\n", name="left"))
        self.poll()
        assert site.show(WHO)["block"]["why"] == "withdrawal"
        site.sql("UPDATE request SET destroy_at = :at, undo_until = :at WHERE destroy_at IS NOT NULL", at=PAST)


@pytest.fixture
def life(
    dovecot: Dovecot, smtp: SmtpServer, tmp_path: Path, store_url: str, commands: Commands
) -> Iterator[Life]:  # fmt: skip
    site = Site(tmp_path / "site", dovecot, smtp, store_url, commands=commands)
    site.init("--operator-mail", OPERATOR)
    policy = site.folder / "policy.toml"
    policy.write_text('[withdrawal]\nobligations = "none"\n', encoding="utf-8")
    site.people(row(OLD, GIVEN, WHO, "+77015550001"), row("Оспанов", "Марат", OTHER, "+77015550009"))
    made = Life(site, smtp)
    made.live()
    yield made


def places(life: Life, request: pytest.FixtureRequest) -> list[Path]:
    """Return what is looked through."""
    site = life.site
    roots = [site.folder, site.dovecot.maildir(site.user)]
    if not site.store.startswith("sqlite"):
        roots += request.getfixturevalue("postgres").folders(site.store)
    return roots


def check(life: Life, request: pytest.FixtureRequest) -> None:
    life.poll()  # what left after the erasure was filed among the sent mail: it goes as soon as it is seen
    life.poll()
    assert life.site.run("people", "show", WHO, "--json").lines()[0]["state"] == "suppressed"
    assert life.site.done() == {"his"} and life.site.show(OTHER)["surname"] == "Оспанов"
    assert life.site.lie("Sent") > 0, "what went to others is there"
    assert left(*places(life, request)) == []
    ran = life.site.run("audit", "verify", "--json")
    assert ran.code == 0 and ran.lines()[0]["sound"]


def test_no_byte_is_left_of_a_whole_life(life: Life, request: pytest.FixtureRequest) -> None:
    before = {mark for _, mark in left(*places(life, request))}
    assert len(before) >= 8, "what the test looks for was there"
    life.poll()
    (final,) = [
        each for each in life.site.answers(life.first) if each.recipients == [WHO] and "жойылды" in each.subject
    ]
    assert "пошта жәшігімізден де өшірілді" in final.text
    check(life, request)


@pytest.mark.parametrize(
    "kill", [Kill(call="remove", when="after", n=1), Kill(call="commit", when="before", n=4)], ids=str
)
def test_killed_between_the_mailbox_and_the_store_it_goes_on(
    life: Life, request: pytest.FixtureRequest, kill: Kill
) -> None:
    assert life.site.commands is not None
    ended = life.site.commands.run("--config", str(life.site.folder), "poll", kill=kill, env=ERASE)
    assert ended.code == -9
    assert life.site.show(WHO)["surname"], "the store comes last"
    life.poll()
    check(life, request)
