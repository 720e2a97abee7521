"""Who is destroyed is in no file any more: the store's, the installation's, a real Dovecot mailbox; killed anywhere.

The mails of the person go first, the store last: a destruction that was killed in between is done again to its end.
"""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands, Kill
from tests.support.site import TAGS, Site, letter, row
from tests.support.smtp import SmtpServer

WHO = "kunsulu@example.kz"
NAME, PHONE = "Құнанбаева", "77015550002"
PEOPLE = (row(NAME, "Күнсұлу", WHO, "+77015550001"), row("Оспанов", "Марат", "marat@example.com", "+77015550009"))
CACHES = ("dovecot.index",)  # headers that the server keeps for itself, and drops when it tidies: the provider's
KILLS = [Kill(call=call, when=when, n=n) for call in ("remove", "fetch", "commit") for when in ("before", "after")
         for n in (1, 2)]  # fmt: skip


def traces() -> Iterator[bytes]:
    """Yield the person's name, address and phones in the encodings in which a file may hold them."""
    for text in (WHO, NAME, "Күнсұлу", PHONE, "77015550001"):
        octets = text.encode()
        yield octets
        yield text.encode("utf-16-le")
        yield text.encode("ascii", "backslashreplace")
        yield quopri.encodestring(octets).strip()
        for shift in range(3):  # wherever in a base64 line it may stand
            yield base64.b64encode(b"\0" * shift + octets)[4 if shift else 0 : -4]


def found(*roots: Path) -> list[tuple[str, bytes]]:
    """Return the files under these that hold a trace, and which."""
    marks = [mark for mark in traces() if len(mark) > 5]
    every = (path for root in roots for path in root.rglob("*") if path.is_file())
    files = [path for path in every if not path.name.startswith(CACHES)]
    return [(path.name, mark) for path in files for mark in marks if mark in path.read_bytes()]


@pytest.fixture
def site(dovecot: Dovecot, smtp: SmtpServer, tmp_path: Path, store_url: str, commands: Commands) -> Site:
    """An installation in which somebody updated a phone and asked to withdraw, and somebody else did, too."""
    made = Site(tmp_path / "site", dovecot, smtp, store_url, commands=commands)
    made.init()
    made.people(*PEOPLE)
    body = f"Телефон: +{PHONE}\n"
    made.deliver(
        letter(WHO, TAGS["ru", "update"], body, name="hers"),
        letter(WHO, TAGS["ru", "withdrawal"], f"{NAME} Күнсұлу\n", name="left"),
        letter("marat@example.com", TAGS["ru", "update"], "Телефон: +77022345678\n", name="his"),
        letter("vera@example.com", "Вопрос о курсе", "Здравствуйте!\n", name="stranger"),
    )
    made.poll()
    assert made.done() == {"hers", "left", "his"} and made.inbox() == {"stranger"}
    assert found(made.dovecot.maildir(made.user))
    return made


def check(site: Site) -> None:
    assert (site.done(), site.inbox()) == ({"his"}, {"stranger"})
    assert site.run("people", "show", WHO).code == 0  # suppressed, and nobody any more
    assert site.show("marat@example.com")["surname"] == "Оспанов"
    site.poll()
    assert found(site.dovecot.maildir(site.user)) == []
    if site.store.startswith("sqlite"):
        assert found(site.folder) == []


def test_no_byte_is_left_in_the_mailbox_or_the_installation(site: Site) -> None:
    ran = site.run("people", "destroy", WHO, "--yes")
    assert (ran.code, ran.out) == (0, "destroyed 1; no mail was sent\n"), ran.err
    check(site)


@pytest.mark.parametrize("kill", KILLS, ids=str)
def test_killed_anywhere_it_is_done_again_to_its_end(site: Site, kill: Kill) -> None:
    assert site.commands is not None
    ended = site.commands.run("--config", str(site.folder), "people", "destroy", WHO, "--yes", kill=kill)
    again = site.run("people", "destroy", WHO, "--yes")
    assert again.code in (0, 1), again.err  # 1: it was done before it was killed
    assert ended.code in (0, -9)
    check(site)
