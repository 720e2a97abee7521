"""The wheel is whole: installed alone into an empty environment, in an empty folder, it runs the demo."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from mailbot.config import packaged
from mailbot.errors import ConfigError
from tests.support.servers import missing

ROOT = Path(__file__).parents[2]
SHOW = "from mailbot.config import packaged; print(packaged('templates')); print(packaged('config'))"
OFFLINE = ("NewConnectionError", "No matching distribution", "Temporary failure", "Read timed out")


def run(*command: str | Path, cwd: Path, seconds: int = 120) -> subprocess.CompletedProcess[str]:
    """Run a command that sees nothing of this checkout."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MAILBOT_CONFIG")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=seconds, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    out = tmp_path_factory.mktemp("dist")
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    (found,) = out.glob("mailbot-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that holds the wheel and what it needs, nothing else."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=True)
    pip: list[str | Path] = [home / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    ended = run(*pip, "-c", ROOT / "constraints.txt", wheel, cwd=home, seconds=300)
    if any(sign in ended.stderr for sign in OFFLINE):
        missing("the wheel's dependencies can't be fetched here")
    assert ended.returncode == 0, ended.stderr[-2000:]
    return home / "bin"


@pytest.mark.slow
def test_everything_is_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    checkout = [
        path.relative_to(ROOT)
        for folder in ("mailbot", "templates", "config")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    wanted = {f"mailbot/_packaged/{path}" if path.parts[0] != "mailbot" else str(path) for path in checkout}
    assert {"mailbot/store/migrations/env.py", "mailbot/_packaged/config/policy.toml"} <= wanted
    assert sorted(wanted - names) == []
    assert [name for name in names if name.startswith("tests/")] == []


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    ended = run(installed / "mailbot", "demo", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert ended.stderr == ""
    for words in ("Дербес деректерді өзектендіру", "Отзыв согласия", "Updating personal data", "Look for yourself"):
        assert words in ended.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_demo_leaves_an_ordinary_installation(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "mailbot", "demo", "here", cwd=tmp_path).returncode == 0
    listed = run(installed / "mailbot", "--config", "here", "requests", "list", "--json", cwd=tmp_path)
    assert listed.returncode == 0
    assert listed.stdout.count("\n") >= 3


@pytest.mark.slow
def test_the_wheel_finds_its_own_folders(installed: Path, tmp_path: Path) -> None:
    ended = run(installed / "python", "-c", SHOW, cwd=tmp_path)
    places = [Path(line) for line in ended.stdout.split()]
    assert [place.name for place in places] == ["templates", "config"]
    assert all(place.parent.name == "_packaged" and installed.parent in place.parents for place in places)


def test_the_checkout_finds_its_own_folders() -> None:
    assert packaged("templates") == ROOT / "templates"
    assert packaged("config") == ROOT / "config"
    with pytest.raises(ConfigError, match="install mailbot again"):
        packaged("nothing")
