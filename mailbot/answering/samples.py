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
_CODES = ["obligation", "kept_by_law", "not_confirmed", "not_yours", "no_document", "not_held", "unclear"]
_QUOTE = dict.fromkeys(("kk", "ru", "en"), "Law on Personal Data, article 8(2)")
_QUOTES: list[dict[str, dict[str, str]]] = [{"obligation": _QUOTE}, {}]
_CLOCKS = [("", 0), ("own", 5), ("answer", 75), ("refuse", 0), ("correct", -90), ("stop", 20_000), ("x", 9)]
_WHY = ["no_such_reason", "look_at_attachment", "subject_body_disagree"]

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
    "withdrawal-stopped": {"places": _ERASING, "kind": ["withdrawal"],
                           "destroy_at": [None, LATER], "obligations": [True, False],
                           "due_at": [None, LATER]},
    "withdrawal-notice": {"kind": ["withdrawal"], "destroy_at": [None, LATER]},
    "withdrawal-partial": {"places": _ERASING, "kind": ["withdrawal"], "kept": [[], list(FIELD_NAMES)],
                           "until": [None, LATER, LATER.date()], "articles": _QUOTES},
    "destroyed": {"places": _ERASING, "kind": ["withdrawal"], "destroyed_at": [NOW],
                  "mails": ["erased", "partly", "kept"], "left": [["inbox"], ["done", *_FOLDERS]],
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
    "refused": {"kind": [*_KINDS, "erasure"], "code": ["no_such_code", *reversed(_CODES)], "note": ["", "Some words."],
                "articles": _QUOTES},
    "denied": {"asked_kind": _KINDS, "news_restored": [False, True]},
    "operator": {"items": [[], [{**_ITEM, "ask": "nothing", "places": [], "clock": c, "left": m} for c, m in _CLOCKS],
                           [{**_ITEM, "ask": ask, "places": []} for ask in ("obligations", "review", "nothing")]
                           + [{**_ITEM, "ask": "place", "places": each} for each in ([], _TASKS)]],
                 "counts": [{}, {"held": 2, "unmatched": 5}], "head": ["", "7:" + "a7" * 26]},
}  # fmt: skip


def samples(name: str) -> list[dict[str, Any]]:
    """Return the frame's and the template's values, one mapping for each combination."""
    choices = VALUES[name]
    return [{**FRAME, **dict(zip(choices, picked, strict=True))} for picked in product(*choices.values())]
