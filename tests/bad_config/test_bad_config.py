"""Each bad config fails through the command line with its own sentence, which names file, key and rule: exit code 78.

Each case spoils one thing of an installation that `init` wrote, and both `check` and `poll` must refuse it alike.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from mailbot.cli import main
from mailbot.config import load_policy, load_settings

SETTINGS, POLICY = "mailbot.toml", "policy.toml"
Edit = Callable[[Path], None]
SPOILT_KEY = b"\xff\xfe" * 20


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sound installation on two Maildirs, and of these."""
    place = tmp_path_factory.mktemp("model")
    for box in ("box", "sent"):
        for part in ("cur", "new", "tmp"):
            (place / box / part).mkdir(parents=True)
    folder = place / "mailbot"
    doors = ["--mailbox", f"maildir://{place}/box", "--courier", f"maildir://{place}/sent"]
    with redirect_stdout(StringIO()):
        assert main(["init", str(folder), *doors, "--address", "info@example.kz", "--shadow"]) == 0
        assert main(["--config", str(folder), "poll"]) == 0
    return place


@pytest.fixture
def installation(model: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(model, tmp_path, dirs_exist_ok=True)
    settings = tmp_path / "mailbot" / SETTINGS
    settings.write_text(settings.read_text(encoding="utf-8").replace(str(model), str(tmp_path)), encoding="utf-8")
    return tmp_path / "mailbot"


def change(file: str, old: str, new: str) -> Edit:
    """Replace the first line of `file` that starts with `old`."""

    def edit(folder: Path) -> None:
        lines = (folder / file).read_text(encoding="utf-8").split("\n")
        at = next(i for i, line in enumerate(lines) if line.startswith(old))
        lines[at] = new
        (folder / file).write_text("\n".join(lines), encoding="utf-8")

    return edit


def write(file: str, content: str | bytes) -> Edit:
    """Make `content` the whole file."""
    octets = content if isinstance(content, bytes) else content.encode()
    return lambda folder: void((folder / file).write_bytes(octets))


def append(file: str, text: str) -> Edit:
    """Add text at the end of a file."""
    return lambda folder: void((folder / file).write_text((folder / file).read_text(encoding="utf-8") + f"\n{text}\n"))


def remove(file: str) -> Edit:
    return lambda folder: (folder / file).unlink()


def void(_result: object) -> None:
    """Make an expression a statement."""


def both(*edits: Edit) -> Edit:
    def edit(folder: Path) -> None:
        for each in edits:
            each(folder)

    return edit


def mailbox(line: str) -> Edit:
    """Add one line to [mailbox]."""
    return change(SETTINGS, "[mailbox]", f"[mailbox]\n{line}")


def health(line: str) -> Edit:
    """Add [health] with one line."""
    return append(SETTINGS, f"[health]\n{line}")


def mailbox_url(url: str) -> Edit:
    return change(SETTINGS, "url = ", f'url = "{url}"')


def courier_url(url: str) -> Edit:
    return nth_url(url, 1)


def store_url(url: str) -> Edit:
    return nth_url(url, 2)


def nth_url(url: str, nth: int) -> Edit:
    """Replace the URL of the nth section that has one."""

    def edit(folder: Path) -> None:
        lines = (folder / SETTINGS).read_text(encoding="utf-8").split("\n")
        at = [i for i, line in enumerate(lines) if line.startswith("url = ")][nth]
        lines[at] = f'url = "{url}"'
        (folder / SETTINGS).write_text("\n".join(lines), encoding="utf-8")

    return edit


IMAPS = "imaps://info@127.0.0.1:9/INBOX"  # nobody listens there
YES_IS_NO = change(POLICY, "no = [", 'no = ["да", "жоқ"]')
BAD: dict[str, tuple[Edit, str]] = {
    "no folder": (lambda folder: shutil.rmtree(folder), "mailbot.toml: there is no such file; `mailbot init` writes"),
    "no settings": (remove(SETTINGS), "mailbot.toml: there is no such file"),
    "no policy": (remove(POLICY), "policy.toml: there is no such file"),
    "empty settings": (write(SETTINGS, ""), "mailbot.toml: mailbox: this setting must be given"),
    "settings are no TOML": (write(SETTINGS, "[mailbox\n"), "mailbot.toml: not TOML"),
    "policy is no TOML": (write(POLICY, "version = = 1"), "policy.toml: not TOML"),
    "a key twice": (mailbox('url = "x"'), "mailbot.toml: not TOML: Cannot overwrite"),
    "settings in windows-1251": (
        write(SETTINGS, '[operator]\nname = "Роза"'.encode("windows-1251")), "mailbot.toml: can't be read as UTF-8",
    ),
    "policy in windows-1251": (write(POLICY, 'version = "май"'.encode("windows-1251")), "policy.toml: can't be read"),
    "unknown section": (append(SETTINGS, "[mailbx]"), "mailbot.toml: mailbx: there is no such setting"),
    "unknown section of the policy": (append(POLICY, "[limit]"), "policy.toml: limit: there is no such setting"),
    "unknown key": (mailbox('ulr = "x"'), "mailbot.toml: mailbox.ulr: there is no such setting"),
    "unknown key of the policy": (
        change(POLICY, "[limits]", "[limits]\nage_day = 1"), "policy.toml: limits.age_day: there is no such setting",
    ),
    "unknown language": (change(POLICY, "[tags.kk]", "[tags.uz]"), "policy.toml: tags.uz: there is no such setting"),
    "a section is a number": (write(SETTINGS, "mailbox = 3"), "mailbot.toml: mailbox: "),
    "text for a number": (mailbox('timeout_seconds = "soon"'), "mailbox.timeout_seconds: Input should be a valid int"),
    "a number too small": (mailbox("timeout_seconds = 0"), "mailbox.timeout_seconds: Input should be greater"),
    "text for a list": (change(SETTINGS, "addresses = ", 'addresses = "info@example.kz"'), "mailbox.addresses: "),
    "no address": (change(SETTINGS, "addresses = ", "addresses = []"), "mailbox.addresses: "),
    "a number for a text": (change(POLICY, "version = ", "version = 1"), "policy.toml: version: "),
    "wrong language": (change(SETTINGS, "language = ", 'language = "de"'), "operator.language: Input should be 'kk'"),
    "wrong word": (change(POLICY, "obligations = ", 'obligations = "maybe"'), "withdrawal.obligations: Input should"),
    "wrong hour": (change(POLICY, "destroy_at = ", 'destroy_at = "five"'), "policy.toml: withdrawal.destroy_at: "),
    "wrong day": (change(POLICY, "add = ", 'add = ["tomorrow"]'), "policy.toml: holidays.add.0: "),
    "an empty mark": (change(POLICY, "update = [", 'update = [" "]'), "policy.toml: tags.kk.update.0: "),
    "one wording under two kinds": (
        change(POLICY, 'unsubscribe = ["Unsubscribe me"]', 'unsubscribe = ["Updating personal data"]'),
        "policy.toml: tags: «Updating personal data» stands under update and unsubscribe",
    ),
    "a former version without its day": (
        append(POLICY, '[[former]]\nversion = "0"\n[former.tags]'),
        "policy.toml: former.0.since: this setting must be given",
    ),
    "a former version's day is none": (
        append(POLICY, '[[former]]\nversion = "0"\nsince = "spring"\n[former.tags]'), "policy.toml: former.0.since: ",
    ),
    "a former version that ended before it began": (
        append(POLICY, '[[former]]\nversion = "0"\nsince = 2024-01-15\nuntil = 2023-01-15\n[former.tags]'),
        "policy.toml: former.0: Value error, until is before since",
    ),
    "a former version named as the present one": (
        append(POLICY, '[[former]]\nversion = "1"\nsince = 2024-01-15\n[former.tags]'),
        "policy.toml: former: Value error, two versions of the policy have the same name",
    ),
    "a former mark that asks for something else today": (
        append(
            POLICY,
            '[[former]]\nversion = "0"\nsince = 2024-01-15\n[former.tags.en]\nwithdrawal = ["Updating personal data"]',
        ),
        "policy.toml: tags: «Updating personal data» stands under update and withdrawal",
    ),
    "a former version without marks": (
        append(POLICY, '[[former]]\nversion = "0"\nsince = 2024-01-15'), "policy.toml: former.0.tags: this setting",
    ),
    "oauth without a client": (
        append(SETTINGS, '[oauth]\nprovider = "google"'), "mailbot.toml: oauth: Value error, client_id is missing",
    ),
    "oauth of an unknown provider": (append(SETTINGS, '[oauth]\nprovider = "x"'), "oauth.provider: Input should be ''"),
    "oauth of a server without an address": (
        append(SETTINGS, '[oauth]\nprovider = "custom"\nclient_id = "x"\ntoken_url = "https://example.kz/token"'),
        "mailbot.toml: oauth: Value error, custom needs token_url, and authorize_url or device_url",
    ),
    "oauth without TLS": (
        append(SETTINGS, '[oauth]\ntoken_url = "http://example.kz/token"'), "oauth.token_url: Value error, http://",
    ),
    "a tenant that is a path": (append(SETTINGS, '[oauth]\ntenant = "a/b"'), "mailbot.toml: oauth.tenant: "),
    "mailbox url missing": (change(SETTINGS, "url = ", ""), "mailbot.toml: mailbox.url: this setting must be given"),
    "mailbox is no URL": (mailbox_url("gmail.com"), "mailbox.url: this is no URL"),
    "mailbox by POP3": (mailbox_url("pop3://info@example.kz"), "mailbox.url: pop3:// is no mailbox"),
    "mailbox without a user": (mailbox_url("imaps://imap.example.kz/INBOX"), "mailbox.url: the user is missing"),
    "mailbox without TLS": (mailbox_url("imap://info@imap.example.kz/INBOX"), "mailbox.url: imap:// sends the passw"),
    "a password in the URL": (
        mailbox_url("imaps://info:geheim@imap.example.kz/INBOX"), "mailbox.url: a password may stand in a URL to 127",
    ),
    "a port of letters": (mailbox_url("imaps://info@imap.example.kz:imap/INBOX"), "mailbox.url: the port is a number"),
    "a Maildir without a full path": (mailbox_url("maildir://box"), "mailbox.url: maildir:// wants a full path"),
    "courier by HTTP": (courier_url("http://example.kz"), "courier.url: http:// sends no mail"),
    "courier with a folder": (courier_url("smtps://info@smtp.example.kz/x"), "courier.url: nothing may follow"),
    "a store of another make": (store_url("mysql://root@example.kz/x"), "store.url: expected sqlite:///PATH or"),
    "a store that is no URL": (store_url("here"), "store.url: expected sqlite:///PATH or"),
    "a store without tables": (remove("mailbot.sqlite"), "its tables are missing"),
    "no store key": (remove("secrets/store_key"), "secrets/store_key: the key of this installation is missing"),
    "a store key too short": (write("secrets/store_key", "x"), "store_key: the key of this installation is missing"),
    "no password file": (
        both(mailbox_url(IMAPS), mailbox('password_file = "secrets/none"')),
        "mailbot.toml: mailbox.password_file: can't be read (No such file",
    ),
    "the password file is a folder": (
        both(mailbox_url(IMAPS), mailbox('password_file = "secrets"')), "mailbox.password_file: can't be read (Is a d",
    ),
    "trust that is no name": (change(SETTINGS, "authserv = ", 'authserv = ["a.kz:beside"]'), "trust.authserv: 'a.kz:b"),
    "trust in everybody": (change(SETTINGS, "authserv = ", 'authserv = ["*"]'), "trust.authserv: '*' is no NAME"),
    "a heartbeat in the clear": (health('heartbeat_url = "http://example.kz/x"'), "heartbeat_url: Value error, http://"),
    "a heartbeat nowhere": (health('heartbeat_url = "example.kz/x"'), "write it as https://HOST/PATH"),
    "a moment of silence": (health("silent_minutes = 1"), "health.silent_minutes"),
    "logs of no known form": (append(SETTINGS, '[log]\nformat = "xml"'), "log.format"),
    "unknown time zone": (change(POLICY, "timezone = ", 'timezone = "Asia/Almata"'), "clocks.timezone"),
    "a time zone that is a path": (change(POLICY, "timezone = ", 'timezone = "/etc/passwd"'), "clocks.timezone"),
    "unknown country": (change(POLICY, "country = ", 'country = "QQ"'), "holidays.country"),
    "the operator's address is none": (change(SETTINGS, "mail = ", 'mail = "owner at home"'), "operator.mail"),
    "the mailbox's address is none": (change(SETTINGS, "addresses = ", 'addresses = ["info"]'), "mailbox.addresses"),
    "one word is yes and no": (YES_IS_NO, "words"),
    "no word confirms": (change(POLICY, "yes = ", "yes = []"), "words.yes"),
    "a mark of signs alone": (change(POLICY, "update = [", 'update = ["!!!"]'), "tags.kk.update"),
    "a key that is no text": (write("secrets/store_key", SPOILT_KEY), "store_key"),
    "a password that is no text": (
        both(mailbox_url(IMAPS), mailbox('password_file = "secrets/p"'), write("secrets/p", SPOILT_KEY)),
        "password_file",
    ),
    "a store in no folder": (store_url("sqlite:///no/such/folder/x.sqlite"), "store.url"),
    "a password in the store's URL": (store_url("postgresql://u:geheim@db.example.kz/x"), "store.url: a password"),
    "the store is no database": (write("mailbot.sqlite", b"hello" * 1000), "store"),
}  # fmt: skip

CASES = [pytest.param(*case, id=name) for name, case in BAD.items()]


@pytest.mark.parametrize(("edit", "says"), CASES)
@pytest.mark.parametrize("command", ["check", "poll"])
def test_it_is_refused(
    command: str, edit: Edit, says: str, installation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(installation)
    code = main(["--config", str(installation), command])
    said = capsys.readouterr()
    assert (code, said.out) == (78, "")
    assert said.err.startswith("mailbot: ")
    assert says in said.err
    assert said.err.count("\n") == 1, "one sentence, on one line"
    assert "geheim" not in said.err, "no secret in a message"


ENVIRONMENT = [
    ("MAILBOT_SCHEDULE__POLL_SECONDS=often", "schedule.poll_seconds: Input should be a valid integer"),
    ("MAILBOT_MAILBOX__ULR=x", "mailbox.ulr: there is no such setting"),
    ("MAILBOT_NOWHERE__NAME=x", "nowhere: there is no such setting"),
    ("MAILBOT_MAILBOX__PASSWORD_FILE=/no/such/file", "mailbox.password_file: can't be read"),
]


@pytest.mark.parametrize(("variable", "says"), ENVIRONMENT)
def test_a_wrong_environment_is_refused(
    variable: str, says: str, installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mailbox_url(IMAPS)(installation)
    monkeypatch.setenv(*variable.split("=", 1))
    assert main(["--config", str(installation), "check"]) == 78
    assert says in capsys.readouterr().err


def test_a_process_ends_with_that_code_and_no_traceback(installation: Path) -> None:
    (installation / POLICY).unlink()
    command = [sys.executable, "-m", "mailbot", "--config", str(installation), "poll", "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (78, "")
    assert ended.stderr.startswith(f"mailbot: {installation / POLICY}: ")


def test_an_installation_begins_in_shadow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doors = ["--mailbox", f"maildir://{tmp_path}/box", "--courier", f"maildir://{tmp_path}/sent"]
    assert main(["init", str(tmp_path / "new"), *doors, "--address", "info@example.kz"]) == 0
    assert "shadow: " in capsys.readouterr().out


def test_init_never_overwrites(installation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doors = ["--mailbox", "maildir:///box", "--courier", "maildir:///sent", "--address", "info@example.kz"]
    assert main(["init", str(installation), *doors]) == 1
    assert "is there already: init never overwrites" in capsys.readouterr().err


def test_the_environment_reaches_both_files(
    installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAILBOT_LIMITS__AGE_DAYS", "3")
    monkeypatch.setenv("MAILBOT_OPERATOR__LANGUAGE", "kk")
    assert load_policy(installation).limits.age_days == 3
    assert load_settings(installation).operator.language == "kk"
    monkeypatch.setenv("MAILBOT_LIMITS__AGE_DAYS", "soon")
    assert main(["--config", str(installation), "poll"]) == 78
    assert "policy.toml: limits.age_days: Input should be a valid integer" in capsys.readouterr().err


def test_an_init_that_fails_can_be_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doors = ["--mailbox", f"maildir://{tmp_path}/box", "--courier", f"maildir://{tmp_path}/sent"]
    begin = ["init", str(tmp_path / "new"), *doors, "--address", "info@example.kz"]
    assert main([*begin, "--store", "sqlite:///no/such/folder/x.sqlite"]) == 78
    assert "store.url" in capsys.readouterr().err
    assert main(begin) == 0
