"""mailbot beside a naive loop, a lean script and the floor: who answers the same mails in which time.

They take turns, round by round, each with a mailbox of its own on one Dovecot, a store of its own, one SMTP server.
What is told of a ratio is its median over the rounds. `python -m tests.bench.yardsticks MAILS ROUNDS STORE`, or
`… rtt ROUNDS` for mailbot beside the naive loop alone, both servers 20 ms away.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from tests.bench import load
from tests.bench.yard import Yard
from tests.support import postgres
from tests.support.dovecot import Dovecot
from tests.support.dovecot import start as start_dovecot
from tests.support.postgres import Postgres
from tests.support.site import BOX, COMMAND

CONTESTANTS = ("naive", "lean", "floor", "ours")
FAR = ("naive", "ours")  # who takes part where the servers are far
RTT = 20  # milliseconds there and back
FAR_MAILS = 200
Taken = dict[str, float]


@dataclass(slots=True)
class Ground:
    """The servers that all contestants use, and a folder on disk."""

    folder: Path
    dovecot: Dovecot
    postgres: Postgres
    smtp: int
    sunk: Path  # a line for each mail that the SMTP server took
    imap: int = 0
    made: int = 0
    _entered: ExitStack = field(default_factory=ExitStack)

    def yard(self, name: str, mails: int, store: str, *, known: int = 0, older: Sequence[bytes] = ()) -> Yard:
        """Return a place for one contestant, with its mails delivered and seen by Dovecot once.

        `store`: sqlite, postgresql (a new database), or a URL. `known`: how many people are, if not those who write;
        `older`: mails from before.
        """
        self.made += 1
        folder = self.folder / f"{name}-{self.made}"
        folder.mkdir()
        user = self.dovecot.user()
        url = self.postgres.database() if store == "postgresql" else store.removeprefix("sqlite")
        people = self.folder / f"people-{mails}.json"
        people.write_text(load.dumped(known or mails), encoding="utf-8")
        yard = Yard(
            imap=self.imap, smtp=self.smtp, user=user, folder=str(folder), store=url, people=str(people),
        )  # fmt: skip
        self._touch(user)
        load.lay(self.dovecot.maildir(user), older)
        if name == "ours":
            self._install(yard, known or mails)
        load.lay(self.dovecot.maildir(user), load.mails(mails))
        self._touch(user)
        return yard

    def _touch(self, user: str) -> None:
        with self.dovecot.login(user) as client:
            uids = client.search() if client.select_folder("INBOX")[b"EXISTS"] else []
            for start in range(0, len(uids), 1000):
                client.fetch(uids[start : start + 1000], ["RFC822.SIZE", "INTERNALDATE"])

    def _install(self, yard: Yard, mails: int) -> None:
        people = self.folder / f"people-{mails}.csv"
        people.write_text(load.people(mails), encoding="utf-8")
        mailbox = f"imap://{yard.user}:{self.dovecot.password}@127.0.0.1:{self.imap}/INBOX"
        more = ["--store", yard.store] if yard.store else []
        init = [
            "init", yard.folder, "--mailbox", mailbox, "--courier", f"smtp://127.0.0.1:{yard.smtp}", "--address", BOX,
            "--operator", "Example Courses", "--contact", "+7 700 000 00 00", "--authserv", load.BORDER, "--live",
        ]  # fmt: skip
        for command in ([*init, *more], ["people", "import", str(people)]):
            done = subprocess.run([COMMAND, "--config", yard.folder, *command], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        policy = Path(yard.folder) / "policy.toml"
        text = policy.read_text(encoding="utf-8")
        policy.write_text(re.sub(r"(?m)^(\w+_per_hour) = \d+", r"\1 = 1000000", text), encoding="utf-8")

    def took(self) -> list[str]:
        """Return what the SMTP server took: Message-ID and time of each mail."""
        return self.sunk.read_text(encoding="ascii").splitlines()

    def leave(self, yard: Yard) -> None:
        """Take a contestant's place away: some are large."""
        shutil.rmtree(yard.folder)
        shutil.rmtree(self.dovecot.maildir(yard.user).parent)

    def run(self, name: str, yard: Yard) -> Taken:
        """Let one contestant work; return what it took."""
        before = len(self.took())
        command = [sys.executable, "-m", f"tests.bench.{name}", json.dumps(asdict(yard))]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
        assert done.returncode == 0, done.stderr
        taken: Taken = json.loads(done.stdout)
        sunk = self.took()[before:]
        assert len({line.split()[0] for line in sunk}) == len(sunk) == taken["sent"], (name, len(sunk), taken)
        return taken


@contextmanager
def delayed(place: Ground, milliseconds: float) -> Iterator[None]:
    """Let all contestants reach IMAP and SMTP over a link with that round-trip time."""
    near = place.imap, place.smtp
    with ExitStack() as stack:
        ports = [stack.enter_context(process("delay", str(port), str(milliseconds))) for port in near]
        place.imap, place.smtp = ports
        stack.callback(setattr, place, "imap", near[0])
        stack.callback(setattr, place, "smtp", near[1])
        yield


@contextmanager
def process(module: str, *arguments: str) -> Iterator[int]:
    """Run a server of this folder; yields its port."""
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    try:
        assert running.stdout is not None
        yield int(running.stdout.readline())
    finally:
        running.terminate()
        running.wait()


@contextmanager
def ground() -> Iterator[Ground]:
    """Yield the servers, and end them."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        dovecot, database = start_dovecot(), postgres.start(durable=True)
        stack.callback(dovecot.stop)
        stack.callback(database.stop)
        sunk = folder / "sunk"
        sunk.touch()
        port = stack.enter_context(process("sink", str(sunk)))
        yield Ground(folder, dovecot, database, port, sunk, imap=dovecot.port)


def contest(
    place: Ground, mails: int, rounds: int, store: str, names: Sequence[str] = CONTESTANTS
) -> dict[str, list[Taken]]:
    """Let all take turns; return what each round took."""
    taken: dict[str, list[Taken]] = {name: [] for name in names}
    for number in range(rounds):
        for turn in range(len(names)):
            name = names[(number + turn) % len(names)]
            taken[name].append(place.run(name, place.yard(name, mails, store)))
    return taken


def far(place: Ground, rounds: int, store: str = "sqlite") -> dict[str, list[Taken]]:
    """Do the same over a link of 20 ms, mailbot beside the naive loop."""
    with delayed(place, RTT):
        return contest(place, FAR_MAILS, rounds, store, FAR)


def ratios(taken: dict[str, list[Taken]], suffix: str = "") -> dict[str, float]:
    """Return how many times as fast as each yardstick mailbot was."""
    found = {}
    for name in taken.keys() - {"ours"}:
        pairs = zip(taken[name], taken["ours"], strict=True)
        found[f"vs_{name}{suffix}"] = median(other["wall"] / ours["wall"] for other, ours in pairs)
    return found


def told(taken: dict[str, list[Taken]], suffix: str = "") -> None:
    """Print what each round took, and the ratios."""
    for name, rounds in taken.items():
        print(name, [{key: round(value, 3) for key, value in each.items()} for each in rounds])
    print(ratios(taken, suffix))


if __name__ == "__main__":
    with ground() as place:
        if sys.argv[1] == "rtt":
            told(far(place, int(sys.argv[2])), f"_rtt{RTT}")
        else:
            told(contest(place, int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
            told(far(place, int(sys.argv[2])), f"_rtt{RTT}")
