"""Sample values for each template: what `Templates.check` and the tests render. Data only; invented throughout."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, get_args

from mailbot.reading.claim import FIELD_NAMES, Kind

NOW = datetime(2026, 11, 23, 9, 6, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
FRAME: dict[str, Any] = {
    "number": "K7Q2", "kind": "update", "received_at": NOW - timedelta(minutes=1), "now": NOW,
    "mailbox": "info@example.kz", "operator_name": "Example Courses", "operator_contact": "+7 700 000 00 00",
    "timezone": "Asia/Almaty", "articles": {},
}  # fmt: skip
_PENDING = [{"field": "email", "waits_for": "new_address"}, {"field": "birth_date", "waits_for": "operator"}]
_UNCLEAR = [{"field": "birth_date", "why": "two_digit_year"}, {"field": "phone", "why": "no_such_reason"}]
_DOUBTS = [{"field": "surname", "why": "ambiguous_name"}, {"field": "phone", "why": "which_phone"}]
_CHANGED = [
    {"field": "phone", "before": "+7 701 *** ** 67", "after": "+7 747 *** ** 22"},
    {"field": "surname", "before": "А***", "after": "С***"},
    {"field": "email", "before": "a***@example.kz", "after": "a***@example.com"},
    {"field": "patronymic", "before": "С***", "after": ""},
    {"field": "birth_place", "before": "", "after": "Т***"},
    {"field": "birth_date", "before": "", "after": ""},
    {"field": "given_name", "before": "А***", "after": "А***"},
]
_KINDS = ["update", "withdrawal"]
_ITEM = {
    "number": "K7Q2",
    "kind": "withdrawal",
    "reason_text": "obligations",
    "address": "a@example.kz",
    "due_at": NOW,
    "clock": "destroy",
    "left": 4_000,
    "by_hand": "",
}
_WHERE: list[dict[str, Any]] = [
    {"name": "list", "preset": "newsletter", "title": "", "due_at": LATER, "law": "", "term": "", "what": "withdrawal"},
    {"name": "wa", "preset": "", "title": "WhatsApp", "due_at": LATER, "law": "", "term": "", "what": "withdrawal"},
    {"name": "books", "preset": "accounting", "title": "", "due_at": None, "law": "Tax Code, art. 50",
     "term": "5 years", "what": "withdrawal"},
]  # fmt: skip
_ERASING = [[], [{**_WHERE[1], "due_at": None}], _WHERE[2:], _WHERE]
_PLACES = [[], [{**each, "what": "update"} for each in _WHERE[:2]]]
_TASKS = [
    {"place": "list", "preset": preset, "what": what, "identifier": who, "how": how, "early": early}
    for what, who, how, early, preset in (
        ("withdrawal", "a@example.kz", "", True, "newsletter"), ("back", "", "in the app", False, ""),
        ("restore", "", "", False, ""),
        ("update", "", "", False, ""),
    )
]  # fmt: skip
_FOLDERS = ["inbox", "sent", "drafts", "junk"]
_CODES = ["obligation", "kept_by_law", "not_confirmed", "not_yours", "no_document", "not_held", "unclear", "other"]
_QUOTE = dict.fromkeys(("kk", "ru", "en"), "Law on Personal Data, article 8(2)")
_QUOTES: list[dict[str, dict[str, str]]] = [{"obligation": _QUOTE, "kept_by_law": _QUOTE}, {}]
_CLOCKS = [("", 0), ("own", 5), ("answer", 75), ("refuse", 0), ("correct", -90), ("stop", 20_000), ("x", 9)]
_TOKEN = "previewpreviewpreviewprevi"
_CARD = {
    **_ITEM,
    "places": [],
    "at": 2,
    "token": _TOKEN,
    "suggested": False,
    "proof": False,
    "by_hand": "",
    "wants": [],
}
_WANTS = [
    {"field": "phone", "before": "+77010000001", "after": "+77010000002"},
    {"field": "surname", "before": "", "after": "Ахметова"}, {"field": "email", "before": "", "after": ""},
]  # fmt: skip
_ASKS = ("obligations", "review", "answer", "wait", "nothing", "place")
_ORDERS = {"release": "Carry out", "not_confirmed": "Refuse (not confirmed)", "close": "Not a request", "undo": "Undo"}
_BY_HAND = ("answered_by_hand", "moved_by_hand")
_WHY = ["no_such_reason", "look_at_attachment", "subject_body_disagree"]

_PERSON: dict[str, Any] = {
    "surname": "Сәрсенова", "given_name": "Әлия", "patronymic": None, "birth_date": NOW.date(), "birth_place": "",
    "email": "aliya@example.kz", "phone": "+77010000001", "created_at": NOW, "blocked": "", "disputed": False,
    "blocked_until": None, "address_changed_at": None, "changed_fields": [],
}  # fmt: skip
_PERSONS = [
    {**_PERSON, "blocked": "withdrawal", "blocked_until": LATER, "address_changed_at": NOW},
    {**_PERSON, "blocked": "obligation", "changed_fields": ["phone"]}, {**_PERSON, "disputed": True}, _PERSON,
]  # fmt: skip
_CONSENT = {"purpose": "news", "given_at": NOW, "source": "site form", "given_by": "import", "policy_version": "1",
            "text": "0f" * 6, "proof": "a7" * 6, "withdrawn_at": LATER, "withdrawn_by": "K7Q2"}  # fmt: skip
_BARE = {"given_at": None, "source": "", "given_by": None, "text": "", "proof": "", "withdrawn_at": None,
         "withdrawn_by": ""}  # fmt: skip
_REQUEST = {
    "id": "K7Q2", "kind": "update", "state": "applied", "by_hand": False, "received_at": NOW, "due_at": LATER,
    "decided_at": NOW, "closed_at": LATER, "tag": "A mark of the policy", "level": "authenticated",
    "address": "aliya@example.kz", "checked": True, "stated": [{"field": "phone", "value": "+77010000001"}],
    "changed": _CHANGED[:2], "undo_until": LATER, "destroy_at": LATER, "document_kind": "passport",
    "document_seen": "egov", "document_date": NOW.date(), "document_at": NOW,
}  # fmt: skip
_PLAIN = {**_REQUEST, "by_hand": True, "kind": None, "state": "left", "due_at": None, "closed_at": None, "tag": None,
          "level": "none", "address": "", "checked": False, "stated": [], "changed": [], "undo_until": None,
          "destroy_at": None, "document_kind": None}  # fmt: skip
_SENT = {"number": "K7Q2", "created_at": NOW, "sent_at": NOW, "gave_up_at": None, "bounced_at": LATER}
_ASKED = {"number": "", "asked_at": NOW, "closed_at": None, "outcome": ""}
_SPAN = {"count": 2, "first": NOW, "last": LATER}
_SAID = dict.fromkeys(("kk", "ru", "en"), "as the policy says")
_PROCESSING = dict.fromkeys(("purposes", "ways", "term", "recipients", "abroad"), _SAID)
# template -> value -> what it may be; every combination is rendered
VALUES: dict[str, dict[str, list[Any]]] = {
    "update-applied": {"places": _PLACES,
                       "changed": [_CHANGED[:1], _CHANGED], "pending": [[], _PENDING],
                       "unclear": [[], _UNCLEAR], "undo_until": [None, LATER], "due_at": [None, LATER]},
    "update-waiting": {"pending": [[], _PENDING], "unclear": [[], _UNCLEAR], "due_at": [LATER]},
    "ask": {"unclear": [[], _DOUBTS, _UNCLEAR], "missing": [[], list(FIELD_NAMES), ["surname"]], "due_at": [LATER]},
    "ask-again": {"about": ["challenge", "ask"], "unclear": [[], _UNCLEAR], "missing": [[], ["surname"]]},
    "challenge": {"kind": _KINDS, "asked_at": [NOW], "due_at": [LATER], "news_stopped": [False, True]},
    "new-address": {"due_at": [LATER]},
    "address-changed": {"undo_until": [None, LATER]},
    "address-kept": {"rest": ["", "done", "operator"]},
    "withdrawal-stopped": {"places": _ERASING, "kind": ["withdrawal"],
                           "destroy_at": [None, LATER], "obligations": [True, False],
                           "due_at": [None, LATER]},
    "withdrawal-notice": {"kind": ["withdrawal"], "destroy_at": [None, LATER]},
    "withdrawal-partial": {"places": _ERASING, "kind": ["withdrawal"], "kept": [[], list(FIELD_NAMES)],
                           "code": _CODES[:2], "note": ["Some words."], "until": [None, LATER, LATER.date()],
                           "articles": _QUOTES},
    "destroyed": {"places": _ERASING, "kind": ["withdrawal"], "destroyed_at": [NOW],
                  "mails": ["erased", "partly", "kept"], "left": [{"inbox": 2}, dict.fromkeys(("done", *_FOLDERS), 3)],
                  "sealed_until": [None, LATER.date()]},
    "mails-left": {"addresses": [["a@example.kz"], ["a@example.kz", "b@example.kz"]], "kind": ["withdrawal"],
                   "left": [{"sent": 1}, dict(zip(_FOLDERS, (2, 1, 3, 1), strict=True))]},
    "unsubscribed": {"places": _PLACES, "kind": ["unsubscribe"], "other_kind": [None, *_KINDS]},
    "not-on-list": {"places": _PLACES, "kind": ["unsubscribe"], "other_kind": [None, *_KINDS]},
    "not-stored": {"kind": _KINDS, "news_suppressed": [False, True], "due_at": [LATER]},
    "form-question": {"kind": ["form"], "asked_at": [NOW], "due_at": [LATER], "news": [False, True]},
    "form-taken": {"kind": ["form"]},
    "received": {"kind": ["", *reversed(get_args(Kind))], "why": _WHY, "due_at": [None, LATER]},
    "answer-later": {"due_at": [LATER]},
    "undone": {"undone_kind": ["unsubscribe", *_KINDS]},
    "undone-notice": {"undone_kind": ["unsubscribe", *_KINDS]},
    "only-news": {"places": _PLACES, "undone_kind": ["withdrawal"]},
    "resubscribed": {"kind": ["resubscribe"]},
    "condolence": {"kind": [""], "stopped": ["news", "all"]},
    "access": {
        "kind": ["access"], "held": [False, True], "person": _PERSONS, "former": [2], "forms": [1], "years": [3],
        "raw_days": [30], "ledger_days": [90], "backup_days": [30],
        "consents": [[_CONSENT, {**_CONSENT, **_BARE}]], "requests": [[_PLAIN, _REQUEST]],
        "letters": [[_SENT, {**_SENT, "number": "", "sent_at": None, "bounced_at": None}]],
        "questions": [[_ASKED, {**_ASKED, "closed_at": NOW, "outcome": "yes", "number": "K7Q2"}]],
        "tasks": [[{"place": "list", "what": "update", "identifier": "+77010000001", "opened_at": NOW,
                    "done_at": NOW}]],
        "proof": [[{"built_at": NOW, "until": LATER}, {"built_at": NOW, "until": None}]],
        "suppression": [[{"purpose": "news", "since": NOW, "until": LATER},
                         {"purpose": "processing", "since": NOW, "until": None}]],
        "wrong_token": [[{"count": 2, "last_at": NOW}]], "place_id": [[{"place": "list", "value": "42"}]],
        "obligation": [[{"until": NOW.date(), "opened_at": NOW, "closed_at": LATER}]],
        "counted": [dict.fromkeys(("mail", "event", "hook_call"), _SPAN)], "where": [[], _WHERE],
        "processing": [{name: {} for name in _PROCESSING}, _PROCESSING], "provider": ["", "google"],
        "host": ["", "mx.example.kz"],
    },
    "blocked": {"kind": ["restriction"]},
    "refused": {"kind": [*_KINDS, "erasure"], "code": ["no_such_code", *reversed(_CODES)], "note": ["", "Some words."],
                "articles": _QUOTES},
    "denied": {"asked_kind": _KINDS, "news_restored": [False, True]},
    "operator-answer": {"kind": ["complaint", ""], "paragraphs": [["Мы проверили.", "", "Звонков больше не будет."]]},
    "operator": {"items": [[], [{**_CARD, "ask": "nothing", "at": 0, "clock": c, "left": m} for c, m in _CLOCKS],
                           [{**_CARD, "ask": ask, "suggested": ask == "review"} for ask in _ASKS]
                           + [{**_CARD, "ask": "settled", "by_hand": how} for how in _BY_HAND]
                           + [{**_CARD, "ask": "review", "kind": "update", "wants": _WANTS}]
                           + [{**_CARD, "ask": "review", "proof": True, "address": "", "due_at": None, "kind": None}]
                           + [{**_CARD, "ask": "place", "places": each} for each in ([], _TASKS)]],
                 "mode": ["folders", "commands", "answer"], "folders": [_ORDERS], "more": [0, 7],
                 "moved": [0, 14], "moved_at": [9], "moved_token": [_TOKEN], "junk": [0, 3],
                 "done": [[], [{"at": 1, "number": "K7Q2", "result": r, "why": w}
                               for r, w in (("released", ""), ("failed", "nothing of it is open"))]],
                 "unread": [[], ["2 perhaps"]],
                 "failed": [[], [{"number": "K7Q2", "folder": "Undo", "why": "there is nothing to take back"}]],
                 "counts": [{}, {"held": 2, "unmatched": 5}], "head": ["", "7:" + "a7" * 26]},
    "operator-address": {"waiting": [0, 3]},
    "operator-health": {"since": [NOW], "back_at": [None, LATER], "says": ["", "imap.example.kz did not answer"],
                        "why": ["mailbox", "mailbox_refused", "courier", "courier_refused", "other"]},
    "console-locked": {"account": ["aigerim"], "failures": [5], "until": [LATER]},
}  # fmt: skip


def samples(name: str) -> list[dict[str, Any]]:
    """Return the frame's and the template's values, one mapping for each combination."""
    choices = VALUES[name]
    return [{**FRAME, **dict(zip(choices, picked, strict=True))} for picked in product(*choices.values())]
