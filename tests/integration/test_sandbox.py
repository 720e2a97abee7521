"""mailbot works under what its units forbid, and its secrets stand on no command line, in no log, in no error."""

from __future__ import annotations

import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.store.keys import Keys
from tests.support import sandbox
from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.servers import missing
from tests.support.site import BODIES, COMMAND, TAGS, Site, letter, row, stop, until
from tests.support.smtp import SmtpServer

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "config" / "systemd"
AIGUL, PHONE = "aigul@example.kz", "+77015551234"
WRONG = "wrong-N3verToBeSeen"


@pytest.fixture
def site(dovecot: Dovecot, smtp: SmtpServer, tmp_path: Path, commands: Commands) -> Site:
    """An installation with one person, whose mailbox password lies in a file."""
    made = Site(tmp_path / "site", dovecot, smtp, commands=commands)
    made.init()
    settings = made.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8").replace(f":{dovecot.password}@", "@")
    settings.write_text(text, encoding="utf-8")
    secret(made, dovecot.password)
    made.people(row("Ахметова", "Айгүл", AIGUL, PHONE))
    return made


def secret(site: Site, password: str) -> Path:
    path = site.folder / "secrets" / "mailbox_password"
    path.touch(mode=0o600)
    path.write_text(password, encoding="utf-8")
    return path


@pytest.fixture
def told(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket at which systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(60)
        yield channel


def confined(unit: str, *words: str) -> list[str]:
    """Return a command as that unit would run it."""
    if platform.system() != "Linux" or shutil.which("systemd-analyze") is None:
        missing("systemd-analyze is not installed (systemd)")
    return [sys.executable, "-m", "tests.support.sandbox", str(UNITS / unit), str(COMMAND), *words]


def said(pid: int) -> str:
    """Return the command lines of a process and of what it started."""
    children = [*Path(f"/proc/{pid}/task").glob("*/children")]
    pids = [str(pid), *(child for path in children for child in path.read_text().split())]
    return "\n".join(Path(f"/proc/{each}/cmdline").read_bytes().replace(b"\0", b" ").decode() for each in pids)


def test_the_service_works_under_its_unit(site: Site, told: socket.socket, tmp_path: Path) -> None:
    command = confined("mailbot.service", "--config", str(site.folder), "run")
    key = (site.folder / "secrets" / "store_key").read_text(encoding="utf-8").strip()
    answers = len(site.answers())
    site.deliver(letter(AIGUL, TAGS["ru", "update"], BODIES["ru"].format(phone=PHONE[:-1] + "9"), name="hers"))
    notify = str(tmp_path / "notify")
    environment = site.environment(
        NOTIFY_SOCKET=notify, STATE_DIRECTORY=str(site.folder), PYTHONDONTWRITEBYTECODE="1", MAILBOT_TRUST__DNS="false"
    )
    log = tmp_path / "log"
    with log.open("wb") as out:
        service = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    try:
        assert told.recv(100) == b"READY=1"
        until(lambda: len(site.answers()) > answers, "the answer")
        line = said(service.pid)
        code = stop(service)
    finally:
        if service.poll() is None:
            service.kill()
            service.wait()
    text = log.read_text(encoding="utf-8")
    assert code == 0, text
    assert "hers" in site.done() and site.show(AIGUL)["phones"] == [PHONE[:-1] + "9"]
    assert " run" in line and str(site.folder) in line
    for hidden in (key, site.dovecot.password, AIGUL, PHONE[1:]):
        assert hidden not in line
    for hidden in (key, AIGUL, PHONE[1:]):
        assert hidden not in text


def test_a_pass_works_under_its_unit_and_what_it_forbids_would_end_it(site: Site) -> None:
    site.deliver(letter(AIGUL, TAGS["kk", "update"], BODIES["kk"].format(phone=PHONE[:-1] + "8"), name="again"))
    command = confined("mailbot-poll.service", "--config", str(site.folder), "poll", "--json")
    environment = site.environment(
        STATE_DIRECTORY=str(site.folder), PYTHONDONTWRITEBYTECODE="1", MAILBOT_TRUST__DNS="false"
    )
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0 and '"applied": 1' in ended.stdout, ended
    forbidden = "import os; os.sched_setaffinity(0, os.sched_getaffinity(0))"
    outside = [*command[:4], sys.executable, "-c", forbidden]
    killed = subprocess.run(outside, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert killed.returncode == -31, "SIGSYS"
    assert {"openat", "fsync", "execve"} <= sandbox.allowed(UNITS / "mailbot.service")


@pytest.mark.parametrize("way", ["secrets", "file", "environment", "credential"])
def test_a_secret_is_in_no_error(site: Site, tmp_path: Path, way: str) -> None:
    own, env = site.folder / "secrets" / "mailbox_password", {}
    own.unlink()
    if way == "secrets":
        secret(site, WRONG)
    elif way == "file":
        (tmp_path / "elsewhere").write_text(WRONG, encoding="utf-8")
        env["MAILBOT_MAILBOX__PASSWORD_FILE"] = str(tmp_path / "elsewhere")
    elif way == "environment":
        env["MAILBOT_MAILBOX__PASSWORD"] = WRONG
    else:
        (tmp_path / "mailbox_password").write_text(WRONG, encoding="utf-8")
        env["CREDENTIALS_DIRECTORY"] = str(tmp_path)
    for command, code in (("poll", 69), ("check", 1))[: 2 if way == "secrets" else 1]:
        ran = site.run(command, **env)
        assert ran.code == code and "refused" in ran.out + ran.err, "the password of that place was tried"
        assert WRONG not in ran.out + ran.err


def test_a_password_of_the_store_and_its_keys_are_in_no_error(site: Site) -> None:
    nobody = {"MAILBOT_STORE__URL": "postgresql://mailbot@127.0.0.1:9/nothing", "MAILBOT_STORE__PASSWORD": WRONG}
    ran = site.run("poll", **nobody)
    assert ran.code == 75 and WRONG not in ran.out + ran.err, ran
    ran = site.run("poll", MAILBOT_STORE__KEY=f"{WRONG * 2}\n{WRONG}\nshort")
    assert ran.code == 78 and "16 letters" in ran.err and WRONG not in ran.err
    ran = site.run("key", "rotate", "--yes", MAILBOT_STORE__KEY=WRONG)
    assert ran.code == 78 and WRONG not in ran.out + ran.err
    assert WRONG not in repr(Keys(WRONG.encode(), (WRONG.encode(),)))
    assert (site.folder / "secrets").stat().st_mode & 0o077 == 0
