"""A machine that is short of something is told in one line, to be tried again; any other failure is not hidden."""

from __future__ import annotations

import argparse
import errno

import pytest

import mailbot.cli.arguments
from mailbot.answering import smtp_errors
from mailbot.cli import main
from mailbot.errors import CourierUnavailable, MachineShort, MailboxUnavailable
from mailbot.intake import imap_errors
from mailbot.store.engine import translated


def failing(number: int) -> OSError:
    return OSError(number, "whatever the system says")


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EROFS])
def test_a_connection_for_which_no_handle_is_left(number: int) -> None:
    with pytest.raises(MachineShort, match="short of something now"), translated():
        raise failing(number)


def test_any_other_failure_passes_the_store_unchanged() -> None:
    with pytest.raises(FileNotFoundError), translated():
        raise failing(errno.ENOENT)


def test_a_command_tells_it_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(_arguments: argparse.Namespace) -> int:
        raise failing(errno.EMFILE)

    monkeypatch.setattr(mailbot.cli.arguments, "parse", lambda _argv: argparse.Namespace(run=run))
    assert main([]) == 75
    assert capsys.readouterr().err == "mailbot: this machine is short of something now (Too many open files)\n"


def test_a_command_does_not_hide_another_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_arguments: argparse.Namespace) -> int:
        raise failing(errno.ENOENT)

    monkeypatch.setattr(mailbot.cli.arguments, "parse", lambda _argv: argparse.Namespace(run=run))
    with pytest.raises(FileNotFoundError):
        main([])


def test_a_door_does_not_blame_the_server() -> None:
    for translate, kind in ((imap_errors.translate, MailboxUnavailable), (smtp_errors.translate, CourierUnavailable)):
        told = translate(failing(errno.EMFILE), "mail.example.com")
        assert type(told) is kind
        says = "mail.example.com was not asked: this machine is short of something now (Too many open files)"
        assert str(told) == says
