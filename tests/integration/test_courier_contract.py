"""What every Courier promises, on a real SMTP server and on a Maildir; and what SMTP servers may say."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.answering.maildir import MaildirCourier
from mailbot.answering.outbox import bounce_address
from mailbot.answering.smtp import SmtpCourier
from mailbot.errors import CourierRefused, CourierUnavailable, MailbotError, ReplyDeferred, ReplyRefused
from mailbot.ports import Courier
from mailbot.urls import courier_url
from tests.support.servers import certificate, free_ports
from tests.support.smtp import Setup, SmtpProcess, SmtpServer, serving

FROM, TO = "info@example.com", "aliya@example.kz"


def reply(name: str, text: str = "сәлем") -> bytes:
    lines = [
        f"Message-ID: <{name}@example.com>",
        f"From: {FROM}",
        f"To: {TO}",
        "Subject: ok",
        "",
        text,
        ".",
        ".dot",
        "",
    ]
    return "\r\n".join(lines).encode()


def courier_to(server: SmtpServer | SmtpProcess, password: str | None = None, **options: object) -> SmtpCourier:
    url = courier_url(server.url)
    return SmtpCourier(url, password=password or url.password, timeout_seconds=10, **options)  # type: ignore[arg-type]


class Exit:
    """A courier and what came out at its far end."""

    def __init__(self, courier: Courier, server: SmtpServer | None, path: Path) -> None:
        self.courier, self._server, self._path = courier, server, path

    def taken(self) -> list[bytes]:
        if self._server is not None:
            return [mail.octets for mail in self._server.taken]
        return [path.read_bytes() for path in sorted(self._path.glob("new/*"))]


@pytest.fixture(params=[True, False], ids=["in groups", "one by one"])
def smtp_server(request: pytest.FixtureRequest) -> Iterator[SmtpServer]:
    """A server that takes commands in groups, and one that doesn't."""
    with serving(Setup(pipelining=request.param)) as server:
        yield server


@pytest.fixture(params=["smtp", "smtp one by one", "maildir"])
def way_out(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Exit]:
    """A courier of each kind."""
    if request.param == "maildir":
        made = Exit(MaildirCourier(tmp_path / "sent"), None, tmp_path / "sent")
        yield made
        made.courier.close()
        return
    with serving(Setup(pipelining=request.param == "smtp")) as server:
        made = Exit(courier_to(server), server, tmp_path)
        yield made
        made.courier.close()


class TestCourier:
    def test_a_reply_arrives_as_it_is(self, way_out: Exit) -> None:
        answer = way_out.courier.send(FROM, TO, reply("a1"))
        assert way_out.taken() == [reply("a1")]
        assert answer.startswith("250 ")
        assert len(answer) <= 200
        assert "\n" not in answer

    def test_many_replies(self, way_out: Exit) -> None:
        for number in range(20):
            way_out.courier.send(FROM, TO, reply(f"a{number:02}"))
        assert way_out.taken() == [reply(f"a{number:02}") for number in range(20)]

    def test_checking_sends_nothing(self, way_out: Exit) -> None:
        way_out.courier.check()
        way_out.courier.check()
        assert way_out.taken() == []

    def test_closing_twice_and_using_it_again(self, way_out: Exit) -> None:
        way_out.courier.close()
        way_out.courier.send(FROM, TO, reply("a1"))
        way_out.courier.close()
        way_out.courier.close()
        way_out.courier.send(FROM, TO, reply("a2"))
        assert len(way_out.taken()) == 2


class TestMaildirAlone:
    def test_the_same_reply_twice_is_one_file(self, tmp_path: Path) -> None:
        courier = MaildirCourier(tmp_path)
        first = courier.send(FROM, TO, reply("mailbot.7f3a"))
        assert courier.send(FROM, TO, reply("mailbot.7f3a")) == first == "250 kept as mailbot.7f3a"
        (path,) = (tmp_path / "new").iterdir()
        path.rename(tmp_path / "cur" / f"{path.name}:2,S")
        courier.send(FROM, TO, reply("mailbot.7f3a"))
        assert list((tmp_path / "new").iterdir()) == []
        assert list((tmp_path / "tmp").iterdir()) == []

    @pytest.mark.parametrize("name", ["../../evil", ".hidden", "a:2,S", "x" * 300, "сәлем"])
    def test_an_odd_message_id_makes_no_odd_name(self, tmp_path: Path, name: str) -> None:
        courier = MaildirCourier(tmp_path / "box")
        courier.send(FROM, TO, reply(name))
        courier.send(FROM, TO, b"Subject: none\r\n\r\nMessage-ID: <in@body>\r\n")
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert [path.parent for path in files] == [tmp_path / "box" / "new"] * 2
        assert all(len(path.name) == 64 for path in files)

    def test_a_path_that_is_a_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        for path in (tmp_path / "file", tmp_path / "file" / "below"):
            with pytest.raises(CourierRefused):
                MaildirCourier(path).check()
            with pytest.raises(CourierRefused):
                MaildirCourier(path).send(FROM, TO, reply("a1"))


class TestSmtpAlone:
    def test_one_connection_serves_many(self, smtp_server: SmtpServer) -> None:
        courier = courier_to(smtp_server)
        courier.check()
        for number in range(5):
            courier.send(FROM, TO, reply(f"a{number}"))
        courier.close()
        assert smtp_server.connections == 1
        assert {(mail.sender, *mail.recipients) for mail in smtp_server.taken} == {(FROM, TO)}

    def test_the_null_sender(self, smtp_server: SmtpServer) -> None:
        courier = courier_to(smtp_server)
        courier.send("", TO, reply("a1"))
        courier.close()
        assert smtp_server.taken[0].sender == ""

    def test_bare_line_ends_are_made_whole(self, smtp_server: SmtpServer) -> None:
        courier = courier_to(smtp_server)
        courier.send(FROM, TO, b"Subject: x\n\nend\n.\nMAIL FROM:<evil@example.com>\r.\r\n")
        courier.close()
        assert [mail.octets for mail in smtp_server.taken] == [
            b"Subject: x\r\n\r\nend\r\n.\r\nMAIL FROM:<evil@example.com>\r\n.\r\n"
        ]

    @pytest.mark.parametrize(
        ("answers", "wanted"),
        [
            ({"CONNECT": "421 4.3.2 busy"}, CourierUnavailable),
            ({"CONNECT": "554 5.3.2 go away"}, CourierRefused),
            ({"MAIL": "421 4.7.0 slow down"}, CourierUnavailable),
            ({"MAIL": "451 4.3.0 later"}, CourierUnavailable),
            ({"MAIL": "550 5.7.1 not your address"}, CourierRefused),
            ({"MAIL": "drop"}, CourierUnavailable),
            ({"RCPT": "550 5.1.1 <aliya@example.kz>: no such user"}, ReplyRefused),
            ({"RCPT": "451 4.7.1 aliya@example.kz greylisted"}, ReplyDeferred),
            ({"RCPT": "421 4.7.0 closing"}, CourierUnavailable),
            ({"RCPT": "550 5.4.5 Daily user sending limit exceeded"}, CourierRefused),
            ({"RCPT": "drop"}, CourierUnavailable),
            ({"DATA": "554 5.7.1 to aliya@example.kz: spam"}, ReplyRefused),
            ({"DATA": "452 4.3.1 disk full"}, ReplyDeferred),
            ({"DATA": "drop"}, CourierUnavailable),
            ({"DATA": "keep-and-drop"}, CourierUnavailable),
        ],
    )
    def test_what_the_server_says_decides(
        self, smtp_server: SmtpServer, answers: dict[str, str], wanted: type[MailbotError]
    ) -> None:
        courier = courier_to(smtp_server)
        smtp_server.answers.update(answers)
        with pytest.raises(wanted) as caught:
            courier.send(FROM, TO, reply("a1"))
        assert type(caught.value) is wanted
        assert "@" not in str(caught.value)
        assert "aliya" not in str(caught.value)
        smtp_server.answers.clear()
        before = len(smtp_server.taken)
        courier.send(FROM, TO, reply("a2"))  # the next mail goes, whatever happened to the first
        courier.close()
        assert len(smtp_server.taken) == before + 1

    def test_one_refused_mail_keeps_the_connection(self, smtp_server: SmtpServer) -> None:
        courier = courier_to(smtp_server)
        smtp_server.answers["RCPT gone@example.kz"] = "550 5.1.1 no such user"
        for recipient in (TO, "gone@example.kz", TO):
            try:
                courier.send(FROM, recipient, reply("a1"))
            except ReplyRefused as exc:
                assert "no such user" in str(exc)
        courier.close()
        assert (len(smtp_server.taken), smtp_server.connections) == (2, 1)

    def test_a_connection_closed_while_idle_is_opened_anew(self, smtp_server: SmtpServer) -> None:
        courier = courier_to(smtp_server)
        courier.send(FROM, TO, reply("a1"))
        courier._sessions[0].socket().shutdown(2)
        courier.send(FROM, TO, reply("a2"))
        courier.close()
        assert (len(smtp_server.taken), smtp_server.connections) == (2, 2)

    def test_an_address_beyond_ascii(self, smtp_server: SmtpServer) -> None:
        courier = courier_to(smtp_server)
        courier.send(FROM, "айгүл@example.kz", reply("a1"))
        courier.send(FROM, TO, reply("a2"))
        courier.close()
        first, second = smtp_server.taken
        assert first.recipients == ["айгүл@example.kz"]
        assert "SMTPUTF8" in first.options
        assert "SMTPUTF8" not in second.options

    def test_an_address_beyond_ascii_where_the_server_takes_none(self) -> None:
        with serving(Setup(utf8=False)) as server:
            courier = courier_to(server)
            with pytest.raises(ReplyRefused, match="SMTPUTF8"):
                courier.send(FROM, "айгүл@example.kz", reply("a1"))
            courier.send(FROM, TO, reply("a2"))
            courier.close()
            assert (len(server.taken), server.connections) == (1, 1)

    @pytest.mark.parametrize("recipient", ["", "a\r\nRCPT TO:<b@example.kz>", "\ud800@example.kz"])
    def test_an_address_that_is_none(self, smtp_server: SmtpServer, recipient: str) -> None:
        courier = courier_to(smtp_server)
        with pytest.raises(ReplyRefused):
            courier.send(FROM, recipient, reply("a1"))
        courier.close()
        assert smtp_server.taken == []

    @pytest.mark.parametrize("password", ["app password", "құпия сөз"])
    def test_login(self, password: str) -> None:
        with serving(Setup(user="info@example.com", password=password)) as server:
            url = courier_url(f"smtp://info@example.com@127.0.0.1:{server.port}")
            courier = SmtpCourier(url, password=password, timeout_seconds=10)
            courier.check()
            courier.send(FROM, TO, reply("a1"))
            courier.close()
            assert len(server.taken) == server.logins == 1
            wrong = SmtpCourier(url, password="wrong", timeout_seconds=10)
            with pytest.raises(CourierRefused, match="app password") as caught:
                wrong.check()
            assert "wrong" not in str(caught.value)
            assert base64.b64encode(b"wrong").decode() not in str(caught.value)
            server.answers["AUTH"] = "454 4.7.0 later"
            with pytest.raises(CourierUnavailable):
                courier.check()

    def test_without_a_password_a_server_that_wants_one_refuses(self) -> None:
        with serving(Setup(user="info", password="secret")) as server:
            courier = SmtpCourier(courier_url(f"smtp://127.0.0.1:{server.port}"), password=None, timeout_seconds=10)
            with pytest.raises(CourierRefused):
                courier.send(FROM, TO, reply("a1"))
            courier.close()

    def test_a_local_server_without_login_is_taken_as_it_is(self, smtp_server: SmtpServer) -> None:
        url = courier_url(f"smtp://info@127.0.0.1:{smtp_server.port}")
        courier = SmtpCourier(url, password="the mailbox's own", timeout_seconds=10)
        courier.send(FROM, TO, reply("a1"))
        courier.close()
        assert smtp_server.logins == 0

    @pytest.mark.parametrize("implicit", [True, False])
    def test_tls_is_verified(self, tmp_path: Path, implicit: bool) -> None:
        pair = certificate(tmp_path)
        (tmp_path / "other").mkdir()
        other, _ = certificate(tmp_path / "other")
        with serving(Setup(user="info", password="secret", certificate=pair, implicit_tls=implicit)) as server:
            url = courier_url(f"{'smtps' if implicit else 'smtp'}://info@127.0.0.1:{server.port}")
            courier = SmtpCourier(url, password="secret", ca_file=pair[0], timeout_seconds=10)
            courier.send(FROM, TO, reply("a1"))
            courier.close()
            assert len(server.taken) == 1
            with pytest.raises(CourierRefused, match="certificate"):
                SmtpCourier(url, password="secret", ca_file=other, timeout_seconds=10).check()
            with pytest.raises(CourierRefused, match="ca_file"):
                SmtpCourier(url, password="secret", ca_file=tmp_path / "none.pem", timeout_seconds=10).check()

    def test_a_port_without_tls(self, smtp_server: SmtpServer) -> None:
        url = courier_url(f"smtps://info@127.0.0.1:{smtp_server.port}")
        with pytest.raises(CourierRefused, match="TLS"):
            SmtpCourier(url, password="secret", timeout_seconds=10).check()

    def test_starttls_that_is_not_offered(self, smtp_server: SmtpServer, tmp_path: Path) -> None:
        url = courier_url(f"smtp://info@127.0.0.1:{smtp_server.port}")
        courier = SmtpCourier(url, password="secret", ca_file=certificate(tmp_path)[0], timeout_seconds=10)
        with pytest.raises(CourierRefused, match="STARTTLS"):
            courier.check()
        assert smtp_server.logins == 0

    def test_nobody_listens(self) -> None:
        (port,) = free_ports(1)
        with pytest.raises(CourierUnavailable):
            SmtpCourier(courier_url(f"smtp://127.0.0.1:{port}"), password=None, timeout_seconds=10).check()


def test_the_server_in_its_own_process(smtp_process: SmtpProcess) -> None:
    courier = courier_to(smtp_process)
    courier.send(FROM, TO, reply("a1"))
    smtp_process.say({"RCPT": "450 4.2.1 later"})
    with pytest.raises(ReplyDeferred):
        courier.send(FROM, TO, reply("a2"))
    smtp_process.say({})
    courier.send(FROM, TO, reply("a3"))
    courier.close()
    assert [mail.octets for mail in smtp_process.taken] == [reply("a1"), reply("a3")]


class TestASenderOfItsOwn:
    """The envelope sender of each answer (VERP): where a server refuses it, the plain one takes its place."""

    OWN = "info+abcdefghijklmnop@example.com"

    def senders(self, server: SmtpServer) -> list[str]:
        return [mail.sender for mail in server.taken]

    def test_is_used_where_it_is_taken(self, smtp_server: SmtpServer) -> None:
        courier = courier_to(smtp_server, plain=FROM)
        courier.send(self.OWN, TO, reply("a"))
        assert courier.takes(self.OWN) and self.senders(smtp_server) == [self.OWN]
        courier.close()

    @pytest.mark.parametrize("utf8", [True, False])
    def test_of_a_domain_beyond_ascii(self, utf8: bool) -> None:
        with serving(Setup(utf8=utf8)) as server:
            courier = courier_to(server, plain=FROM)
            assert courier.takes("info+abcdefghijklmnop@пошта.қаз") is utf8
            assert courier.send(FROM, TO, reply("a")).startswith("250")
            courier.close()
            assert server.connections == 1

    @pytest.mark.parametrize("command", ["MAIL +", "RCPT +"])
    def test_gives_way_for_the_rest_of_the_connection(self, smtp_server: SmtpServer, command: str) -> None:
        smtp_server.answers[command] = "553 5.7.1 sender address rejected: not owned by user"
        courier = courier_to(smtp_server, plain=FROM)
        for name in "abc":
            assert courier.send(self.OWN, TO, reply(name)).startswith("250")
        assert self.senders(smtp_server) == [FROM] * 3 and smtp_server.connections == 1
        assert courier.takes(self.OWN) is (command == "RCPT +")
        courier.close()
        smtp_server.answers.clear()
        courier.send(self.OWN, TO, reply("d"))
        assert self.senders(smtp_server)[-1] == self.OWN, "a new connection tries it again"
        courier.close()

    def test_a_refused_recipient_is_still_refused_and_blames_no_sender(self, smtp_server: SmtpServer) -> None:
        smtp_server.answers[f"RCPT {TO}"] = "550 5.1.1 no such user"
        courier = courier_to(smtp_server, plain=FROM)
        with pytest.raises(ReplyRefused, match="no such user"):
            courier.send(self.OWN, TO, reply("a"))
        courier.send(self.OWN, "marat@example.kz", reply("b"))
        assert self.senders(smtp_server) == [self.OWN]
        courier.close()

    @pytest.mark.parametrize(("command", "error"), [("MAIL", CourierRefused), ("DATA", ReplyRefused)])
    def test_a_refusal_of_both_is_a_refusal(
        self, smtp_server: SmtpServer, command: str, error: type[Exception]
    ) -> None:
        smtp_server.answers[command] = "550 5.7.1 no"
        courier = courier_to(smtp_server, plain=FROM)
        with pytest.raises(error):
            courier.send(self.OWN, TO, reply("a"))
        courier.close()

    def test_a_later_is_no_refusal(self, smtp_server: SmtpServer) -> None:
        smtp_server.answers["RCPT +"] = "451 4.7.1 greylisted"
        courier = courier_to(smtp_server, plain=FROM)
        with pytest.raises(ReplyDeferred):
            courier.send(self.OWN, TO, reply("a"))
        assert self.senders(smtp_server) == []
        courier.close()


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("info@example.kz", "info+abcdefghijklmnop@example.kz"),
        ("info+data@example.kz", "info+data+abcdefghijklmnop@example.kz"),
        (f"{'i' * 47}@example.kz", f"{'i' * 47}+abcdefghijklmnop@example.kz"),
        (f"{'i' * 48}@example.kz", f"{'i' * 48}@example.kz"),
        ("қабылдау@example.kz", "қабылдау@example.kz"),
    ],
)
def test_the_bounce_address(address: str, sender: str) -> None:
    assert bounce_address(address, "abcdefghijklmnop") == sender
    assert bounce_address(address, "") == address
