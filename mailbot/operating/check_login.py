"""What `check` says of how the mailbox is logged in: with a password, or by `mailbot login`, and since when."""

from __future__ import annotations

from mailbot.oauth.access import Access
from mailbot.oauth.credentials import of_courier, of_mailbox
from mailbot.operating.finding import Parts, Said
from mailbot.urls import mailbox_url

HOW = {"google": "Google", "microsoft": "Microsoft", "custom": "the server of [oauth]"}


def login(parts: Parts) -> Said:
    """Look over the login: by which way, when its token was renewed last, what to do where it is gone."""
    doors = {"mailbox": of_mailbox(parts.folder, parts.settings), "courier": of_courier(parts.folder, parts.settings)}
    by_token = [name for name, credential in doors.items() if isinstance(credential, Access)]
    if not by_token:
        if parts.settings.oauth.provider:
            yield "wrong", "[oauth] logs nothing in: mailbox and courier are no servers of that provider"
        elif mailbox_url(parts.settings.mailbox.url).scheme != "maildir":
            yield "ok", "by a password"
        return
    who = HOW[parts.settings.oauth.provider]
    access = next(credential for credential in doors.values() if isinstance(credential, Access))
    grant, zone = access.known(), parts.line.rules.deadlines.zone
    at = f"renewed last {grant.refreshed_at.astimezone(zone):%d.%m.%Y %H:%M}"
    if grant.refused_at is not None:
        since = f"{grant.refused_at.astimezone(zone):%d.%m.%Y %H:%M}"
        yield (
            "wrong",
            f"gone ({who} refused it {since}, {at}): run `mailbot login`; mail waits in INBOX",
        )
        return
    since = f"{grant.logged_in_at.astimezone(zone):%d.%m.%Y}"
    yield "ok", f"{' and '.join(by_token)} by OAuth of {who} since {since}, {at}"
