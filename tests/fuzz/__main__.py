"""Fuzz every target for its share of FUZZ_SECONDS (600), two at once: `make fuzz`, or `python -m tests.fuzz TARGET …`.

atheris (libFuzzer for Python) changes the seeds and keeps what reaches a branch that nothing reached before: in
FUZZ_FOLDER (`.fuzz`), so that each run goes on from the last one. FUZZ_SEED begins the chances anew from a number, and
FUZZ_RUNS ends them. What breaks a promise lies in tests/fuzz/crashers/TARGET; test_fuzz.py asks it again for ever. Give
it a name that says what it shows, and commit it with the repair.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mailbot.reading", "authres"]):
    from tests.fuzz import targets

SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
FOLDER = Path(os.environ.get("FUZZ_FOLDER", ".fuzz"))
SEED = int(os.environ.get("FUZZ_SEED") or time.time_ns() % 1_000_000 + 1)
RUNS = int(os.environ.get("FUZZ_RUNS", "-1"))  # at most, of each target: with a seed the same ones on any machine
CRASHERS = Path(__file__).parent / "crashers"
AT_ONCE = 2


def main() -> None:
    names = sys.argv[1:] or list(targets.TARGETS)
    share = max(int(SECONDS * min(AT_ONCE, len(names)) / len(names)), 1)
    print(f"seed {SEED}, {share} seconds a target", flush=True)
    waiting, running, failed = list(names), dict[int, str](), 0
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            name = waiting.pop(0)
            running[_begin(name, share)] = name
        child, status = os.wait()
        failed += _told(running.pop(child), status)
    sys.exit(1 if failed else 0)


def _begin(name: str, seconds: int) -> int:
    """Fuzz one target in a fork: libFuzzer ends its process."""
    corpus = FOLDER / name
    corpus.mkdir(parents=True, exist_ok=True)
    (CRASHERS / name).mkdir(parents=True, exist_ok=True)
    words = FOLDER / f"{name}.dict"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in targets.words(name)))
    for octets in targets.seeds(name):
        (corpus / hashlib.sha256(octets).hexdigest()[:16]).write_bytes(octets)
    child = os.fork()
    if child:
        return child
    log = os.open(FOLDER / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    options = [
        f"-max_total_time={seconds}", f"-runs={RUNS}", f"-seed={SEED}", f"-dict={words}",
        f"-timeout={targets.SECONDS.seconds}",
        f"-max_len={targets.LONGEST[name]}", f"-artifact_prefix={CRASHERS / name}/", "-print_final_stats=1",
        "-len_control=0", "-rss_limit_mb=0", "-reload=0", str(corpus),
    ]  # fmt: skip
    atheris.Setup([name, *options], targets.TARGETS[name])
    atheris.Fuzz()
    os._exit(0)


def _escaped(word: str) -> str:
    plain = set(range(0x20, 0x7F)) - set(b'"\\')
    return "".join(chr(octet) if octet in plain else f"\\x{octet:02x}" for octet in word.encode())


def _told(name: str, status: int) -> bool:
    """Print what a target's log says; return whether it failed."""
    log = (FOLDER / f"{name}.log").read_text("utf-8", "replace")
    runs = re.search(r"number_of_executed_units: (\d+)", log)
    covered = re.findall(r"cov: (\d+)", log)
    grown = f"{covered[0]} → {covered[-1]} branches" if covered else "no branch"
    print(f"{name}: {runs[1] if runs else '?'} runs, {grown}", flush=True)
    if status:
        written = re.findall(r"Test unit written to (\S+)", log)
        print(f"{name}: FAILED, see {', '.join(written) or FOLDER / f'{name}.log'}")
        print("\n".join(line for line in log.splitlines() if "Error" in line or "ERROR" in line), flush=True)
    return bool(status)


main()
