"""The attacks on a mailbox that acts by itself, 13 to 17, 19, 20 and 22: what is answered, how often, to whom.

The attacks are numbered as in the published table. A defence that was taken out makes its test fail.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from mailbot.config import load_policy
from tests.acceptance.world import (
    ALICE,
    ALIYA,
    BORIS,
    BORIS_SECOND,
    BOX,
    CSV,
    FAMILY,
    HOST,
    NEW_PHONE,
    NO_OBLIGATIONS,
    OWNER,
    PHONE,
    QUIET,
    STRANGER,
    UNDO,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    YES,
    Sent,
    World,
    attached,
)

every_language = pytest.mark.parametrize("language", ["kk", "ru", "en"])


# ---- 13: loops ----


def test_13_our_own_addresses_are_never_answered(world: World) -> None:
    alias = "desk@example.kz"
    settings = world.folder / "mailbot.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace(f'"{BOX}"', f'"{BOX}", "{alias}"', 1), encoding="utf-8"
    )
    before = world.on_file()
    who = [BOX, BOX.upper(), alias, "Desk@EXAMPLE.kz"]
    passed = world.deliver(*(world.octets(one, UNSUBSCRIBE[lang]) for one in who for lang in ("kk", "ru", "en")))
    assert passed.counts["ignored"] == 12 and not passed.answers and world.on_file() == before
    assert world.mail("Info@example.org", UNSUBSCRIBE["ru"]).answers, "an address like ours elsewhere is a person's"


@pytest.mark.parametrize(
    ("subject", "text"),
    [("", "Your ticket 17 was opened."), ("Unsubscribe", ""), (UPDATE["en"], NEW_PHONE["en"]), ("Resubscribe", "")],
)
def test_13_a_program_that_answers_everything_comes_to_an_end(world: World, subject: str, text: str) -> None:
    """It bears no mark of a machine, writes as a person on file, and takes each of our mails for a new one."""
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    rounds = 0
    for _ in range(12):
        how = {"subject": subject} if subject else {}
        rounds += len(world.answer(ALIYA, text, **how).answers)
    assert rounds <= 5, rounds


def test_13_two_mailbots_do_not_talk_to_each_other(world: World, empty: World) -> None:
    desk = "desk@example.org"
    settings = empty.folder / "mailbot.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace(BOX, desk), encoding="utf-8")
    ours = world.mail(desk, UNSUBSCRIBE["ru"]).answer
    proof = f"Authentication-Results: {HOST}; dmarc=pass header.from=example.kz\r\n".encode()
    stripped = re.sub(rb"(Auto-Submitted|X-Auto-Response-Suppress): .*\r\n", b"", world.raw(ours))
    for octets in (world.raw(ours), stripped.replace(b"Message-ID: <", b"Message-ID: <x")):
        assert not empty.take(proof + octets).answers


# ---- 14: backscatter ----

MARK = "zqxj"


def marked(world: World, sender: str, subject: str, proof: str, body: str = "") -> bytes:
    """Return a mail with the marker in every field that may hold one."""
    headers = [
        f"{name}: {MARK} <{MARK}@example.org>" for name in ("Sender", "Cc", "Errors-To", "X-Note", "Organization")
    ]
    headers += [
        f"User-Agent: {MARK}",
        f"Thread-Topic: {MARK}",
        f"List: {MARK}",
        f"Comments: {MARK}",
        f"Keywords: {MARK}",
    ]
    text = f"{body}\n\n{MARK} https://{MARK}.example.org/pay\n\nС уважением,\n{MARK} {MARK}"
    line = f'From: "{MARK} {MARK}" <{sender}>'
    octets = world.octets(sender, subject, text, proof=proof, headers=headers, from_line=line)
    return attached(octets, f"{MARK}.exe") if world.count % 2 else octets


@every_language
@pytest.mark.parametrize("proof", ["weak", "none", "fail"])
def test_14_an_unproven_stranger_is_never_answered(world: World, language: str, proof: str) -> None:
    subjects = [UPDATE[language], WITHDRAWAL[language], UNSUBSCRIBE[language], f"{MARK} {UPDATE[language]}", "", MARK]
    subjects += ["Какие мои данные вы храните?", "Delete my data", "Resubscribe", f"Re: {WITHDRAWAL[language]}"]
    mails = [
        marked(world, f"victim{n}@example.org", subject, proof, UPDATE[language]) for n, subject in enumerate(subjects)
    ]
    passed = world.deliver(*mails)
    assert passed.answers == []
    world.later(days=4)
    world.poll()
    assert {sent.to for sent in world.sent()} <= {OWNER}, "no reminder and no refusal either"
    for told in world.sent():
        assert MARK not in told.text and MARK not in told.subject


@every_language
@pytest.mark.parametrize("proof", ["authenticated", "none"])
def test_14_no_answer_holds_a_word_of_the_mail(world: World, language: str, proof: str) -> None:
    """Nobody can make mailbot mail a text or a link to somebody else; only Message-IDs come back, as threads need."""
    place = {"kk": "Туған жері", "ru": "Место рождения", "en": "Place of birth"}[language]
    mails = [
        marked(world, ALIYA, UPDATE[language], proof, f"{place}: {MARK}"),
        marked(world, BORIS, UPDATE[language], proof, f"{place} {MARK}?\nE-mail: {MARK}"),
        marked(world, ALICE, WITHDRAWAL[language], proof),
        marked(world, QUIET, UNSUBSCRIBE[language], proof),
        marked(world, FAMILY, UPDATE[language], proof),
        marked(world, BORIS_SECOND, f"{MARK}: какие мои персональные данные вы храните?", proof),
        marked(world, STRANGER, UPDATE[language], proof, f"{MARK}@example.org"),
    ]
    passed = world.deliver(*mails)
    assert len(passed.answers) >= (6 if proof == "authenticated" else 4)
    world.later(days=4)
    world.poll()
    for sent in world.sent():
        assert MARK not in sent.text, sent.text
        assert MARK.encode() not in world.raw(sent).partition(b"\r\n\r\n")[0]


# ---- 15: tokens ----


def guesses(count: int) -> list[str]:
    """Return token-shaped strings that are none."""
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    return ["".join(letters[(n * 7 + k * k + (n >> k)) % 32] for k in range(26)) for n in range(count)]


def test_15_a_token_has_128_random_bits_and_the_number_is_none(world: World) -> None:
    passed = world.deliver(*(world.octets(f"s{n}@example.org", UNSUBSCRIBE["ru"]) for n in range(40)))
    found = [sent.token for sent in passed.answers]
    assert len(set(found)) == 40 and all(re.fullmatch("[a-z2-7]{26}", one) for one in found)
    assert all(len({one[place] for one in found}) > 8 for place in range(26)), "each letter varies"
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], proof="weak")
    number = first.answer.number
    for text in (number, number.lower(), (number * 5)[:26].lower()):
        ids = [f"In-Reply-To: <{text}@example.kz>", f"References: <{text}@example.kz>"]
        world.mail(ALIYA, f"Re: {first.answer.subject}", f"Да\n\n> [{text}]\n> № {number}", headers=ids)
    assert world.person(ALIYA)["phones"] == ["+77010000001"]


@every_language
def test_15_wrong_tokens_never_use_up_a_question(world: World, language: str) -> None:
    """A thousand guesses from the right address change nothing, and the right one counts afterwards."""
    world.mail(ALIYA, UPDATE[language], NEW_PHONE[language], proof="weak")
    question = world.last(ALIYA)
    every = guesses(1000)
    mails = []
    for place in range(0, 1000, 50):
        ids = " ".join(f"<{one}@example.kz>" for one in every[place : place + 50])
        mails.append(world.octets(ALIYA, "Re: x", YES[language], headers=[f"References: {ids}"]))
    passed = world.deliver(*mails)
    assert not passed.counts["applied"] and world.person(ALIYA)["phones"] == ["+77010000001"]
    assert world.answer(ALIYA, YES[language], to=question, proof="none").decision == "applied"
    assert world.person(ALIYA)["phones"] == [PHONE]


def test_15_a_token_counts_for_its_address_alone(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], proof="weak")
    world.mail(BORIS, UPDATE["ru"], "Место рождения: Караганда", proof="weak")
    hers, his, before = world.last(ALIYA), world.last(BORIS), world.on_file()
    thirds = [
        world.reply(STRANGER, "Да", to=hers),
        world.reply(BORIS, "Да", to=hers),
        world.reply(ALIYA, "Да", to=his),
        world.reply(BORIS_SECOND, "Да", to=his),
        world.reply(f"{ALIYA}.example.org", "Да", to=hers),
        world.octets(STRANGER, "Re: x", f"Да\n\n> [{hers.token}]", headers=[f"Reply-To: {ALIYA}", f"Sender: {ALIYA}"]),
        world.reply(STRANGER, "Да", to=hers, from_line=f"From: {ALIYA}, {STRANGER}"),
        world.reply(STRANGER, "нет", to=hers),
    ]
    passed = world.deliver(*thirds)
    assert passed.counts["held"] == len(thirds), passed.counts
    assert world.on_file() == before and {answer.to for answer in passed.answers} <= {
        STRANGER,
        BORIS,
        ALIYA,
        BORIS_SECOND,
    }
    assert world.answer(ALIYA, "Да", to=hers).decision == "applied", "and her question is still open"
    assert world.person(ALIYA)["phones"] == [PHONE] and world.person(BORIS)["birth_place"] == "Астана"


def test_15_a_token_typed_by_the_writer_is_none(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], proof="weak")
    code = world.last(ALIYA).token
    for text in (f"Да\n[{code}]", f"Да\n\n{code}", f"Да {code}"):
        world.mail(ALIYA, "Запрос", text)
        world.mail(ALIYA, f"Re: [{code}]", text)
    assert world.person(ALIYA)["phones"] == ["+77010000001"]


def test_15_a_token_counts_for_its_kind_and_once(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    receipt = world.last(ALIYA)
    world.mail(ALIYA, WITHDRAWAL["ru"], proof="weak")
    question = world.last(ALIYA)
    assert world.answer(ALIYA, "Да", to=receipt).decision != "applied", "a receipt's token confirms nothing"
    assert world.answer(ALIYA, "Отменить", to=question).decision != "applied", "a question's token takes nothing back"
    assert world.person(ALIYA)["state"] == "active" and world.person(ALIYA)["news"] is False
    assert world.answer(ALIYA, "Да", to=question).decision == "applied"
    assert world.answer(ALIYA, "Отменить").decision == "applied" and world.person(ALIYA)["state"] == "active"
    again = world.answer(ALIYA, "Да", to=question)
    assert again.decision == "held" and world.person(ALIYA)["state"] == "active", "once"


def test_15_a_token_expires_with_its_clock(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], proof="weak")
    question = world.last(ALIYA)
    world.later(days=9)
    late = world.answer(ALIYA, "Да", to=question)
    assert late.decision == "held" and world.request(late)["reason"] == "token_unusable"
    assert world.person(ALIYA)["phones"] == ["+77010000001"]


# ---- 16: who is on file? ----


def words(sent: Sent) -> tuple[str, str]:
    """Return what an answer says, without its number, token and times."""
    plain = re.sub(r"\[[a-z2-7]{26}\]", "", f"{sent.subject}\n{sent.text}").replace(sent.number, "")
    plain = re.sub(r"(\d\d:\d\d)-\w+", r"\1", plain)  # a Kazakh ending goes by the minute
    return sent.to, re.sub(r"\d", "0", plain)


@every_language
def test_16_what_a_stranger_observes_is_the_same_either_way(world: World, tmp_path: Path, language: str) -> None:
    other = World(tmp_path / "other", people="\n".join(row for row in CSV.splitlines() if ALIYA not in row))
    asks = {"kk": f"Менің поштам: {ALIYA}", "ru": f"Мой прежний адрес: {ALIYA}", "en": f"My address was {ALIYA}"}[
        language
    ]
    access = {
        "kk": "Қандай деректерім сақталады?",
        "ru": "Какие мои персональные данные вы храните?",
        "en": "What data do you hold?",
    }
    subjects = (UPDATE[language], WITHDRAWAL[language], UNSUBSCRIBE[language], access[language], "")
    seen = []
    for one in (world, other):
        mails = [
            one.octets(f"s{n}.{proof}@example.org", subject, f"{asks}\n{NEW_PHONE[language]}", proof=proof)
            for n, subject in enumerate(subjects)
            for proof in ("authenticated", "weak", "none", "fail")
        ]
        passed = one.deliver(*mails)
        one.later(days=5)
        one.poll()
        mine = sorted(words(sent) for sent in one.sent() if sent.to.startswith("s"))
        seen.append((mine, [one.lies(letter) for letter in passed.letters]))
    assert seen[0] == seen[1]
    assert {to for to, _ in seen[0][0]} == {f"s{n}.authenticated@example.org" for n in range(3)}
    asked = [{sent.to for sent in one.sent()} for one in (world, other)]
    assert asked[0] - asked[1] == {ALIYA}, "she herself is asked, where she is on file"


def test_16_somebody_on_file_learns_nothing_of_another(world: World, tmp_path: Path) -> None:
    other = World(tmp_path / "other", people="\n".join(row for row in CSV.splitlines() if ALIYA not in row))
    seen = []
    for one in (world, other):
        passed = one.deliver(
            one.octets(BORIS, UPDATE["ru"], f"Новая почта: {ALIYA}"),
            one.octets(ALICE, UPDATE["en"], f"New e-mail: {ALIYA}\nOld e-mail: {BORIS}", proof="weak"),
            one.octets(QUIET, WITHDRAWAL["ru"], f"Моя другая почта: {ALIYA}"),
        )
        seen.append(sorted(words(sent) for sent in passed.answers if sent.to != ALIYA))
    assert seen[0] == seen[1] and len(seen[0]) == 3


# ---- 17: a hijacked mailbox ----


@every_language
def test_17_a_changed_address_needs_a_yes_and_can_be_taken_back_from_the_old_one(world: World, language: str) -> None:
    thief, second = "thief@example.org", "thief.second@example.org"
    mail = {"kk": "Жаңа поштам: {}", "ru": "Новая почта: {}", "en": "New e-mail: {}"}[language]
    before = world.person(ALIYA)
    first = world.mail(ALIYA, UPDATE[language], mail.format(thief))
    assert first.decision == "challenged" and world.person(ALIYA) == before
    assert world.answer(ALIYA, YES[language], to=world.last(thief)).decision == "held", "not from the new address"
    assert world.person(ALIYA) == before
    moved = world.answer(thief, YES[language])
    assert moved.decision == "applied" and sorted(answer.to for answer in moved.answers) == sorted([ALIYA, thief])
    assert world.person(thief)["emails"] == [thief]
    again = world.mail(thief, UPDATE[language], mail.format(second))
    assert again.decision == "held" and world.request(again)["reason"] == "second_change"
    assert second not in [sent.to for sent in world.sent()]
    phone = world.mail(thief, UPDATE[language], NEW_PHONE[language])
    assert phone.decision == "applied"
    world.later(hours=70)
    notice = next(sent for sent in world.sent() if sent.to == ALIYA and sent.name in {a.name for a in moved.answers})
    assert UNDO[language].upper() in notice.text
    back = world.answer(ALIYA, UNDO[language], to=notice, proof="none")
    assert back.decision == "applied" and world.person(ALIYA)["emails"] == [ALIYA]
    assert world.persons(thief) == []


def test_17_the_old_address_is_too_late_after_72_hours(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], "Новая почта: thief@example.org")
    world.answer("thief@example.org", "Да")
    world.later(hours=73)
    assert world.answer(ALIYA, "отменить").decision == "held"
    assert world.person("thief@example.org")["emails"] == ["thief@example.org"]


# ---- 19: waves ----


def test_19_the_breaker_stands_at_twenty_an_hour() -> None:
    limits = load_policy(None).limits
    assert (limits.withdrawals_per_hour, limits.unproven_unsubscribes_per_hour) == (20, 20)


def test_19_a_wave_of_withdrawals_is_held(world: World) -> None:
    """Those that are proven at once and those that a yes confirms count alike; an hour later it goes on."""
    world.policy(f"{NO_OBLIGATIONS}[limits]\nwithdrawals_per_hour = 2\n")
    world.mail(QUIET, WITHDRAWAL["kk"], proof="weak")
    world.mail(ALIYA, WITHDRAWAL["ru"])
    world.mail(BORIS, WITHDRAWAL["en"], proof="weak")
    assert world.answer(BORIS, "Yes").decision == "applied"
    third = world.mail(ALICE, WITHDRAWAL["en"])
    assert third.decision == "held" and world.request(third)["reason"] == "breaker"
    assert [told for told in third.told if world.request(third)["id"] in told.text]
    confirmed = world.answer(QUIET, "Иә")
    assert confirmed.decision == "held" and confirmed.told
    assert [world.person(one)["state"] for one in (ALIYA, BORIS, ALICE, QUIET)] == [
        "blocked",
        "blocked",
        "active",
        "active",
    ]
    world.later(hours=2)
    world.bring(CSV.splitlines()[0] + "\nЛи,Анна,,anna@example.com,,,,no,2025-01-01,site form\n")
    assert world.mail("anna@example.com", WITHDRAWAL["kk"]).decision == "applied"


@pytest.mark.parametrize("proof", ["weak", "none"])
def test_19_a_wave_of_unproven_unsubscribes_is_held(world: World, proof: str) -> None:
    world.policy("[limits]\nunproven_unsubscribes_per_hour = 2\n")
    wave = [world.octets(f"s{n}@example.org", UNSUBSCRIBE["ru"], proof=proof) for n in range(3)]
    wave += [world.octets(ALIYA, UNSUBSCRIBE["kk"], proof=proof)]
    wave += [world.octets(ALICE, "Unsubscribe", proof=proof, headers=["Auto-Submitted: auto-replied"])]
    passed = world.deliver(*wave)
    assert (passed.counts["applied"], passed.counts["held"]) == (2, 3) and not passed.answers
    assert passed.told and world.person(ALIYA)["news"] is True and world.person(ALICE)["news"] is True
    assert world.mail(BORIS, UNSUBSCRIBE["ru"]).decision == "applied", "a proven one is not part of the wave"


# ---- 20: the same mail in another place ----


def test_20_a_mailbox_that_is_numbered_anew_does_nothing_twice(world: World) -> None:
    held = world.mail(STRANGER, WITHDRAWAL["ru"])
    left = world.mail(ALIYA, "Какие мои персональные данные вы храните?")
    done = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"])
    world.sql("UPDATE note SET value = '7' WHERE name = 'maildir_validity'")
    world.sql("DELETE FROM maildir_name")
    before, sent, requests = world.on_file(), len(world.sent()), len(world.requests("--all"))
    counts = world.poll()
    assert (counts["fetched"], counts["already"]) == (2, 2), counts
    world.put(done.letter.octets)  # a restored mailbox: what was filed lies in INBOX again, in the same octets
    world.put(b"X-Copy: 1\r\n" + done.letter.octets)  # and once more as another server delivered it
    counts = world.poll()
    assert (counts["held"], counts["already"]) == (1, 1), counts
    assert world.on_file() == before and len(world.requests("--all")) == requests
    assert [mail.to for mail in world.sent()[sent:] if mail.to != OWNER] == []
    assert {world.lies(taken.letter) for taken in (held, left)} == {"INBOX"}


def test_20_copies_in_one_pass_are_one_request(world: World) -> None:
    octets = world.octets(ALIYA, WITHDRAWAL["kk"])
    copies = [b"X-Label: %d\r\n" % n + octets for n in range(5)]
    passed = world.deliver(octets, *copies)
    assert (passed.counts["applied"], passed.counts["already"]) == (1, 5)
    assert [answer.to for answer in passed.answers] == [ALIYA] and len(world.requests("--all")) == 1
    assert world.poll()["fetched"] == 0, "a restart reads nothing again"


@every_language
def test_20_a_mail_older_than_14_days_acts_on_nobody(world: World, language: str) -> None:
    world.policy(NO_OBLIGATIONS)
    world.later(days=30)
    at, before = world.now() - timedelta(days=15), world.person(ALIYA)
    old = [world.octets(ALIYA, wish[language], NEW_PHONE[language], date=at) for wish in (UPDATE, WITHDRAWAL)]
    passed = world.deliver(*old, at=at)
    assert passed.counts["held"] == 2 and set(world.reasons()) == {"too_old"}
    assert world.person(ALIYA) == before
    young = world.now() - timedelta(days=13)
    assert world.mail(BORIS, UNSUBSCRIBE[language], date=young, at=young).decision == "applied"


# ---- 22: reply bait ----


def bait_threads(world: World, language: str) -> dict[str, list[str]]:
    """Return the thread headers of the victim's answer, by what the stranger did with his Message-ID."""
    ours = world.mail(STRANGER, UNSUBSCRIBE[language]).answer.message_id  # he has a mail of ours of his own
    seen = world.mail(STRANGER, "Курс", "Когда начало?").letter.message_id  # and one that lies in our mailbox
    bait = "<bait@example.org>"
    return {
        "plain": [f"In-Reply-To: {bait}", f"References: {bait}"],
        "references alone": [f"References: {bait}"],
        "no msg-id": ["In-Reply-To: <ba it@example.org>", "References: <ba it@example.org>"],
        "no brackets": ["In-Reply-To: bait@example.org"],
        "long": [f"In-Reply-To: <{'b' * 1200}@example.org>"],
        "with ours": [f"In-Reply-To: {bait}", f"References: {ours} {bait}"],
        "with his own": [f"In-Reply-To: {seen}", f"References: {seen}"],
        "none": [],
    }


@every_language
@pytest.mark.parametrize("wishes", [UPDATE, WITHDRAWAL])
def test_22_reply_bait_is_asked_back(world: World, wishes: dict[str, str], language: str) -> None:
    """A stranger writes a mark as subject with Reply-To to us; the victim answers "ok", and her mail is proven."""
    world.policy(NO_OBLIGATIONS)
    before = {key: value for key, value in world.person(ALIYA).items() if key not in ("news", "suppressed")}
    body = f"ok\n{NEW_PHONE[language]}\n\n> Согласны? Ответьте «ок»."
    mails = [
        world.octets(ALIYA, prefix + wishes[language], body, headers=headers)
        for name, headers in bait_threads(world, language).items()
        for prefix in ("", "Re: ", "RE: [External] ", "На: ")
        if name != "none" or prefix
    ]
    passed = world.deliver(*mails)
    assert not passed.counts["applied"] and passed.counts["challenged"] >= 20, passed.counts
    assert {answer.to for answer in passed.answers} == {ALIYA}
    after = {key: value for key, value in world.person(ALIYA).items() if key not in ("news", "suppressed")}
    assert after == before


@every_language
def test_22_her_yes_to_our_question_does_it_after_all(world: World, language: str) -> None:
    thread = ["In-Reply-To: <bait@example.org>"]
    taken = world.mail(ALIYA, f"Re: {WITHDRAWAL[language]}", "ok", headers=thread)
    assert taken.decision == "challenged" and world.request(taken)["reason"] == "sender_weak"
    for word in ("ok", "ок", "рахмет"):
        assert world.answer(ALIYA, word, to=taken.answer).decision != "applied", "courtesy is no yes"
    assert world.person(ALIYA)["state"] == "active"
    assert world.answer(ALIYA, YES[language], to=taken.answer).decision == "applied"
    assert world.person(ALIYA)["state"] == "blocked"
