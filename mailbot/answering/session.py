"""One SMTP connection and what is said on it: mail after mail, in groups of commands where the server takes them.

With PIPELINING (RFC 2920) the envelope of the next mail leaves together with the text of the one before, so a mail
costs one round trip. No text leaves before the server said what became of the text before it: of what a connection
hands over, one mail at most is unanswered.
"""

from __future__ import annotations

import contextlib
import math
import re
import smtplib
import socket
import time
from collections.abc import Callable, Generator, Iterator

from mailbot.answering.smtp_errors import ONE_MAIL, line, plain, reply, translate
from mailbot.errors import CourierRefused, CourierUnavailable, ReplyDeferred, ReplyRefused
from mailbot.ports import Letter, Said, Take

Lane = Generator[tuple[Letter, Said] | None]
Answers = list[tuple[int, bytes]]
_UNWRITABLE = re.compile(r"^$|[\x00-\x1f\x7f\ud800-\udfff]")
_NO_ANSWER = (0, b"")
_EARLY = (smtplib.SMTPSenderRefused, *ONE_MAIL, ReplyRefused)  # what a sender may be to blame for


class Session:
    """A connection, opened when first used and anew after an error. Not thread-safe."""

    def __init__(self, host: str, connect: Callable[[], smtplib.SMTP], plain_sender: str) -> None:
        """Keep how to connect; nothing is connected. Raises nothing."""
        self._host, self._connect, self._plain = host, connect, plain_sender
        self.smtp: smtplib.SMTP | None = None
        self.quickest = math.inf  # seconds: the least time that a mail was waited for
        self._reused, self._wrote = False, 0.0
        self._only_plain = False  # this connection's server took the plain sender where it refused another one
        self._named: Letter | None = None  # whose envelope the server has, its answers not read yet
        self._envelope: list[bytes] = []  # its commands

    def lane(self, take: Take) -> Lane:
        """Hand over what `take` gives; yield each with what became of it, and None wherever the server is waited for.

        Raises CourierUnavailable, CourierRefused at the mail that met it.
        """
        letter = take()
        try:
            while letter is not None:
                said, following = yield from self._handed_over(letter, take)
                yield letter, said
                letter = following or take()
        except GeneratorExit:
            self.drop()  # whatever was begun on it ends here
            raise

    def _handed_over(self, letter: Letter, take: Take) -> Generator[None, None, tuple[Said, Letter | None]]:
        """Hand over one mail; return what became of it, and the next one, whose envelope went with it."""
        following: Letter | None = None
        try:
            with self._door():
                try:
                    if self._named is not letter:
                        self._name(letter, self._sender(letter))
                        yield
                    self._settle_envelope(letter, self._sender(letter))
                    following = take() if self._groups() else None
                    self._write(letter, following)
                    yield
                    return self._taken(), following
                except _EARLY as exc:
                    return self._plainly(letter, exc), following
        except (ReplyDeferred, ReplyRefused) as exc:
            return exc, following

    def takes(self, sender: str) -> bool:
        """Tell whether the server takes that sender at once. Raises CourierUnavailable, CourierRefused."""
        letter = Letter(number=0, sender=sender, recipient="", octets=b"")
        with self._door():
            try:
                self._name(letter, sender)
                self._settle_envelope(letter, sender)
            except (smtplib.SMTPSenderRefused, ReplyRefused):
                return False
            finally:
                self._reset()
        return True

    def check(self) -> None:
        """Connect and log in, send nothing. Raises CourierUnavailable, CourierRefused."""
        with self._door():
            self._opened().noop()

    def socket(self) -> socket.socket:
        """Return what is waited on; a mail must be under way."""
        assert self.smtp is not None and self.smtp.sock is not None
        return self.smtp.sock

    def close(self) -> None:
        """Say QUIT and forget the connection; may be called twice. Raises nothing."""
        smtp = self._forgotten()
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    def drop(self) -> None:
        """Forget the connection without a word. Raises nothing."""
        smtp = self._forgotten()
        if smtp is not None:
            smtp.close()

    def _forgotten(self) -> smtplib.SMTP | None:
        smtp, self.smtp, self._only_plain, self._named = self.smtp, None, False, None
        return smtp

    @contextlib.contextmanager
    def _door(self) -> Iterator[None]:
        try:
            yield
        except (ReplyDeferred, ReplyRefused):
            self._reset()
            raise
        except (CourierRefused, CourierUnavailable):
            self.drop()
            raise
        except (smtplib.SMTPException, OSError, ValueError) as exc:
            ours = translate(exc, self._host)
            if isinstance(ours, ReplyDeferred | ReplyRefused):
                self._reset()
            else:
                self.drop()
            raise ours from exc

    def _reset(self) -> None:
        # So that the next mail finds a clean transaction (RFC 5321 section 4.1.1.5). Where the next one's envelope is
        # there already, the one before ended with its text (section 4.1.1.4).
        try:
            if self.smtp is not None and self._named is None and self.smtp.rset()[0] != 250:
                self.drop()
        except (smtplib.SMTPException, OSError):
            self.drop()

    def _opened(self) -> smtplib.SMTP:
        self._reused = self.smtp is not None
        self.smtp = self.smtp or self._connect()
        return self.smtp

    def _groups(self) -> bool:
        return self.smtp is not None and self.smtp.has_extn("pipelining")

    def _sender(self, letter: Letter) -> str:
        return self._plain if self._only_plain else letter.sender

    def _name(self, letter: Letter, sender: str) -> None:
        """Write the envelope, or its first command where the server wants them one by one."""
        smtp = self._opened()
        self._envelope = self._commands(letter, sender)
        try:
            smtp.send(b"".join(self._envelope) if self._groups() else self._envelope[0])
        except smtplib.SMTPServerDisconnected:
            if not self._reused:
                raise
            self.drop()  # closed while idle: nothing was handed over yet, so a new connection repeats nothing
            self._name(letter, sender)
        self._named = letter

    def _commands(self, letter: Letter, sender: str) -> list[bytes]:
        """Return MAIL, RCPT and DATA; MAIL alone where there is no recipient. Source: RFC 6531, RFC 6152, RFC 1870."""
        assert self.smtp is not None
        if letter.octets and _UNWRITABLE.search(letter.recipient):  # else it would look like a fault of the server
            raise ReplyRefused("the recipient's address can't be written in a mail command")
        offers, utf8 = self.smtp.has_extn, not (sender + letter.recipient).isascii()
        if utf8 and not offers("smtputf8"):
            raise ReplyRefused(f"{self._host} takes no address with letters beyond ASCII (no SMTPUTF8)")
        options = " SMTPUTF8" if utf8 else ""
        options += " BODY=8BITMIME" if offers("8bitmime") and not letter.octets.isascii() else ""
        options += f" SIZE={len(letter.octets)}" if offers("size") else ""
        lines = [f"MAIL FROM:{smtplib.quoteaddr(sender)}{options}"]
        if letter.recipient:
            lines += [f"RCPT TO:{smtplib.quoteaddr(letter.recipient)}", "DATA"]
        if any(map(_UNWRITABLE.search, lines)):
            raise ValueError("a command would become two")
        return [f"{command}\r\n".encode() for command in lines]

    def _settle_envelope(self, letter: Letter, sender: str) -> None:
        """Read what the server says to the envelope; raise what refuses the sender, the recipient or the mail."""
        answers = self._answers()
        if answers[0][0] == 421 and self._reused:  # nothing of it was handed over yet
            self.drop()
            self._name(letter, sender)
            answers = self._answers()
        mail, recipient, data = [*answers, _NO_ANSWER, _NO_ANSWER][:3]
        if data[0] == 354 and not (mail[0] == 250 and _is_yes(recipient[0])):
            self._end_data(recipient[0])
        if mail[0] != 250 and 500 <= mail[0] < 600 and not (sender + letter.recipient).isascii():
            raise ReplyRefused(f"{self._host} refused an address with letters beyond ASCII: {plain(*mail)}")
        if mail[0] != 250:
            raise smtplib.SMTPSenderRefused(*mail, "")
        if letter.recipient and not _is_yes(recipient[0]):
            raise smtplib.SMTPRecipientsRefused({"": recipient})
        if letter.recipient and data[0] != 354:
            raise smtplib.SMTPDataError(*data)

    def _answers(self) -> Answers:
        """Return what is said to MAIL, RCPT and DATA; after a no, or "closing", no more is waited for than must be."""
        assert self.smtp is not None
        answers: Answers = []
        self._named = None
        groups = self._groups()
        for command in self._envelope:
            try:
                if answers and not groups:
                    self.smtp.send(command)
                answers.append(_whole(self.smtp))
            except smtplib.SMTPServerDisconnected:
                if answers or not self._reused:
                    raise
                return [(421, b"closed while idle")]
            code = answers[-1][0]
            if code == 421 or not (groups or _is_yes(code)):
                break
        return answers

    def _end_data(self, recipient: int) -> None:
        """End a DATA that the server let begin without a sender or a recipient. Source: RFC 2920 section 3.1."""
        assert self.smtp is not None
        if _is_yes(recipient):
            self.drop()  # a lone dot would be a mail to it, without a text
            return
        with contextlib.suppress(smtplib.SMTPServerDisconnected):
            self.smtp.send(b".\r\n")
            self.smtp.getreply()

    def _write(self, letter: Letter, following: Letter | None) -> None:
        """Write the text, and with it the envelope of the mail that comes next.

        Raises CourierUnavailable where the mail became another process's while this one stood still.
        """
        assert self.smtp is not None
        if not letter.goes():
            raise CourierUnavailable("this process stood still for too long: others send what it had begun")
        text = re.sub(rb"\r\n|\r|\n", b"\r\n", letter.octets)  # a bare CR or LF could end it early
        text = re.sub(rb"(?m)^\.", b"..", text)
        ahead: list[bytes] = []
        if following is not None:
            with contextlib.suppress(ReplyRefused):  # that is told when its turn comes
                self._envelope = ahead = self._commands(following, self._sender(following))
        self._wrote = time.monotonic()
        self.smtp.send(b"".join([text, b"" if text.endswith(b"\r\n") else b"\r\n", b".\r\n", *ahead]))
        self._reused, self._named = True, following if ahead else None

    def _taken(self) -> str:
        """Return the server's last word on a mail."""
        assert self.smtp is not None
        code, said = _whole(self.smtp)
        self.quickest = min(self.quickest, time.monotonic() - self._wrote)
        if not _is_yes(code):
            raise smtplib.SMTPDataError(code, said)
        return line(code, said)

    def _plainly(self, letter: Letter, exc: Exception) -> str:
        """Hand a mail over with the plain sender where its own one was refused for good; else raise that refusal."""
        if not self._plain or self._sender(letter) == self._plain:
            raise exc
        if not isinstance(exc, ReplyRefused) and not 500 <= reply(exc)[0] < 600:
            raise exc
        if self._named is not None:
            self.drop()  # the next one's envelope is on it
        self._reset()
        self._name(letter, self._plain)
        self._settle_envelope(letter, self._plain)
        self._write(letter, None)
        said = self._taken()
        self._only_plain = True  # so it was the sender, not the recipient
        return said


def _whole(smtp: smtplib.SMTP) -> tuple[int, bytes]:
    """Return the server's next answer; raises SMTPServerDisconnected where the line was cut within its code."""
    code, said = smtp.getreply()
    if code < 200:  # three digits, of which the first is 2 to 5 (RFC 5321 section 4.2.1)
        raise smtplib.SMTPServerDisconnected("an answer that is none")
    return code, said


def _is_yes(code: int) -> bool:
    return 200 <= code < 300
