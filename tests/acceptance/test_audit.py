"""`audit verify` on a whole installation: what is done leaves a chain that holds, and heads that are kept outside."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.world import ALIYA, OWNER, UPDATE, WITHDRAWAL, World

HEAD = re.compile(r"(?m)\b(\d+:[a-z2-7]{52})$")


def verified(world: World, *options: str) -> dict[str, object]:
    """Return `audit verify --json` of a chain that holds."""
    (found,) = world.ok("audit", "verify", "--json", *options).objects
    assert found["sound"] is True and found["broken"] is None
    return found


def spoil(world: World, statement: str) -> None:
    for name in ("event_unchanged", "event_kept"):
        world.sql(f"DROP TRIGGER {name}")
    world.sql(statement)


def test_an_installation_that_did_nothing_yet_is_sound(empty: World) -> None:
    found = verified(empty)
    assert found == {
        "sound": True, "sealed": 0, "unsealed": 0, "head": "0:", "cut": 0, "broken": None, "compared": None,
    }  # fmt: skip
    assert empty.ok("audit", "verify").out == "events sealed: 0\nhead: none yet\nsound\n"


def test_what_a_pass_does_is_sealed_by_a_pass(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], "Телефон: 8 701 999 88 77")
    found = verified(world)
    assert found["sealed"] == world.sql("SELECT count(*) FROM event WHERE position IS NOT NULL")[0][0]
    assert isinstance(found["sealed"], int) and found["sealed"] > 0
    assert found["unsealed"] == 0
    world.ok("people", "block", ALIYA)
    assert verified(world)["unsealed"] == 1
    assert "1 wait for the next pass" in world.ok("audit", "verify").out
    world.poll()
    assert verified(world)["unsealed"] == 0
    assert verified(world, "--head", str(found["head"]))["compared"] == "same"


def test_shadow_and_pause_seal_as_well(shadow: World) -> None:
    shadow.ok("pause")
    shadow.poll()
    found = verified(shadow)
    assert (found["sealed"], found["unsealed"]) == (shadow.sql("SELECT count(*) FROM event")[0][0], 0)
    assert ("paused",) in shadow.sql("SELECT what FROM event WHERE position IS NOT NULL")


def test_after_a_destruction_the_chain_still_holds(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], "Телефон: 8 701 999 88 77")
    world.mail(ALIYA, WITHDRAWAL["ru"], "")
    head = str(verified(world)["head"])
    world.ok("people", "destroy", ALIYA, "--yes")
    world.poll()
    found = verified(world, "--head", head)
    assert found["compared"] == "same" and found["unsealed"] == 0
    assert world.sql("SELECT count(*) FROM event WHERE what = 'destroyed' AND position IS NOT NULL") == [(1,)]


def test_check_and_the_mails_to_the_operator_bear_the_head(world: World) -> None:
    assert "no event is sealed yet" in world.ok("check").out
    taken = world.mail(ALIYA, "Какие мои данные вы храните?", "")
    told = [sent for sent in world.sent() if sent.to == OWNER]
    (kept,) = HEAD.findall(told[-1].text)
    assert taken.told and f"mailbot audit verify --head {kept}" in told[-1].text
    assert verified(world, "--head", kept)["compared"] == "same"
    assert str(verified(world)["head"]) in world.ok("check").out


def test_a_break_is_told_in_words_and_by_the_exit_code(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], "Телефон: 8 701 999 88 77")
    head = str(verified(world)["head"])
    spoil(world, "UPDATE event SET what = 'no' || char(27) || 'thing' WHERE position = 1")
    said = world.run("audit", "verify")
    assert said.code == 1 and "BROKEN (changed): the row at place 1" in said.out and "\x1b" not in said.out
    ran = world.run("audit", "verify", "--json")
    assert ran.code == 1
    broken = ran.objects[0]["broken"]
    assert (broken["how"], broken["position"], broken["id"], broken["what"]) == ("changed", 1, 1, "no\x1bthing")
    spoilt = world.run("audit", "verify", "--head", f"999{head.partition(':')[0]}:{'a' * 52}")
    assert spoilt.code == 1 and "ends before the head" in spoilt.out


def test_a_chain_that_does_not_hold_stops_nothing_but_the_sealing(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], "Телефон: 8 701 999 88 77")
    world.sql("UPDATE note SET value = 'x' WHERE name = 'event_head'")
    taken = world.mail(ALIYA, UPDATE["ru"], "Место рождения: г. Семей")
    assert taken.answer
    checked = world.run("check")
    assert checked.code == 1 and "audit verify" in checked.out
    assert "BROKEN (head)" in world.run("audit", "verify").out


def test_what_is_old_leaves_with_an_anchor_but_not_in_a_pause(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], "Телефон: 8 701 999 88 77")
    before = verified(world)
    world.policy("[retention]\njournal_years = 2\n")
    world.later(days=365)
    world.poll()
    assert verified(world)["cut"] == 0
    world.later(days=366 + 3)
    world.sql("INSERT OR REPLACE INTO note VALUES ('paused', 'yes')")  # the command's event would be of today
    world.poll()
    assert verified(world)["cut"] == 0
    world.sql("UPDATE note SET value = '' WHERE name = 'paused'")
    world.poll()
    found = verified(world, "--head", str(before["head"]))
    assert found["cut"] == before["sealed"] and found["compared"] == "same"
    assert f"kept no longer: those up to place {before['sealed']}" in world.ok("audit", "verify").out
    world.later(hours=1)
    world.poll()
    assert world.sql("SELECT count(*) FROM event_cut") == [(1,)]
    assert verified(world)["unsealed"] == 0


def test_a_wrong_head_is_wrong_usage(world: World) -> None:
    ran = world.run("audit", "verify", "--head", "yesterday's")
    assert ran.code == 64 and "--head" in ran.err


@pytest.mark.parametrize("url", ["postgresql://mailbot@127.0.0.1:9/nothing"])
def test_a_store_that_can_not_be_reached_is_75(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILBOT_STORE__URL", url)
    assert world.run("audit", "verify").code == 75
