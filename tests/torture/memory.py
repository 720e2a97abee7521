"""Print how much memory a process uses that reads mail for long: python -m tests.torture.memory FOLDER MAILS…

FOLDER is an installation on a Maildir; MAILS are the counts after which the resident size is printed, in KB.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from mailbot.app import build
from mailbot.urls import mailbox_url

AT_ONCE = 250
LINES = (
    "Authentication-Results: mx.example.kz; dmarc=pass header.from=example.com",
    "Received: from mail.example.com by mx.example.kz; Mon, 1 Sep 2025 10:00:00 +0500",
    "From: person{number}@example.com",
    "To: info@example.kz",
    "Subject: Question {number}",
    "Message-ID: <m{number}@example.com>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "",
    "When does course number {number} begin?",
    "",
)


def resident() -> int:
    """Return the resident size of this process in KB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    raise LookupError("VmRSS")


def main() -> None:
    """Deliver, make passes, measure."""
    folder, counts = Path(sys.argv[1]), [int(each) for each in sys.argv[2:]]
    app = build(folder, dns=lambda: None)
    box = mailbox_url(app.settings.mailbox.url).path / "new"
    done = 0
    while done < counts[-1]:
        for number in range(done, done + AT_ONCE):
            text = "\r\n".join(LINES).format(number=number)
            (box / f"letter.{number:07}").write_text(text, encoding="utf-8", newline="")
        app.poll()
        for number in range(done, done + AT_ONCE):  # the operator reads them and puts them away
            (box / f"letter.{number:07}").unlink()
        done += AT_ONCE
        if done in counts:
            gc.collect()
            print(done, resident(), flush=True)
    app.close()


if __name__ == "__main__":
    main()
