"""A proof is built once before an erasure, whoever is killed when: on a real Dovecot mailbox, SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from mailbot import sealing
from tests.integration.test_erased import NAME, PEOPLE, PHONE, WHO, found
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands, Kill
from tests.support.site import TAGS, Site, letter
from tests.support.smtp import SmtpServer

KILLS = [Kill(call=call, when=when, n=n) for call, n in (("commit", 1), ("remove", 1), ("remove", 2), ("commit", 2))
         for when in ("before", "after")]  # fmt: skip


@pytest.fixture
def site(dovecot: Dovecot, smtp: SmtpServer, tmp_path: Path, store_url: str, commands: Commands) -> Site:
    """An installation in which somebody wrote twice."""
    made = Site(tmp_path / "site", dovecot, smtp, store_url, commands=commands)
    made.init()
    made.people(*PEOPLE)
    made.deliver(
        letter(WHO, TAGS["ru", "update"], f"Телефон: +{PHONE}\n", name="hers"),
        letter(WHO, TAGS["ru", "withdrawal"], f"{NAME} Күнсұлу\n", name="left"),
    )
    made.poll()
    return made


def unpacked(octets: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def check(site: Site, secret: str) -> None:
    """Look at what is left after the destruction."""
    ((sha256, destroyed_at),) = site.sql("SELECT sha256, destroyed_at FROM proof")
    assert destroyed_at is not None
    built = site.sql("SELECT request_id, id FROM event WHERE what = 'proof_sealed' AND reason = :sha", sha=sha256)
    numbers = {row.id for row in site.sql("SELECT id FROM request WHERE person_id IS NOT NULL OR kind = 'erasure'")}
    assert {row.request_id for row in built} >= numbers and len({row.request_id for row in built}) == len(built)
    destroyed = site.sql("SELECT min(id) FROM event WHERE what = 'destroyed'")[0][0]
    assert min(row.id for row in built) < destroyed
    site.poll()
    verified = site.run("audit", "verify", "--json").lines()[0]
    assert verified["sound"] and not verified["unsealed"]
    out = site.folder / "out.age"
    number = sorted(numbers)[0]
    assert site.run("evidence", number, "--sealed", str(out)).code == 0
    octets = sealing.unseal(out.read_bytes(), secret)
    out.unlink()
    assert hashlib.sha256(octets).hexdigest() == sha256
    mails = [name for name in unpacked(octets) if "/mail/" in name]
    assert len(mails) == 2
    assert found(site.dovecot.maildir(site.user)) == []
    if site.store.startswith("sqlite"):
        assert found(site.folder) == []


@pytest.mark.parametrize("kill", KILLS, ids=str)
def test_killed_anywhere_there_is_one_seal_and_it_is_whole(site: Site, kill: Kill) -> None:
    assert site.commands is not None
    public, secret = sealing.new_pair()
    settings = {"MAILBOT_EVIDENCE__KEEP": "sealed", "MAILBOT_OPERATOR__AGE_KEY": public}
    ended = site.commands.run(
        "--config", str(site.folder), "people", "destroy", WHO, "--yes", kill=kill, env=settings
    )  # fmt: skip
    assert ended.code in (0, -9)
    again = site.run("people", "destroy", WHO, "--yes", **settings)
    assert again.code in (0, 1), again.err  # 1: it was done before it was killed
    check(site, secret)


def test_the_evidence_of_a_request_from_a_real_mailbox(site: Site) -> None:
    number = site.requests("--all")["hers"]["id"]
    path = site.folder / "e.zip"
    ran = site.run("evidence", number, "--output", str(path))
    assert (ran.code, ran.err) == (0, "")
    files = unpacked(path.read_bytes())
    said = json.loads(files["evidence.json"])
    assert [mail["compared_by"] for mail in said["mails"]] == ["sha256"]
    assert hashlib.sha256(files["mail/1.eml"]).hexdigest() == said["mails"][0]["ledger_sha256"]
    assert said["answers"][0]["server"].startswith("250") and said["chain"]["verified"]["sound"]
    (held,) = [answer for answer in site.answers() if answer.message_id == said["answers"][0]["message_id"]]
    assert files["answers/1.eml"].replace(b"\r\n", b"\n").endswith(bytes(held.mail).partition(b"\n\n")[2][-200:])
    assert site.run("evidence", number, "--mail", str(_written(site, files["answers/1.eml"]))).code == 0
    assert site.run("evidence", number, "--mail", str(_written(site, b"From: a@example.com\r\n\r\n"))).code == 1


def _written(site: Site, octets: bytes) -> Path:
    path = site.folder / "held.eml"
    path.write_bytes(octets)
    return path


def test_without_sealing_only_the_hash_is_left(site: Site) -> None:
    assert site.run("people", "destroy", WHO, "--yes").code == 0
    assert site.sql("SELECT sealed, until FROM proof") == [(None, None)]
    assert site.sql("SELECT count(*) FROM event WHERE what = 'proof_built'")[0][0] == 3
