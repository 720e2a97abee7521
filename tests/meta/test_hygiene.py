"""What is committed names no registry, no path of the machine it was written on, and no address of a real person."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INVENTED = re.compile(  # names that nobody can own (RFC 2606), and the invented ones of our own texts
    r"(.+\.)?(example|test|invalid|localhost|local|lan)|(.+\.)?(example|site)\.[a-z.]+|[a-z]\.[a-z]+"
)
REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted|files\.python|simple/?[\"'\s]|index-url|find-links|--hash", re.IGNORECASE
)
MACHINE = re.compile(r"(?<![\w./])/(work|root|home/\w+|Users/\w+)(/|\b)")
ADDRESS = re.compile(r"[\w.+%-]+@([a-z0-9][a-z0-9.-]*\.[a-z]{2,})", re.IGNORECASE)
FOUND = "tests/fuzz/crashers/"  # octets that a program put together: a letter more makes another host of an address
SELF = Path(__file__).relative_to(ROOT).as_posix()


def committed() -> list[Path]:
    """Return what git keeps or would keep; without git, every file that is no build product."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        hidden = re.compile(r"(^|/)(\.venv|\.git|\.\w+_cache|\.hypothesis|\.fuzz|mutants|__pycache__|dist|build)(/|$)")
        names = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*")]
        names = [name for name in names if not hidden.search(name)]
    kept = [name for name in names if name != SELF and not name.startswith(FOUND)]
    return [ROOT / name for name in kept if (ROOT / name).is_file()]


def hits(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """Return `path:line: match` for each match of a pattern."""
    found = []
    for path in files:
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1):
            found += [f"{path.relative_to(ROOT)}:{number}: {match[0]}" for match in pattern.finditer(line)]
    return found


FILES = committed()


def test_no_registry() -> None:
    assert hits(REGISTRIES, [path for path in FILES if path.suffix != ".py" or path.parts[-2] != "reading"]) == []


def test_no_path_of_this_machine() -> None:
    assert hits(MACHINE, FILES) == []


def test_no_path_out_of_the_project() -> None:
    assert hits(re.compile(r"(?<![\w./])\.\./\w+"), FILES) == []


def test_no_lock_file() -> None:
    assert [path.name for path in FILES if path.name in ("uv.lock", "poetry.lock", "Pipfile.lock")] == []


def test_constraints_are_names_and_versions() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.]*", line), line


def test_the_right_schwa() -> None:
    """Kazakh has U+04D9; its Latin twin U+0259 comes out of PDFs and makes a mark that nobody types."""
    texts = [path for path in FILES if path.relative_to(ROOT).parts[0] in ("templates", "config")]
    assert texts
    assert hits(re.compile("\N{LATIN SMALL LETTER SCHWA}"), [*texts, ROOT / "README.md"]) == []


@pytest.mark.parametrize("part", ["mailbot", "templates", "config", "tests", "README.md"])
def test_no_address_of_anybody(part: str) -> None:
    files = [path for path in FILES if path.relative_to(ROOT).parts[0] == part]
    found = []
    for path in files:
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1):
            hosts = [match[1].lower() for match in ADDRESS.finditer(line)]
            found += [f"{path.relative_to(ROOT)}:{number}: {host}" for host in hosts if not INVENTED.fullmatch(host)]
    assert found == []
