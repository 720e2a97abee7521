"""The operator's commands: requests list, show, release, refuse, close, undo, backlog."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from mailbot.answering.reply import Rendered
from mailbot.app import App, opened
from mailbot.cli.clocks import line as clock_line
from mailbot.cli.documents import line as document_line
from mailbot.cli.output import clean, clean_lines, print_json, tell
from mailbot.cli.parser import day
from mailbot.deciding.reasons import sentence
from mailbot.errors import UsageError
from mailbot.operating import byhand, documents, places, refusals, review, rights, timing
from mailbot.operating.shown import shown
from mailbot.store import journal

PLACE_WORDS = {
    "update": "change the data", "unsubscribe": "stop the news", "withdrawal": "stop, then erase",
    "back": "put the data back", "restore": "lift the stop, the news as `people show` says",
}  # fmt: skip
DONE_BY = {
    "operator": "ticked", "hook": "done by its hook", "law": "kept by law", "undone": "taken back",
    "superseded": "superseded by the destruction",
}  # fmt: skip


CHANGES = ("changed", "would_change")


def list_(arguments: argparse.Namespace) -> int:
    """List requests: what waits for the operator first, then by due date."""
    with opened(arguments.config) as app:
        with app.line.store.reading() as connection:
            rows = journal.select(connection, state=arguments.state, kind=arguments.kind, everything=arguments.all)
            shadows = journal.shadows(connection) if app.line.store.shadow else []
            undecided, _ = journal.unread(connection)
        language = app.settings.operator.language
        objects = [timing.listed(app.line, row) for row in rows] + _would(shadows, arguments)
        for each in objects:
            print_json(each) if arguments.json else print(_line(each, language, app))
        if not arguments.json:
            _foot(app, nothing=not objects, undecided=undecided)
    return 0


def _foot(app: App, *, nothing: bool, undecided: int) -> None:
    """Print what the list can't show: a pause, and mails that are not decided yet."""
    if app.line.store.paused:
        print("paused: no answer and no question leaves until `mailbot resume`")
    if undecided:
        print(f"mails that are not decided yet: {undecided}; they are tried again by themselves, see `mailbot check`")
    elif nothing:
        print("nothing waits")


def _would(shadows: list[Any], arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Return what shadow mode would have done, in the same shape, marked."""
    objects = []
    for row in shadows:
        state = row.summary.get("state")
        if (arguments.state and state != arguments.state) or (arguments.kind and row.kind != arguments.kind):
            continue
        if row.kind is None and not arguments.all:
            continue
        due = row.summary.get("due_at")
        objects.append(
            {
                "id": row.summary.get("number"),
                "kind": row.kind,
                "state": state,
                "reason": row.reason,
                "language": row.summary.get("language"),
                "received_at": row.received_at,
                "due_at": due,
                "address": row.summary.get("address"),
                "message_id": row.summary.get("message_id"),
                "open": row.summary.get("open", []),
                "shadow": True,
            }
        )
    return objects


def _line(each: dict[str, Any], language: str, app: App) -> str:
    zone = app.line.rules.deadlines.zone
    due = each["due_at"]
    if isinstance(due, str):
        due = datetime.fromisoformat(due)
    until = f"until {due.astimezone(zone):%d.%m.%Y %H:%M}" if due else ""
    would = "would be " if each.get("shadow") else ""
    waits = f" [{', '.join(each['open'])}]" if each["open"] else ""
    ended = each.get("outcome", each["state"]).replace("_", " ")
    what = f"{each['kind'] or '-':12} {would}{ended}{waits}"
    head = f"{each['id']}  {what}  {clean(each['address'] or '-')}  {until}".rstrip()
    return f"{head}\n        {sentence(each['reason'], language)}"


def show(arguments: argparse.Namespace) -> int:
    """Show one request with its replies and events."""
    with opened(arguments.config) as app:
        result = shown(app.line, arguments.id)
        if arguments.json:
            print_json(result)
        else:
            _show_words(result, app)
    return 0


def _change(each: dict[str, str]) -> str:
    """Return one field of the record, before and after."""
    return f"{each['field']}: {each['before'] or '-'} → {each['after'] or '-'}"


def _place(each: dict[str, Any], when: Callable[[datetime | None], str]) -> str:
    """Return what one other place has to do, or did."""
    head = f"{each['place']}: {PLACE_WORDS[each['what']]}"
    if each["done_at"]:
        return f"{head}: {DONE_BY[each['done_by']]} {when(each['done_at'])}"
    parts = [each["identifier"], each["how"]]
    if each["shared"]:
        parts.append("somebody else on file has this too: erase only this person's entry")
    parts += [_called(call) for call in each["calls"] if not (call["delivered_at"] or call["dropped"])]
    until = "once the data are destroyed here" if each["early"] else f"until {when(each['due_at'])}"
    return "; ".join([f"{head} {until}", *(part for part in parts if part)])


def _called(call: dict[str, Any]) -> str:
    if call["dead_at"]:
        return f"its hook gave up after {call['tries']} tries ({call['answer']}): do it there by hand, then tick it"
    return f"its hook was tried {call['tries']} times ({call['answer'] or 'not yet'})"


def tick(arguments: argparse.Namespace) -> int:
    """Note that a place did what it had to."""
    with opened(arguments.config) as app:
        places.tick(app.line, arguments.id, arguments.place)
    print(f"{arguments.id.upper()}: {arguments.place} is done")
    return 0


def _unsent(gave_up: str) -> str:
    """Return why a mail was not sent."""
    if gave_up == "deceased":
        return "not sent (no mail goes to that person any more)"
    if gave_up == "capped":
        return "not sent (capped: this address had its share of questions and receipts)"
    return f"not sent ({gave_up})" if gave_up else "owed"


def _meant(status: str) -> str:
    """Return what a status of RFC 3463 says, in plain words."""
    known = {"1": "there is no such address", "2": "the mailbox is full or closed", "7": "that server does not want it"}
    return known.get(status[2:3], "not delivered") if status.startswith(("4.", "5.")) else "not delivered"


def _show_words(result: dict[str, Any], app: App) -> None:
    language, zone = app.settings.operator.language, app.line.rules.deadlines.zone

    def when(value: datetime | None) -> str:
        return f"{value.astimezone(zone):%d.%m.%Y %H:%M}" if value else "-"

    print(_line(result, language, app))
    rows = [
        ("received", when(result["received_at"])), ("mark", f"{result['tag'] or '-'} ({result['rung']})"),
        ("sender", f"{result['evidence']} ({result['because']})"), ("undo until", when(result["undo_until"])),
        ("destroyed" if result["reason"] == "destroyed" else "destroy after", when(result["destroy_at"])),
        ("checked", result["checked"] or "-"),
    ]  # fmt: skip
    if result["purged_at"]:
        rows.append(("details", f"blanked {when(result['purged_at'])}: kept no longer (policy.toml, retention)"))
    rows += [("mails left", f"{count} in {name}") for name, count in result["mails_left"].items()]
    if result["document"]:
        rows.append(("document", document_line(result["document"], when(result["document"]["recorded_at"]))))
    rows += [("clock", clock_line(each, app, when)) for each in result["clocks"]]
    rows += [("asks", f"{name} = {value}") for name, value in result["fields"].items()]
    rows += [(name.replace("_", " "), _change(each)) for name in CHANGES for each in result[name]]
    rows += [("waits", f"{each['field']} for {each['waits_for']}") for each in result["pending"]]
    rows += [("place", _place(each, when)) for each in result["places"]]
    for each in result["replies"]:
        state = f"sent {when(each['sent_at'])}" if each["sent_at"] else _unsent(each["gave_up"])
        rows.append(("answer", f"{each['template']} to {each['to'] or '(forgotten)'}: {state} {each['answer']}"))
        if each["bounced_at"]:
            said = f"{_meant(each['bounced_status'])} ({each['bounced_status']} {each['bounced_why']}".rstrip() + ")"
            rows.append(("came back", f"{each['template']} {when(each['bounced_at'])}: {said}"))
    if result["wrong_tokens"]:
        last = when(result["wrong_tokens_last_at"])
        rows.append(("wrong tokens", f"mails of this writer with codes not his: {result['wrong_tokens']}, last {last}"))
    rows += [("event", f"{when(e['at'])} {e['who']}: {e['what']} {e['reason']}") for e in result["events"]]
    for name, value in rows:
        print(f"  {name:13} {clean(value)}")


def release(arguments: argparse.Namespace) -> int:
    """Carry a request out."""
    with opened(arguments.config) as app:
        if documents.is_missing(app.line, arguments.id):
            tell("no document is on record for it: `mailbot requests document ID` says which one you saw, also later")
        asked = (app.line, arguments.id, arguments.person, arguments.checked)
        if arguments.preview:
            return _preview(arguments.id.upper(), *rights.preview(*asked))
        done = rights.release(*asked)
    print(f"{arguments.id.upper()}: {done}")
    return 0


def _preview(number: str, would: str, mails: list[Rendered]) -> int:
    """Print what a release would do and the mails it would send."""
    for mail in mails:
        text = mail.body.rpartition("\n\n[")[0]  # without the line that only mailbot reads
        print(f"to {clean(mail.recipient)}: {clean(mail.subject)}\n\n{clean_lines(text)}\n")
    print(f"{number}: would be released ({would}); nothing was changed or sent")
    return 0


def refuse(arguments: argparse.Namespace) -> int:
    """Refuse a request."""
    with opened(arguments.config) as app:
        refusals.refuse(app.line, arguments.id, arguments.reason, arguments.note)
    print(f"{arguments.id.upper()}: refused ({arguments.reason})")
    return 0


def close(arguments: argparse.Namespace) -> int:
    """Close a request without an answer; or all whose mails the operator answered or moved in her mail app."""
    if bool(arguments.id) == arguments.moved:
        raise UsageError("requests close: the request's number, or --moved")
    with opened(arguments.config) as app:
        if arguments.moved:
            print(f"recorded as yours: {byhand.close_moved(app.line, app.mailbox)}")
            return 0
        review.close(app.line, arguments.id)
    print(f"{arguments.id.upper()}: closed")
    return 0


def deceased(arguments: argparse.Namespace) -> int:
    """End all mail to a person who has died; show the letter to whoever wrote, or send it."""
    from mailbot.operating.deceased import deceased as stop

    with opened(arguments.config) as app:
        letter = stop(app.line, arguments.id, arguments.person, send=arguments.send)
    number = arguments.id.upper()
    print(f"{number}: no mail goes to that person any more; the record is blocked until `people unblock`\n")
    print(clean_lines(letter))
    print(f"\n{'sent' if arguments.send else f'not sent: add --send, or phone, then `requests close {number}`'}")
    return 0


def undo(arguments: argparse.Namespace) -> int:
    """Take back what a request changed."""
    with opened(arguments.config) as app:
        review.undo(app.line, arguments.id)
    print(f"{arguments.id.upper()}: undone")
    return 0


def backlog(arguments: argparse.Namespace) -> int:
    """Put older requests before the operator as held."""
    from mailbot.operating.backlog import hold_older

    first = day(arguments.since)
    with opened(arguments.config) as app:
        since = datetime.combine(first, time(0), app.line.rules.deadlines.zone)
        count = hold_older(app.mailbox, app.line, since)
    print(f"{count} older mails wait for you: `mailbot requests list`")
    return 0
