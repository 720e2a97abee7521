"""What other places have to follow: read off a decision's effects, told in its answers. Pure.

A place follows an applied update, a stop of the news and a withdrawal; it is put back where one is taken back. Who
does it (a hook, the operator, or nobody for the law's sake) and when it counts as done is the store's to keep.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mailbot.deciding.deadlines import Deadlines
from mailbot.deciding.decision import Decision, Effect, Owed
from mailbot.policy import Policy
from mailbot.sources import Place, PlaceEvent

if TYPE_CHECKING:
    from mailbot.deciding.facts import Facts

FOLLOWED: dict[str, PlaceEvent] = {
    "change_fields": "update", "change_address": "update", "stop_news": "unsubscribe", "stop_person": "withdrawal",
}  # fmt: skip
TAKEN_BACK = ("undo", "restore_news", "give_news_back")
TELLING: dict[str, PlaceEvent] = {
    "update-applied": "update", "unsubscribed": "unsubscribe", "not-on-list": "unsubscribe",
    "only-news": "unsubscribe", "withdrawal-stopped": "withdrawal",
}  # fmt: skip


def with_places(policy: Policy, deadlines: Deadlines, facts: Facts, decision: Decision) -> Decision:
    """Return the decision with the tasks of other places among its effects, and its answers speaking of them.

    Idempotent: a decision that has them stays as it is.
    """
    if not policy.places or any(effect.verb in ("follow", "put_back") for effect in decision.effects):
        return decision
    due = _Due(policy=policy, deadlines=deadlines, facts=facts)
    back = [_put_back(policy, effect, decision, due) for effect in decision.effects if _takes_back(effect)]
    follow = _follow(policy, decision, due)
    if not (back or follow):
        return decision
    names = {effect.args["what"]: [item["name"] for item in effect.args["places"]] for effect in follow}

    def telling(owed: Owed) -> Owed:
        if owed.template == "withdrawal-partial":  # they erase after the obligation, and nobody knows when that is
            return replace(
                owed, values={**owed.values, "places": told(concerned(policy, "withdrawal"), "withdrawal", None)}
            )
        what = TELLING.get(owed.template)
        if what is None or what not in names:
            return owed
        places = [place for place in policy.places if place.name in names[what]]
        by = due.told(what, owed.values.get("destroy_at"))
        return replace(owed, values={**owed.values, "places": told(places, what, by)})

    owed = tuple(telling(each) for each in decision.owed)
    return replace(decision, effects=(*back, *decision.effects, *follow), owed=owed)


def told(places: Iterable[Place], what: PlaceEvent, due_at: datetime | None) -> list[dict[str, Any]]:
    """Return what an answer says of each place: name, title, by when, or which law keeps the data there."""
    return [
        {
            "name": place.name, "preset": place.preset, "title": place.title,
            "due_at": None if what == "withdrawal" and place.kept_by_law else due_at,
            "law": place.kept_by_law if what == "withdrawal" else "", "term": place.kept_for, "what": what,
        }
        for place in places
    ]  # fmt: skip


def concerned(policy: Policy, what: PlaceEvent, changed: Iterable[str] = ()) -> list[Place]:
    """Return the places that must follow; one whose hook sends none of the changed fields holds none of them."""
    return [place for place in policy.places if what in place.on and (what != "update" or _holds(place, changed))]


def _holds(place: Place, changed: Iterable[str]) -> bool:
    """Tell whether a place has anything of what changed; one without such a hook is the operator's to know."""
    if place.hook is None or "person.updated" not in place.hook.events:
        return True
    return bool(set(changed) & set(sent_fields(place)))


def sent_fields(place: Place) -> list[str]:
    """Return what a hook is sent of an update: what it names, and always that by which people are found there."""
    own = [place.identifier] if place.identifier != "id" else []
    return list(dict.fromkeys([*(place.hook.fields if place.hook else ()), *own]))


def as_args(places: Iterable[Place]) -> list[dict[str, Any]]:
    """Return places as the plain values that the store's verbs take."""
    return [
        {
            "name": place.name, "identifier": place.identifier, "law": bool(place.kept_by_law), "on": list(place.on),
            "hook": list(place.hook.events) if place.hook else [],
            "fields": sent_fields(place) if place.hook else [],
        }
        for place in places
    ]  # fmt: skip


class _Due:
    """When places have to have followed."""

    def __init__(self, *, policy: Policy, deadlines: Deadlines, facts: Facts) -> None:
        self._clocks, self._deadlines, self._facts = policy.clocks, deadlines, facts

    def at(self, what: str) -> datetime:
        """Return the end of the clock of the mail itself; of one that is over, the next working day's end."""
        days = self._clocks.held if what == "unsubscribe" else self._clocks.proven
        due = self._deadlines.due_at(self._facts.received_at, days)
        return due if due > self._facts.now else self._deadlines.due_at(self._facts.now, 1)

    def told(self, what: PlaceEvent, destroy_at: datetime | None) -> datetime | None:
        """Return what an answer may name: places erase one clock after the register did, which may not be known."""
        if what != "withdrawal":
            return self.at(what)
        return after_destruction(self._clocks.proven, self._deadlines, destroy_at) if destroy_at else None


def after_destruction(days: int, deadlines: Deadlines, destroyed_at: datetime) -> datetime:
    """Return by when places have erased what the register erased then."""
    return deadlines.due_at(destroyed_at, days)


def _takes_back(effect: Effect) -> bool:
    if effect.verb == "take_form":  # a new consent to the news
        return bool(effect.args["person_id"]) and "news" in effect.args["typed"]["purposes"]
    return effect.verb in TAKEN_BACK or effect.verb == "give_news"


def _put_back(policy: Policy, effect: Effect, decision: Decision, due: _Due) -> Effect:
    """Stands before the effect that it belongs to: what was changed is still known then."""
    args: dict[str, Any] = {"places": as_args(policy.places), "due_at": due.at("unsubscribe")}
    if effect.verb in ("give_news", "take_form"):
        return Effect(verb="put_back", args={**args, "person_id": effect.args["person_id"]})
    if effect.verb == "give_news_back" and decision.person_id:  # whoever had asked for the stop
        args["person_id"] = decision.person_id
    return Effect(verb="put_back", args={**args, "request_id": effect.args["request_id"]})


def _places(policy: Policy, decision: Decision, what: PlaceEvent, args: dict[str, Any]) -> list[Place]:
    """Return the places that follow one thing that a decision does."""
    places, kept = concerned(policy, what, args["changed"]), args.get("why") == "obligation"
    if what == "withdrawal":
        return [] if kept else places  # what an open obligation needs goes on, also elsewhere
    if "why" in args and not kept:  # of a withdrawal: who erases is told to stop by that
        return [place for place in places if "withdrawal" not in place.on or place.kept_by_law]
    if what == "unsubscribe" and not (args["address"] or args["person_id"]):
        return []
    nobodys = decision.row == "14"  # anybody may write so of any address: no work for the operator
    return [place for place in places if place.hook] if nobodys else places


def _follow(policy: Policy, decision: Decision, due: _Due) -> list[Effect]:
    """Return one effect for each thing that places must follow."""
    found: dict[PlaceEvent, dict[str, Any]] = {}
    for effect in decision.effects:
        what = FOLLOWED.get(effect.verb)
        if what is None:
            continue
        args = found.setdefault(what, {"person_id": decision.person_id, "address": "", "moved": None, "changed": []})
        if effect.verb == "change_fields":
            args["changed"] += ["phone" if name == "phones" else name for name in effect.args["values"]]
        elif effect.verb == "change_address":
            args["changed"].append("email")
            args["moved"] = {"old": effect.args["old"], "new": effect.args["new"]}
        elif effect.verb == "stop_news":
            args["address"] = effect.args["address"]
        elif effect.verb == "stop_person":
            args["why"] = effect.args["why"]
    if "withdrawal" in found:  # the news stop everywhere at once, also where nothing is erased
        found.setdefault("unsubscribe", dict(found["withdrawal"]))
    effects = []
    for what, args in found.items():
        places = _places(policy, decision, what, args)
        if places:
            args = {name: args[name] for name in ("person_id", "address", "moved", "changed")}
            due_at = None if what == "withdrawal" else due.at(what)  # its places erase after the register, not before
            effects.append(
                Effect(verb="follow", args={"what": what, "places": as_args(places), "due_at": due_at, "whom": args})
            )
    return effects
