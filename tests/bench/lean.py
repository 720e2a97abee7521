"""A lean batch script: fetches and moves by fifties, one commit a mail and one a sent mark, one SMTP connection."""

from __future__ import annotations

import email
import hashlib
from email.mime.text import MIMEText
from email.utils import formatdate, make_msgid, parseaddr

from tests.bench.yard import REPLY, Yard, change, kind_of, lines, timed


def contest(yard: Yard) -> int:
    store = yard.open()
    box, smtp = lines(yard)
    sent, uids = 0, box.search(["UNSEEN"])
    for start in range(0, len(uids), 50):
        done = []
        for uid, found in box.fetch(uids[start : start + 50], ["BODY.PEEK[]"]).items():
            octets = found[b"BODY[]"]
            message = email.message_from_bytes(octets)
            kind, writer = kind_of(message), parseaddr(message["From"])[1]
            if not kind:
                continue
            plain = next(part for part in message.walk() if part.get_content_type() == "text/plain")
            payload = plain.get_payload(decode=True)
            assert isinstance(payload, bytes)
            change(store, kind, writer, payload.decode())
            key = hashlib.sha256(octets).hexdigest()
            store.execute("INSERT INTO ledger VALUES (?, ?, ?, 0)", (key, writer, kind))
            store.commit()
            reply = MIMEText(REPLY.format(date=message["Date"], kind=kind))
            reply["From"], reply["To"], reply["Subject"] = "info@example.com", writer, message["Subject"]
            reply["Date"], reply["Message-ID"] = formatdate(), make_msgid(domain="example.com")
            smtp.sendmail("info@example.com", [writer], reply.as_bytes())
            store.execute("UPDATE ledger SET sent = 1 WHERE sha256 = ?", (key,))
            store.commit()
            done.append(uid)
        box.move(done, "Handled")
        sent += len(done)
    smtp.quit()
    box.logout()
    return sent


if __name__ == "__main__":
    timed(contest)
