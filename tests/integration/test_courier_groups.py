"""What the SMTP courier does with many mails: commands in groups, and a few connections to a server that is far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from mailbot.answering import smtp
from mailbot.answering.smtp import SmtpCourier
from mailbot.errors import CourierRefused, CourierUnavailable, ReplyDeferred, ReplyRefused
from mailbot.ports import Letter, Said
from mailbot.urls import courier_url
from tests.support.proxy import Fault, Proxy
from tests.support.script import Script, Talk
from tests.support.smtp import SmtpServer

FROM, OWN, TO = "info@example.com", "info+abcdefghijklmnop@example.com", "aliya@example.kz"
ENVELOPE = ("MAIL", "RCPT", "DATA")
YES = ("250 2.1.0 OK", "250 2.1.5 OK", "354 go on")
TAKEN = "250 2.0.0 taken"


def letter(number: int, recipient: str = TO, sender: str = FROM) -> Letter:
    octets = f"Message-ID: <{number}@example.com>\r\n\r\nтекст {number}\r\n.\r\n".encode()
    return Letter(number=number, sender=sender, recipient=recipient, octets=octets)


def letters(count: int) -> list[Letter]:
    return [letter(number, f"person{number}@example.kz") for number in range(count)]


def courier_to(port: int, connections: int = 1, plain: str = "", seconds: float = 5) -> SmtpCourier:
    url = courier_url(f"smtp://127.0.0.1:{port}")
    courier = SmtpCourier(url, password=None, timeout_seconds=seconds, plain=plain)
    courier.connections = connections
    return courier


def taker(given: list[Letter]) -> Callable[[], Letter | None]:
    left = iter(given)
    return lambda: next(left, None)


def sent(courier: SmtpCourier, given: list[Letter]) -> dict[int, Said]:
    said = {each.number: outcome for each, outcome in courier.send_all(taker(given))}
    courier.close()
    return said


class TestGroups:
    def test_the_next_envelope_comes_with_a_text_and_the_next_text_after_its_answer(self) -> None:
        def talk(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say(*YES)
            for _ in range(3):
                far.hear(".", *ENVELOPE)  # all of it before the text was answered
                far.say(TAKEN, *YES)
            far.hear(".")
            far.say(TAKEN)
            far.hear("QUIT")
            far.say("221 bye")

        with Script(talk) as far:
            assert set(sent(courier_to(far.port), letters(4)).values()) == {TAKEN}
        texts = [line for line in far.talks[0].heard if line.endswith(b"\r\n.\r\n")]
        assert texts == [each.octets.replace(b"\r\n.\r\n", b"\r\n..\r\n") + b".\r\n" for each in letters(4)]

    @pytest.mark.parametrize("words", ["2", "25", "4", "55", "x"])
    @pytest.mark.parametrize("place", range(4))
    def test_an_answer_that_is_cut_within_its_code_is_a_broken_line(self, place: int, words: str) -> None:
        def talk(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say(*YES[:place])
            if place == 3:
                far.hear(".")
            far.send(words.encode())

        with Script(talk) as far, pytest.raises(CourierUnavailable, match="broke"):
            sent(courier_to(far.port), letters(1))

    def test_the_text_of_a_mail_that_is_another_s_by_now_does_not_leave(self) -> None:
        def talk(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say(*YES)
            far.hear(".", *ENVELOPE)
            far.say(TAKEN, *YES)
            assert far.is_over(), "its envelope was there already: no dot ends it"

        given = [letter(0), replace(letter(1), goes=lambda: False)]
        said: list[Said] = []
        with Script(talk) as far, pytest.raises(CourierUnavailable, match="stood still"):
            said += (outcome for _, outcome in courier_to(far.port).send_all(taker(given)))
        assert said == [TAKEN]

    def test_nothing_is_left_waiting_by_who_ends_early(self) -> None:
        def talk(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say(*YES)
            far.hear(".", *ENVELOPE)
            far.say(TAKEN, *YES)
            assert far.is_over(), "no dot, no text, no QUIT in the middle of a mail"

        with Script(talk) as far:
            courier = courier_to(far.port)
            going = courier.send_all(taker(letters(3)))
            assert next(going)[1] == TAKEN
            going.close()  # type: ignore[attr-defined]
            courier.close()

    @pytest.mark.parametrize("code", ["550 5.1.1 no such user", "451 4.7.1 later"])
    def test_data_that_begins_without_a_recipient_is_ended_by_a_lone_dot(self, code: str) -> None:
        def talk(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say(YES[0], code, YES[2])
            far.hear(".")
            assert far.heard[-1] == b".\r\n"
            far.say("554 5.5.1 no valid recipients")
            far.hear("RSET")
            far.say("250 OK")
            far.hear(*ENVELOPE)
            far.say(*YES)
            far.hear(".")
            far.say(TAKEN)
            far.hear("QUIT")

        with Script(talk) as far:
            said = sent(courier_to(far.port), letters(2))
        assert isinstance(said[0], ReplyRefused if code[0] == "5" else ReplyDeferred) and said[1] == TAKEN

    def test_data_that_begins_with_a_recipient_and_no_sender_is_cut_off(self) -> None:
        def talk(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say("550 5.7.1 not your address", *YES[1:])
            assert far.is_over(), "a lone dot would be a mail without a text"

        with Script(talk) as far, pytest.raises(CourierRefused):
            sent(courier_to(far.port), letters(1))

    @pytest.mark.parametrize("code", ["554 5.7.1 spam", "452 4.3.1 full"])
    def test_a_text_that_is_refused_leaves_the_next_envelope_alone(self, code: str) -> None:
        def talk(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say(*YES)
            far.hear(".", *ENVELOPE)
            far.say(code, *YES)
            far.hear(".")  # no RSET before it
            far.say(TAKEN)
            far.hear("QUIT")

        with Script(talk) as far:
            said = sent(courier_to(far.port), letters(2))
        assert isinstance(said[0], ReplyRefused if code[0] == "5" else ReplyDeferred) and said[1] == TAKEN

    def test_a_refused_data_command_is_one_mail_s_refusal(self) -> None:
        def talk(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say(*YES[:2], "451 4.3.0 not now")
            far.hear("RSET")
            far.say("250 OK")
            far.hear(*ENVELOPE)
            far.say(*YES)
            far.hear(".")
            far.say(TAKEN)
            far.hear("QUIT")

        with Script(talk) as far:
            said = sent(courier_to(far.port), letters(2))
        assert isinstance(said[0], ReplyDeferred) and said[1] == TAKEN

    def test_the_next_recipient_that_is_refused_is_the_next_one_s(self) -> None:
        def talk(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say(*YES)
            far.hear(".", *ENVELOPE)
            far.say(TAKEN, YES[0], "550 5.1.1 no such user", "503 5.5.1 no recipient")
            far.hear("RSET")
            far.say("250 OK")
            far.hear(*ENVELOPE)
            far.say(*YES)
            far.hear(".")
            far.say(TAKEN)
            far.hear("QUIT")

        with Script(talk) as far:
            said = sent(courier_to(far.port), letters(3))
        assert said[0] == said[2] == TAKEN and isinstance(said[1], ReplyRefused)

    @pytest.mark.parametrize("closing", ["421 4.3.2 too many", ""])
    def test_a_connection_that_is_closed_before_the_next_text_repeats_nothing(self, closing: str) -> None:
        def first(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say(*YES)
            far.hear(".", *ENVELOPE)
            far.say(TAKEN, *([closing] if closing else []))

        def second(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say(*YES)
            far.hear(".")
            far.say(TAKEN)
            far.hear("QUIT")

        with Script(first, second) as far:
            assert set(sent(courier_to(far.port), letters(2)).values()) == {TAKEN}
        assert b"<1@example.com>" in b"".join(far.talks[1].heard)
        assert b"<1@example.com>" not in b"".join(far.talks[0].heard)

    def test_a_text_that_a_sender_of_its_own_may_be_refused_for_goes_again_with_the_plain_one(self) -> None:
        def first(far: Talk) -> None:
            far.hear(*ENVELOPE)
            far.say(*YES)
            far.hear(".", *ENVELOPE)
            far.say("550 5.7.1 this sender is none of yours", *YES)
            assert far.is_over(), "the next one's envelope stood on this connection"

        def second(far: Talk) -> None:
            far.hear(f"MAIL FROM:<{FROM}>".upper(), *ENVELOPE[1:])
            far.say(*YES)
            far.hear(".")
            far.say(TAKEN)
            far.hear(f"MAIL FROM:<{FROM}>".upper(), *ENVELOPE[1:])
            far.say(*YES)
            far.hear(".")
            far.say(TAKEN)
            far.hear("QUIT")

        with Script(first, second) as far:
            given = [letter(number, sender=OWN) for number in range(2)]
            assert set(sent(courier_to(far.port, plain=FROM), given).values()) == {TAKEN}

    def test_an_address_that_can_not_be_written_is_told_in_its_turn(self, smtp_server: SmtpServer) -> None:
        given = [letter(0), letter(1, "a\r\nRCPT TO:<b@example.kz>"), letter(2)]
        said = sent(courier_to(smtp_server.port), given)
        assert isinstance(said[1], ReplyRefused) and len(smtp_server.taken) == 2 and smtp_server.connections == 1


@contextmanager
def far_away(server: SmtpServer, fault: Fault | None = None) -> Iterator[int]:
    with Proxy(server.port, fault=fault, pause=0.011) as proxy:  # of each direction
        yield proxy.port


class TestConnections:
    def test_one_to_a_server_that_is_near(self, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(smtp, "FAR", 5)
        said = sent(courier_to(smtp_server.port, 3), letters(40))
        assert len(said) == len(smtp_server.taken) == 40 and smtp_server.connections == 1

    def test_a_few_to_one_that_is_far(self, smtp_server: SmtpServer) -> None:
        with far_away(smtp_server) as port:
            said = sent(courier_to(port, 3), letters(40))
        assert list(said.values()) == [each for each in said.values() if str(each).startswith("250")]
        recipients = sorted(mail.recipients[0] for mail in smtp_server.taken)
        assert recipients == sorted(each.recipient for each in letters(40)) and smtp_server.connections == 3

    def test_one_where_there_is_little_to_send(self, smtp_server: SmtpServer) -> None:
        with far_away(smtp_server) as port:
            assert len(sent(courier_to(port, 3), letters(smtp.EACH))) == smtp.EACH
        assert smtp_server.connections == 1

    def test_no_more_mails_are_under_way_than_connections(self, smtp_server: SmtpServer) -> None:
        given, under_way, most = letters(40), set[int](), 0
        left = iter(given)

        def take() -> Letter | None:
            each = next(left, None)
            if each is not None:
                under_way.add(each.number)
            return each

        with far_away(smtp_server) as port:
            courier = courier_to(port, 2)
            for each, said in courier.send_all(take):
                under_way.remove(each.number)
                assert str(said).startswith("250")
                told = sum(mail.octets.startswith(f"Message-ID: <{n}@".encode()) for n in under_way
                           for mail in smtp_server.taken)  # fmt: skip
                most = max(most, told)
            courier.close()
        assert not under_way and most == 1, "what is taken and not told yet, beside the one just told"

    def test_one_that_breaks_lets_the_others_come_to_their_end(self, smtp_server: SmtpServer) -> None:
        told, fault = list[int](), Fault(way="up", after=3_000)
        with far_away(smtp_server, fault) as port, pytest.raises(CourierUnavailable):
            courier = courier_to(port, 3)
            for each, said in courier.send_all(taker(letters(100))):
                assert str(said).startswith("250")
                told.append(each.number)
        courier.close()
        taken = [mail.recipients[0] for mail in smtp_server.taken]
        assert len(taken) == len(set(taken)) and 15 < len(taken) < 90 and len(taken) - len(told) in (0, 1)

    def test_one_that_says_nothing_is_not_waited_for_for_ever(self, smtp_server: SmtpServer) -> None:
        told, fault = 0, Fault(way="up", after=4_000, how="stall")
        with far_away(smtp_server, fault) as port, pytest.raises(CourierUnavailable):
            courier = courier_to(port, 3, seconds=0.5)
            for _ in courier.send_all(taker(letters(100))):
                told += 1
        courier.close()
        assert len(smtp_server.taken) - told in (0, 1) and told > 60, "the others went on meanwhile"
