"""Puts evidence into words: a sheet of titled blocks in Kazakh or Russian, which webpage.py and paper.py print.

Every text on a sheet is plain (plain.py): one line, without letters that a page obeys. No layout stands here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from mailbot.answering.catalogue import catalogue
from mailbot.deciding.reasons import sentence
from mailbot.operating.plain import plain

LANGUAGES = ("kk", "ru")
Said = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One titled part: pairs of label and value, then a table, then sentences; each may be empty."""

    title: str
    pairs: tuple[tuple[str, str], ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    widths: tuple[float, ...] = ()  # of the table's columns, in shares; empty: all the same
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is printed."""

    language: str
    title: str
    blocks: tuple[Block, ...]
    foot: str = ""  # stands on every page
    wide: bool = False  # on its side


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    text = resources.files("mailbot.operating").joinpath("sheet.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things in one language; a code that has no words stands as it is."""

    language: str

    def word(self, name: str) -> str:
        """Return a fixed word or sentence."""
        return _words()["words"][name][self.language]

    def value(self, code: Any, group: str = "values") -> str:
        """Return the words of a code; any other value as text, "–" for nothing."""
        if isinstance(code, bool):
            code = "yes" if code else "no"
        if code in (None, "", [], ()):
            return "–"
        known = _words()[group].get(str(code))
        return known[self.language] if known else plain(str(code))

    def when(self, at: str | None) -> str:
        """Return a time as people write it; it is RFC 3339 in the clock's zone already."""
        if not at:
            return "–"
        day, _, clock = at.partition("T")
        year, month, date = day.split("-")
        return f"{date}.{month}.{year} {clock[:5]}".rstrip()

    def why(self, code: str) -> str:
        """Return the sentence of a reason as it is said to anybody, "–" for none."""
        if code in _words()["reasons"]:
            return self.value(code, "reasons")
        said = sentence(code, self.language) if code else ""
        if said == code:  # no reason of a decision: a document, an outcome, a hash
            return self.value(code, "documents" if code in _words()["documents"] else "events")
        return plain(said)

    def answer(self, template: str) -> str:
        """Return what a template of ours says, in one line."""
        entry = catalogue().get(template)
        return entry.says[self.language] if entry else plain(template)

    def detail(self, event: Said) -> str:
        """Return what an event's reason says: a sentence where it is a reason or an answer of ours, else the code."""
        return self.answer(event["detail"]) if event["what"].startswith("answer_") else self.why(event["detail"])


def evidence_sheet(said: Said, language: str) -> Sheet:
    """Return the cover sheet of a request's evidence; of a destroyed person's, the journal's sheet."""
    say = Speaker(language)
    blocks = [_request(said, say), _clocks(said, say), _matched(said, say), _proof(said, say), *_record(said, say)]
    blocks += [_mails(said, say), _answers(said, say), _by_hand(said, say), _consents(said, say), _places(said, say)]
    blocks += [_destruction(said, say), _timeline(said, say), _events(said, say), _chain(said, say)]
    title = say.word("title_journal" if said["sheet"] == "journal" else "title_evidence")
    return Sheet(
        language=language, title=f"{title} № {said['number']}",
        foot=f"№ {said['number']} · {say.when(said['made_at'])}",
        blocks=tuple(block for block in blocks if block is not None),
    )  # fmt: skip


CLOCK_COLUMNS = ("clock", "article", "started_at", "due_at", "ended_at", "ended_by", "late")

# how wide the columns of a table are, where they are not all the same
WIDTHS: dict[tuple[str, ...], tuple[float, ...]] = {
    ("file", "field", "believed", "value"): (1.0, 1.5, 0.7, 4.0),
    ("file", "received_at", "lies", "sha256", "fingerprint"): (0.9, 1.1, 1.1, 2.2, 2.2),
    ("template", "to", "sent_at", "server", "message_id", "hash"): (1.5, 1.3, 1.0, 1.5, 1.8, 2.0),
    ("at", "what", "detail"): (1.0, 2.2, 3.6),
    CLOCK_COLUMNS: (2.2, 1.4, 1.1, 1.1, 1.1, 1.4, 1.0),
    ("position", "at", "who", "what", "link"): (0.8, 1.1, 0.9, 1.9, 3.0),
}


def _table(title: str, names: tuple[str, ...], say: Speaker, rows: Iterable[tuple[str, ...]]) -> Block | None:
    found = tuple(rows)
    head = tuple(say.word(name) for name in names)
    return Block(title=title, head=head, rows=found, widths=WIDTHS.get(names, ())) if found else None


def _request(said: Said, say: Speaker) -> Block:
    request = said["request"]
    times = ("received_at", "decided_at", "due_at", "undo_until", "destroy_at", "closed_at")
    journal = said["sheet"] == "journal"
    pairs = [
        (say.word("number"), said["number"]), (say.word("kind"), say.value(request["kind"])),
        (say.word("state"), say.value(request["outcome"])), (say.word("reason"), say.why(request["reason"])),
        (say.word("row"), say.value(request["row"])), (say.word("language"), say.value(request["language"])),
        (say.word("address"), say.value(request["address"])),
        *((say.word(name), say.when(request[name])) for name in times),
        (say.word("operator"), say.value(plain(said["operator"]))),
        (say.word("contact"), say.value(plain(said["contact"]))),
        (say.word("made"), f"{say.when(said['made_at'])} ({said['timezone']})"),
        (say.word("program"), f"mailbot {said['mailbot']}"),
    ]  # fmt: skip
    sentences = (say.word("survives" if journal else "veiled"), say.word("hashes").format(number=said["number"]))
    return Block(title=say.word("b_request"), pairs=tuple(pairs), sentences=sentences)


def _clocks(said: Said, say: Speaker) -> Block | None:
    rows = (
        (say.value(each["clock"], "clocks"), say.value(each["article"]), say.when(each["started_at"]),
         say.when(each["due_at"]), say.when(each["ended_at"]), say.value(each["ended_by"], "clocks"),
         say.value(each["late"]))
        for each in said["clocks"]
    )  # fmt: skip
    return _table(say.word("b_clocks"), CLOCK_COLUMNS, say, rows)


def _matched(said: Said, say: Speaker) -> Block:
    matched = said["matched"]
    return Block(
        title=say.word("b_matched"),
        pairs=(
            (say.word("mark"), say.value(plain(matched["mark"]))),
            (say.word("rung"), say.value(matched["rung"], "rungs")),
            (say.word("policy_version"), say.value(matched["policy_version"])),
            (say.word("policy_sha256"), say.value(matched["policy_sha256"])),
        ),
    )  # fmt: skip


def _proof(said: Said, say: Speaker) -> Block:
    proven = said["authentication"]
    pairs = tuple(
        (say.word(name), say.value(proven[name])) for name in ("evidence", "counts_as", "because", "checked_here")
    )
    names = ("file", "field", "believed", "value")
    rows = tuple((each["file"], each["field"], say.value(each["believed"]), each["value"]) for each in proven["fields"])
    head = tuple(say.word(name) for name in names) if rows else ()
    return Block(title=say.word("b_proof"), pairs=pairs, head=head, rows=rows, widths=WIDTHS[names])


def _record(said: Said, say: Speaker) -> list[Block | None]:
    return [
        _table(
            say.word(title), ("field", "before", "after"), say,
            ((say.value(each["field"]), say.value(each["before"]), say.value(each["after"]))
             for each in said["record"][name]),
        )
        for name, title in (("changed", "b_record"), ("would_change", "b_waits"))
    ]  # fmt: skip


def _mails(said: Said, say: Speaker) -> Block | None:
    rows = [
        (say.value(each["file"]), say.when(each["received_at"]), _lies(each, say),
         say.value(each["file_sha256"] or each["ledger_sha256"]), say.value(each["fingerprint"]))
        for each in said["mails"]
    ]  # fmt: skip
    names = ("file", "received_at", "lies", "sha256", "fingerprint")
    return _surviving(said, _table(say.word("b_mails"), names, say, rows), (1, 4))


def _lies(mail: Said, say: Speaker) -> str:
    without = f"; {say.word('attachments_removed')}" if mail["attachments"] == "removed" else ""
    return say.value(mail["lies"]) + without


def _answers(said: Said, say: Speaker) -> Block | None:
    rows = [
        (say.answer(each["template"]), say.value(each["to"]), say.when(each["sent_at"]),
         say.value(each["server"] or each["gave_up_why"]), say.value(each["message_id"]), say.value(each["hash"]))
        for each in said["answers"]
    ]  # fmt: skip
    names = ("template", "to", "sent_at", "server", "message_id", "hash")
    return _surviving(said, _table(say.word("b_answers"), names, say, rows), (0, 2, 4, 5))


def _surviving(said: Said, block: Block | None, columns: tuple[int, ...]) -> Block | None:
    """Return a table without the columns that are empty once a person was destroyed."""
    if block is None or said["sheet"] != "journal":
        return block
    rows = tuple(tuple(row[n] for n in columns) for row in block.rows)
    head, widths = tuple(block.head[n] for n in columns), tuple(block.widths[n] for n in columns)
    return replace(block, head=head, rows=rows, widths=widths)


def _by_hand(said: Said, say: Speaker) -> Block | None:
    checked, document = said["by_hand"]["checked"], said["by_hand"]["document"]
    pairs = [(say.word("checked"), say.value(plain(checked)))] if checked else []
    if document:
        codes = [say.value(document[name], "documents") for name in ("kind", "seen")]
        times = [say.when(document[name]) for name in ("date", "recorded_at") if document[name]]
        pairs.append((say.word("document"), ", ".join([*codes, *times])))
    return Block(title=say.word("b_by_hand"), pairs=tuple(pairs)) if pairs else None


def _consents(said: Said, say: Speaker) -> Block | None:
    rows = (
        (say.value(each["purpose"]), say.when(each["given_at"]), say.value(each["source"]),
         say.value(each.get("policy_version")), say.when(each.get("withdrawn_at")))
        for each in said["consents"]
    )  # fmt: skip
    names = ("purpose", "given_at", "source", "policy_version", "withdrawn_at")
    return _table(say.word("b_consents"), names, say, rows)


def _places(said: Said, say: Speaker) -> Block | None:
    rows = (
        (say.value(each["place"]), say.value(each["what"]), say.when(each["due_at"]), say.when(each["done_at"]))
        for each in said["places"]
    )
    return _table(say.word("b_places"), ("place", "what", "due_at", "done_at"), say, rows)


def _timeline(said: Said, say: Speaker) -> Block | None:
    rows = ((say.when(each["at"]), say.value(each["what"], "events"), say.detail(each)) for each in said["timeline"])
    return _table(say.word("b_timeline"), ("at", "what", "detail"), say, rows)


def _events(said: Said, say: Speaker) -> Block | None:
    rows = (
        (say.value(each["place"]), say.when(each["at"]), say.value(each["who"]), say.value(each["what"], "events"),
         say.value(each["link"]))
        for each in said["events"]
    )  # fmt: skip
    return _table(say.word("b_events"), ("position", "at", "who", "what", "link"), say, rows)


def _chain(said: Said, say: Speaker) -> Block:
    chain = said["chain"]
    verified = chain["verified"]
    found = "not_read" if verified is None else "sound" if verified["sound"] else "broken"
    pairs = (
        (say.word("head"), chain["head"]), (say.word("events_sealed"), str(chain["sealed"])),
        (say.word("events_unsealed"), str(chain["unsealed"])), (say.word("verified"), say.word(found)),
    )  # fmt: skip
    return Block(title=say.word("b_chain"), pairs=pairs, sentences=(say.word("compare"),))


def _destruction(said: Said, say: Speaker) -> Block | None:
    gone, hashes = said["destruction"], said["address_hashes"]
    pairs = [(say.word("b_addresses"), each) for each in hashes]
    left = said["mails_left"]
    pairs += [(say.word("mails_left"), f"{say.value(name, 'folders')}: {count}") for name, count in left.items()]
    if gone is not None:
        kept = gone["sealed"]
        pairs += [
            (say.word("proof_sha256"), gone["proof_sha256"]),
            *((say.word(name), say.when(gone[name])) for name in ("proof_built_at", "destroyed_at")),
            (say.word("sealed"), say.word("kept_sealed" if kept else "not_sealed")),
            *((say.word(name), say.when(gone[name])) for name in ("sealed_until", "removed_at") if gone[name]),
        ]  # fmt: skip
    return Block(title=say.word("b_destruction"), pairs=tuple(pairs)) if pairs else None
