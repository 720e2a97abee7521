"""The commands backup and restore. No rule stands here."""

from __future__ import annotations

import argparse
import getpass
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailbot import sealing
from mailbot.app import open_store, opened, utc_now
from mailbot.cli.output import confirmed, tell
from mailbot.config import POLICY_FILE, SETTINGS_FILE, load_policy, load_settings
from mailbot.errors import InputError, UsageError
from mailbot.operating import backups
from mailbot.operating import restore as restoring
from mailbot.store.gone import FILE
from mailbot.store.replay import Done


def backup(arguments: argparse.Namespace) -> int:
    """Write a backup, or make the pair of keys for it."""
    if arguments.new_key == (arguments.file is not None):
        raise UsageError("backup: name a file or a folder, or --new-key")
    if arguments.new_key:
        return _new_key()
    with opened(arguments.config) as app:
        file, gone = backups.backup(app.installation, arguments.file)
    print(f"{file}: written, with {FILE} beside it; mailbot keeps that copy up to date where it can reach it")
    if gone:
        print(f"{gone} older than retention.backup_days taken away")
    return 0


def _new_key() -> int:
    public, secret = sealing.new_pair()
    print(f'# Put this line under [operator] in mailbot.toml:\nage_key = "{public}"\n')
    print("# Keep this line on paper or in your password manager, never on this machine. It is shown this once;")
    print(f"# without it no backup can be opened, by nobody.\n{secret}")
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Put a backup in the place of the installation, once it is read to its end and gone.log is there."""
    folder: Path = arguments.config
    if not arguments.file.is_file():
        raise InputError(f"{arguments.file}: there is no such file")
    secret = _secret(arguments.identity)
    held = restoring.look(arguments.file, secret)
    told = restoring.ledger(folder, held, utc_now())
    _say(held, told, without=arguments.without_ledger)
    if not confirmed("It takes the place of everything in the store.", arguments.yes):
        tell("nothing was changed")
        return 1
    restoring.begin(folder, held)
    with _configured(folder, held) as configured:
        settings, policy = load_settings(configured), load_policy(configured)
        store = open_store(folder, settings)
        try:
            done = restoring.restore(store, policy, held, secret, told)
        finally:
            store.engine.dispose()
    stay = restoring.finish(folder, held, settings.templates.folder)
    _report(folder, held, done, stay)
    return 0


def _secret(identity: Path | None) -> str:
    """Return the secret key: of that file (other lines are remarks), or typed on a terminal."""
    if identity is None:
        if not sys.stdin.isatty():
            raise UsageError("restore: name the file of the secret key with --identity FILE")
        return getpass.getpass("secret key (AGE-SECRET-KEY-1…, not shown): ").strip()
    try:
        lines = identity.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{identity}: can't be read as a secret key") from exc
    found = next((line.strip() for line in lines if line.strip().upper().startswith("AGE-SECRET-KEY-1")), "")
    if not found:
        raise InputError(f"{identity}: no line of it is a secret key (AGE-SECRET-KEY-1…)")
    return found


def _say(held: restoring.Held, told: restoring.Told, *, without: bool) -> None:
    """Say what will come back, before anything is changed. Raises InputError where gone.log lacks."""
    print(f"{held.file}: whole; {held.people} people, as of {held.at:%Y-%m-%d %H:%M} UTC")
    if not told.lacks:
        last = f"it reaches to {told.lines[-1].at:%Y-%m-%d %H:%M} UTC" if told.lines else "nothing stands in it yet"
        print(f"{FILE}: {len(told.lines)} lines, {last}{'; who left after that may come back' * told.copied}")
        return
    sentence = f"whoever was destroyed, stopped or unsubscribed since {told.since:%Y-%m-%d %H:%M} UTC comes back"
    if not without:
        raise InputError(f"{told.lacks}. Without it {sentence}: bring it here, or go on with --without-ledger")
    print(f"{told.lacks}. {sentence[0].upper()}{sentence[1:]}: any of the {held.people} people may be one of them.")


@contextmanager
def _configured(folder: Path, held: restoring.Held) -> Iterator[Path]:
    """Yield a folder with the settings: this one where it has them, else one with those of the backup."""
    if (folder / SETTINGS_FILE).is_file() and (folder / POLICY_FILE).is_file():
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as name:
        for file in (SETTINGS_FILE, POLICY_FILE):
            own = folder / file
            (Path(name) / file).write_bytes(own.read_bytes() if own.is_file() else held.files[file])
        yield Path(name)


def _report(folder: Path, held: restoring.Held, done: Done, stay: list[str]) -> None:
    print(
        f"{folder}: restored. Done again from {FILE}: {done.destroyed} destroyed, {done.stopped} stopped, "
        f"{done.put_back} stops taken back, {done.suppressed} suppressed addresses, {done.lifted} that came back"
    )
    if done.held:
        print(f"{done.held} withdrawals wait for you (`requests list`, reason restored): none destroys by itself")
    if done.unfinished:
        print(
            f"{FILE} tells of a destruction that the backup does not have, nothing was destroyed: look at the people "
            f"{', '.join(done.unfinished)} (`people show`, `people destroy`)"
        )
    if done.unnamed:
        print(
            f"whose new news consent {FILE} tells of is not certain, so it is given to none of "
            f"{', '.join(dict.fromkeys(done.unnamed))}: ask them"
        )
    if done.owed:
        print(f"{len(done.owed)} answers were owed at the backup and are not sent: {', '.join(sorted(set(done.owed)))}")
    for name in stay:
        print(f"{name} is there already and stays as it is")
    print("The next pass reads mailbot/Done since the backup and decides those mails again; none is answered twice.")
    print(
        f"The journal ends where the backup did: a head printed after {held.at:%Y-%m-%d %H:%M} UTC shows that gap in "
        "`audit verify --head`."
    )
    print(f"Passwords are in no backup: put them into {folder / 'secrets'} again.")
    print(f"next: mailbot --config {folder} check")
