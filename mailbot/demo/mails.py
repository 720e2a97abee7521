"""The demo's invented people and mails. Data, and the little that makes RFC 5322 octets of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import Message
from email.utils import format_datetime

BOX = "info@example.kz"
HOST = "mx.example.kz"
PEOPLE = """\
surname,given_name,patronymic,email,phone,birth_date,birth_place,news,consent_at,consent_source
Сәрсенова,Айгүл,Болатқызы,aigul@example.com,+77010000001,1990-05-05,Алматы қ.,yes,2025-01-10,site form
Серикова,Динара,,dinara@example.com,+77010000002,,,yes,2025-01-11,site form
Smith,Alice,,alice@example.com,+77010000003,,,yes,2025-01-12,site form
Жұмабеков,Дәурен,Серікұлы,dauren@example.com,,,,yes,2025-01-13,site form
Оспанов,Марат,,marat@example.com,+77010000005,,,yes,2025-01-14,site form
Қасымова,Сәуле,,saule@example.com,,,,yes,2025-01-15,site form
Miller,John,,john@example.com,,,,yes,2025-01-16,site form
Ким,Алина,,family@example.com,+77010000008,,,yes,2025-01-17,site form
Ким,Виктор,,family@example.com,,,,yes,2025-01-17,site form
"""
Sent = Callable[[str], Message]  # address → the last mail that we sent there


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One mail of the story."""

    title: str  # what it shows
    writer: str
    subject: str
    octets: bytes


def make(title: str, writer: str, subject: str, body: str, at: datetime, **extra: object) -> Sample:
    """Return a mail; `proven` False leaves out what the mail server says of its sender."""
    domain = writer.rpartition("@")[2]
    headers = [f"Received: from mail.{domain} by {HOST}; {format_datetime(at)}"]
    if extra.get("proven", True):
        headers.insert(0, f"Authentication-Results: {HOST}; dmarc=pass header.from={domain}")
    headers += [
        f"From: {writer}", f"To: {BOX}", f"Subject: {Header(subject, 'utf-8').encode()}", f"Date: {format_datetime(at)}",
        f"Message-ID: <{abs(hash((title, at)))}@{domain}>", *[str(line) for line in extra.get("headers", ())],  # type: ignore[attr-defined]
        "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit",
    ]  # fmt: skip
    octets = "\r\n".join([*headers, "", *body.split("\n")]).encode()
    return Sample(title=title, writer=writer, subject=subject, octets=octets)


def first_mails(at: datetime) -> list[Sample]:
    """Return the mails that start the story."""
    return [
        make("an update, in Kazakh", "aigul@example.com", "Дербес деректерді өзектендіру", "Сәлеметсіз бе!\nЖаңа нөмірім: +7 701 234 56 78\n\nРахмет, Айгүл", at),
        make("a new e-mail address, in Russian", "dinara@example.com", "Актуализация персональных данных", "Добрый день!\nПрошу заменить почту на dinara.new@example.com\n", at),
        make("an update that names nothing, in English", "alice@example.com", "Updating personal data", "Hello, please update my data.\n", at),
        make("no more news, typed without Kazakh letters", "dauren@example.com", "Хабарламалардан бас тарту", "", at),
        make("a withdrawal, in Russian", "marat@example.com", "Отзыв согласия на обработку персональных данных", "Прошу удалить мои данные.\n", at),
        make("a withdrawal, in Kazakh", "saule@example.com", "Дербес деректерді өңдеуге келісімді кері қайтарып алу", "", at),
        make("a spoofed withdrawal: anybody can type this From", "john@example.com", "Withdrawal of consent to the processing of personal data", "Delete everything.\n", at, proven=False),
        make("an unsubscribe of somebody unknown, proven", "lena@example.org", "Отписка", "", at),
        make("an unsubscribe of somebody unknown, unproven", "guest@example.org", "Unsubscribe", "", at, proven=False),
        make("an update of somebody unknown", "nurlan@example.org", "Дербес деректерді өзектендіру", "Телефон: 8 705 555 66 77\n", at),
        make("one address, two people", "family@example.com", "Актуализация персональных данных", "Телефон: 8 702 000 00 09\nАлина Ким\n", at),
        make("the opposite of a withdrawal", "alice@example.com", "Не отзываю согласие на обработку персональных данных", "", at),
        make("subject and text disagree", "alice@example.com", "Актуализация персональных данных", "Согласие отзываю, удалите все мои данные.\n", at),
        make("a question about one's data", "dauren@example.com", "Какие мои данные вы храните?", "Здравствуйте, какие мои персональные данные вы храните?\n", at),
        make("a customer's ordinary mail", "vera@example.org", "Вопрос о курсе", "Здравствуйте! Когда начинается курс?\n", at),
        make("an out-of-office answer", "boss@example.org", "Автоответ: Отзыв согласия на обработку персональных данных", "Я в отпуске.\n", at, headers=["Auto-Submitted: auto-replied"]),
        make("two From fields", "alice@example.com", "Updating personal data", "Phone: +7 701 999 99 99\n", at, headers=["From: thief@example.org"]),
    ]  # fmt: skip


def reply(title: str, writer: str, text: str, at: datetime, sent: Message, proven: bool = True) -> Sample:
    """Return an answer as a phone writes it: the text on top, our mail quoted below."""
    body = sent.get_payload(decode=True)
    assert isinstance(body, bytes)
    quoted = "\n".join(f"> {row}" for row in body.decode().splitlines())
    thread = [f"In-Reply-To: {sent['Message-ID']}", f"References: {sent['Message-ID']}"]
    return make(title, writer, "Re:", f"{text}\n\n{quoted}", at, headers=thread, proven=proven)


def answers(at: datetime, sent: Sent) -> list[Sample]:
    """Return what people write back to our first answers."""
    new = "dinara.new@example.com"
    return [
        reply("the new address says yes", new, "Да", at, sent(new)),
        reply("the data that we had asked for", "alice@example.com", "Phone: +7 701 777 88 99", at, sent("alice@example.com")),
        reply("the spoofed withdrawal is denied", "john@example.com", "No, not me.", at, sent("john@example.com"), proven=False),
        reply("a withdrawal becomes the smaller wish", "saule@example.com", "Тек хат", at, sent("saule@example.com")),
        reply("the person at the shared address says yes", "family@example.com", "Да, подтверждаю.", at, sent("family@example.com")),
        reply("news again", "dauren@example.com", "Қайтару", at, sent("dauren@example.com")),
    ]  # fmt: skip


def thanks(at: datetime, sent: Sent) -> Sample:
    """Return a courtesy that needs no answer."""
    return reply("thanks", "aigul@example.com", "Рахмет!", at, sent("aigul@example.com"))
