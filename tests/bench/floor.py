"""The floor: the same fetches, commits, sends and moves as mailbot makes, and no work between them."""

from __future__ import annotations

from tests.bench.yard import Yard, lines, timed

REPLY = b"\r\n".join([b"From: info@example.com", b"Message-ID: <%d@example.com>", b"", *[b"x" * 76] * 50, b""])  # 4 KB


def contest(yard: Yard) -> int:
    store = yard.open()
    box, smtp = lines(yard)
    uids, replies, done = box.search("ALL"), [], []
    for start in range(0, len(uids), 50):
        for uid in box.fetch(uids[start : start + 50], ["BODY.PEEK[]"]):
            store.execute("INSERT INTO ledger VALUES (?, '', '', 0)", (str(uid),))
            store.commit()
            if uid % 10 != 1:  # as many as bear a tag
                done.append(uid)
                replies.append(REPLY.replace(b"%d", str(uid).encode()))
    for start in range(0, len(done), 500):
        box.move(done[start : start + 500], "Handled")
    for uid, reply in zip(done, replies, strict=True):
        smtp.sendmail("info@example.com", ["person@example.com"], reply)
        store.execute("UPDATE ledger SET sent = 1 WHERE sha256 = ?", (str(uid),))
        store.commit()
    smtp.quit()
    box.logout()
    return len(done)


if __name__ == "__main__":
    timed(contest)
