"""The yardstick: what one writes first. One mail at a time with the standard library, a MOVE each."""

from __future__ import annotations

import email
import hashlib
import imaplib
import smtplib
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from tests.bench.yard import REPLY, Yard, change, kind_of, timed


def contest(yard: Yard) -> int:
    store = yard.open()
    box = imaplib.IMAP4("127.0.0.1", yard.imap)
    box.login(yard.user, "secret")
    box.create("Handled")
    box.select("INBOX")
    smtp = smtplib.SMTP("127.0.0.1", yard.smtp)
    sent = 0
    for uid in box.uid("SEARCH", "UNSEEN")[1][0].split():
        octets = box.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1][0][1]  # type: ignore[index]
        assert isinstance(octets, bytes)
        message = email.message_from_bytes(octets, policy=policy.default)
        kind, writer = kind_of(message), parseaddr(message["From"])[1]
        if not kind:
            continue
        part = message.get_body(("plain",))  # type: ignore[attr-defined]
        change(store, kind, writer, part.get_content())
        store.execute("INSERT INTO ledger VALUES (?, ?, ?, 0)", (hashlib.sha256(octets).hexdigest(), writer, kind))
        store.commit()
        reply = EmailMessage()
        reply["From"], reply["To"], reply["Subject"] = "info@example.com", writer, f"Re: {message['Subject']}"
        reply["Date"], reply["Message-ID"] = formatdate(), make_msgid(domain="example.com")
        reply.set_content(REPLY.format(date=message["Date"], kind=kind))
        smtp.send_message(reply)
        box.uid("MOVE", uid.decode(), "Handled")
        sent += 1
    smtp.quit()
    box.logout()
    return sent


if __name__ == "__main__":
    timed(contest)
