"""Which folder is the one for sent mail, drafts, junk: a mark before a name, a name at the top alone."""

from __future__ import annotations

import pytest

from mailbot.intake.folders import special


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ([((rb"\HasNoChildren",), b"/", "INBOX")], {}),
        ([((rb"\Sent",), b"/", "Outgoing"), ((), b"/", "Sent")], {"sent": "Outgoing"}),
        ([((), b"/", "Sent"), ((rb"\SENT", rb"\Junk"), b"/", "x")], {"sent": "x", "junk": "x"}),
        ([((), b"/", "Отправленные"), ((), b"/", "Черновики"), ((), b"/", "Спам")],
         {"sent": "Отправленные", "drafts": "Черновики", "junk": "Спам"}),
        ([((), b".", "INBOX.Sent Items"), ((), b".", "INBOX.Junk")],
         {"sent": "INBOX.Sent Items", "junk": "INBOX.Junk"}),
        ([((), b"/", "Жіберілген хаттар"), ((), b"/", "Қалаусыз пошта")],
         {"sent": "Жіберілген хаттар", "junk": "Қалаусыз пошта"}),
        ([((), b"/", "Customers/Sent"), ((), b"/", "Archive/2024/Drafts")], {}),
        ([((rb"\Noselect",), b"/", "Sent"), ((rb"\NonExistent", rb"\Drafts"), b"/", "Drafts")], {}),
        ([((rb"\All",), b"/", "[Gmail]/Вся почта"), ((rb"\Trash",), b"/", "[Gmail]/Корзина"),
          ((), b"/", "[Gmail]/Drafts")],
         {"all": "[Gmail]/Вся почта", "trash": "[Gmail]/Корзина", "drafts": "[Gmail]/Drafts"}),
        ([((), None, "Sent")], {"sent": "Sent"}),
        ([((), b"/", "Sent by me")], {}),
    ],
)  # fmt: skip
def test_a_mark_counts_before_a_name(listed: list[tuple[tuple[bytes, ...], bytes, str]], told: dict[str, str]) -> None:
    assert special(listed) == told
