"""Well-known houses that keep mailboxes, by the name of the host: who keeps the mail, and in which country."""

from __future__ import annotations

PROVIDERS = {  # the last labels of a mailbox's host → who keeps the mail, as the templates name it
    "gmail.com": "google", "googlemail.com": "google", "google.com": "google", "yandex.com": "yandex",
    "yandex.ru": "yandex", "yandex.kz": "yandex", "mail.ru": "mailru", "office365.com": "microsoft",
    "outlook.com": "microsoft", "mail.me.com": "apple",
}  # fmt: skip
WHERE = {  # the same → its name, and where it says that mail lies
    "google": ("Google", "the USA and other countries"), "yandex": ("Yandex", "Russia"),
    "mailru": ("Mail.ru", "Russia"), "microsoft": ("Microsoft", "the USA and other countries"),
    "apple": ("Apple", "the USA"),
}  # fmt: skip


def provider(host: str) -> str:
    """Return who keeps the mailboxes of a host, "" where it is none of the well-known."""
    labels = host.lower().rstrip(".").split(".")
    tails = [".".join(labels[start:]) for start in range(len(labels))]
    return next((PROVIDERS[tail] for tail in tails if tail in PROVIDERS), "")
