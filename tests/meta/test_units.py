"""The units of systemd and the crontab: what they run is a command of ours, and they reach little of the machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mailbot.cli.arguments import parse
from tests.support.sandbox import settings
from tests.support.servers import missing

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "config" / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
PROGRAM = "/usr/local/bin/mailbot"
MOST = 20  # tenths of systemd's measure of exposure, which goes to 10.0
SECRETS = {"mailbox_password", "courier_password", "store_password", "store_key", "oauth_client_secret"}


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze of systemd 250 or later."""
    program = shutil.which("systemd-analyze")
    if program is None:
        missing("systemd-analyze is not installed (systemd)")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    if int(version) < 250:
        missing(f"systemd-analyze is of systemd {version}, which can't look at a file alone")
    command = [program, "--no-pager", *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_exposed_to_little(name: str) -> None:
    ended = analyze("security", "--offline=true", f"--threshold={MOST}", UNITS / name)
    found = re.search(r"exposure level for \S+: (\d+\.\d)", ended.stdout)
    assert ended.returncode == 0 and found is not None and float(found[1]) * 10 <= MOST, ended.stdout[-300:]


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    program = tmp_path / "mailbot"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    for path in UNITS.iterdir():
        text = path.read_text(encoding="utf-8").replace(PROGRAM, str(program))
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    ended = analyze("verify", *sorted(tmp_path.glob("mailbot*.*")))
    assert (ended.returncode, ended.stderr) == (0, "")
    broken = tmp_path / "mailbot.service"
    broken.write_text(broken.read_text(encoding="utf-8").replace("ProtectSystem=", "ProtectSistem="), encoding="utf-8")
    assert "ProtectSistem" in analyze("verify", broken).stderr


def test_they_run_commands_of_ours() -> None:
    lines = [settings(UNITS / name)["ExecStart"][0] for name in SERVICES]
    table = (ROOT / "config" / "crontab").read_text(encoding="utf-8").splitlines()
    lines += [line.split(None, 5)[5].partition(" >")[0] for line in table if line.startswith("*")]
    assert len(lines) == 3
    for line in lines:
        program, *words = line.split()
        assert program == PROGRAM
        assert parse(words).config == Path("/var/lib/mailbot")
    assert PROGRAM in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SERVICES)
def test_its_folder_and_its_examples_of_credentials_are_those_that_are_read(name: str) -> None:
    said = settings(UNITS / name)
    assert (said["StateDirectory"], said["StateDirectoryMode"], said["UMask"]) == (["mailbot"], ["0700"], ["0077"])
    shown = re.findall(r"(?m)^# LoadCredential=(\w+):", (UNITS / name).read_text(encoding="utf-8"))
    assert shown and set(shown) <= SECRETS
    named = re.search(r"# Secrets from here.*: (.*)\.$", (UNITS / name).read_text(encoding="utf-8"), re.M)
    assert named is not None and set(named[1].split(", ")) == SECRETS | {"hook_NAME"}


def test_the_service_and_the_pass_are_equally_confined() -> None:
    both = [settings(UNITS / name) for name in SERVICES]
    own = {"Description", "Type", "NotifyAccess", "ExecStart", "SuccessExitStatus", "Restart", "RestartSec", "WantedBy",
           "RestartPreventExitStatus", "WatchdogSec", "TimeoutStopSec", "StartLimitIntervalSec",
           "ExecReload"}  # fmt: skip
    first, second = ({key: value for key, value in each.items() if key not in own} for each in both)
    assert first == second
