"""The operator's list by mail and her answers to it: what each word does, whose answer counts, when the list comes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mailbot.errors import MailboxUnavailable
from mailbot.intake.maildir import MaildirMailbox
from tests.acceptance.world import (
    ALIYA,
    BORIS,
    BOX,
    NEW_PHONE,
    OWNER,
    STRANGER,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    Sent,
    Taken,
    World,
)  # fmt: skip
from tests.support.desks import prove, tell_at

ALMATY = ZoneInfo("Asia/Almaty")
DEPUTY = "deputy@example.com"
COMPLAINT = "Жалоба на обработку персональных данных"
ACCESS = "Прошу сообщить, какие мои персональные данные вы храните"
PLACES = """
[withdrawal]
obligations = "none"
[[places]]
name = "list"
preset = "newsletter"
[[places]]
name = "chat"
preset = "messenger"
"""


class Desk(World):
    """A world with a desk: what the operator is told and answers, and an hour that is set."""

    def at(self, text: str) -> None:
        self.ahead = datetime.fromisoformat(text).replace(tzinfo=ALMATY) - datetime.now(UTC)

    def told(self, at: str = "", to: str = OWNER) -> list[Sent]:
        """Make a pass, at that hour; return what was mailed to that address."""
        if at:
            self.at(at)
        before = {sent.name for sent in self.sent()}
        self.poll()
        return [sent for sent in self.sent() if sent.name not in before and sent.to == to]

    def held(self, *subjects: str, sender: str = ALIYA) -> list[str]:
        """Deliver mails that wait for the operator, being old; return the numbers of their requests."""
        long_ago = self.now() - timedelta(days=20)
        mails = [
            self.octets(sender, subject, NEW_PHONE["ru"] if subject in UPDATE.values() else "", date=long_ago)
            for subject in subjects
        ]
        passed = self.deliver(*mails, at=long_ago)
        by_id = {each["message_id"]: each["id"] for each in self.requests()}
        return [by_id[letter.message_id] for letter in passed.letters]

    def waiting(self) -> str:
        """Deliver a mail that waits and is not late; return the number of its request."""
        return str(self.request(self.mail(STRANGER, UPDATE["ru"], NEW_PHONE["ru"], proof="none"))["id"])

    def order(self, text: str, **how: object) -> Taken:
        """Answer the last list."""
        return self.answer(OWNER, text, **how)  # type: ignore[arg-type]

    def became(self, *numbers: str) -> list[tuple[str, str]]:
        return [(one["state"], one["reason"]) for one in map(self.show, numbers)]


@pytest.fixture
def desk(either: World, tmp_path: Path) -> Desk:
    """A live installation whose operator is told at once, on SQLite, then on PostgreSQL."""
    return Desk.copied(either, tmp_path / "desk", either.store)


@pytest.fixture
def daily(world: World, tmp_path: Path) -> Desk:
    """One whose list comes at nine; it is Monday, 15 July 2030, six in the morning."""
    made = Desk.copied(world, tmp_path / "daily")
    tell_at(made.folder, "09:00")
    made.at("2030-07-15T06:00")
    return made


# ---- the cards ------------------------------------------------------------------------------------------------


def test_each_card_says_what_it_is_and_what_to_answer(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    first, second = desk.held(UPDATE["ru"], WITHDRAWAL["ru"])
    (mail,) = [sent for sent in desk.sent() if sent.to == OWNER]
    text = mail.text
    assert mail.subject == "mailbot: ждут Вашего решения: 2"
    at = {number: int(re.search(rf"(\d)\. № {number}", text)[1]) for number in (first, second)}  # type: ignore[index]
    assert sorted(at.values()) == [1, 2], "of what is due at the same time either may come first"
    assert f"{at[first]}. № {first}, изменение данных, от {ALIYA}, срок" in text
    assert f"{at[second]}. № {second}, отзыв согласия на обработку данных, от {ALIYA}, срок" in text
    assert "«1 да» – выполнить; «1 нет: причина» – отказать, причину узнает человек; «1 спам» – это не запрос." in text
    tokens = re.findall(r"(?m)^\[([a-z2-7]{26})\]$", text)
    assert len(set(tokens)) == 3 and tokens[-1] == mail.token, "a token each, and the mail's own"
    cards = desk.sql("SELECT token, number, request_id, digest FROM digest_card ORDER BY number")
    assert [row[:3] for row in cards] == [(tokens[at[n] - 1], at[n], n) for n in sorted(at, key=at.__getitem__)]
    assert {row[3] for row in cards} == {mail.token}


def test_mail_without_a_suggestion_is_a_number_and_no_card(daily: Desk) -> None:
    daily.deliver(*(daily.octets(STRANGER, f"Вопрос {n}", "Когда начинается курс?") for n in range(3)))
    number = daily.waiting()
    (mail,) = daily.told("2030-07-15T09:01")
    assert mail.text.count("№ ") == 1 and number in mail.text and "Вопрос" not in mail.text
    assert "Всего в очереди: ждут решения 1, прочие письма 3." in mail.text


# ---- what each word does ----------------------------------------------------------------------------------------


def test_yes_no_and_spam_do_what_the_card_says_and_are_told(desk: Desk) -> None:
    first, second, third = desk.held(UPDATE["ru"], WITHDRAWAL["ru"]) + desk.held(UPDATE["kk"])
    desk.later(days=1)  # a list of all three: nothing is told twice, so they are asked about when overdue
    (mail,) = desk.told()
    at = {number: re.search(rf"(\d+)\. № {number}", mail.text)[1] for number in (first, second, third)}  # type: ignore[index]
    taken = desk.order(f"{at[first]} да\n{at[second]} нет: чужие данные\n{at[third]} спам\n\nС уважением,\nАйгерим")
    assert (taken.decision, taken.lies) == ("applied", "Done")
    assert desk.became(first, second, third) == [
        ("applied", "released"), ("refused", "not_yours"), ("ignored", "closed"),
    ]  # fmt: skip
    assert "+77019998877" in desk.person(ALIYA)["phones"]
    (told,) = taken.told
    assert told.subject == "mailbot: по Вашему ответу"
    assert f"{at[first]}. № {first}: выполнено." in told.text
    assert f"{at[second]}. № {second}: отказано, человек узнаёт причину." in told.text
    assert f"{at[third]}. № {third}: закрыто: это не запрос." in told.text
    names = {row[0] for row in desk.sql(f"SELECT who FROM event WHERE request_id = '{first}' AND what = 'released'")}
    assert names == {"operator by mail"}
    assert desk.told() == []


@pytest.mark.parametrize(
    ("answer", "became"),
    [
        ("1 иә", ("applied", "released")), ("1 yes", ("applied", "released")), ("да", ("applied", "released")),
        ("1 жоқ: расталмады", ("refused", "not_confirmed")), ("1 no: not yours", ("refused", "not_yours")),
        ("1 нет: мы уже исправили сами", ("refused", "other")), ("1 spam", ("ignored", "closed")),
        ("1 сұраныс емес", ("ignored", "closed")), ("Здравствуйте!\n\n1) Да.\n\nСпасибо", ("applied", "released")),
    ],
)  # fmt: skip
def test_the_words_are_of_three_languages(world: World, tmp_path: Path, answer: str, became: tuple[str, str]) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    (number,) = desk.held(UPDATE["ru"])
    desk.order(answer)
    assert desk.became(number) == [became]


def test_a_refusal_that_nobody_can_be_told_says_so(desk: Desk) -> None:
    number = desk.waiting()
    taken = desk.order("1 нет: не подтверждено")
    assert desk.became(number) == [("refused", "not_confirmed")] and taken.answers == []
    assert f"1. № {number}: отказано; писать об этом некому" in taken.told[0].text


def test_a_reason_of_her_own_is_told_to_the_person_as_she_wrote_it(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    desk.held(UPDATE["ru"])
    taken = desk.order("1 нет: номер уже исправлен по телефону")
    (answer,) = taken.answers
    assert answer.to == ALIYA and "Пояснение: номер уже исправлен по телефону" in answer.text
    assert desk.sql("SELECT note FROM digest_card") == [("",)], "what she wrote is kept no longer"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("1 да\nвторое не трогай", "> второе не трогай"), ("1 не да", "> 1 не да"), ("1 да?", "> 1 да?"),
        ("1 да\n1 нет: неясно", "> 1 нет: неясно"), ("9 да", "> 9 да"), ("1 да, кроме телефона", "«да» с условием"),
        ("1 нет", "нужна причина"), ("1-2 да", "> 1-2 да"),
        ("1 да\n\nС уважением\nАйгерим\n1 спам", "> 1 спам"),
    ],
)  # fmt: skip
def test_what_is_no_certain_order_does_nothing_and_is_told(
    world: World, tmp_path: Path, answer: str, said: str
) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    (number,) = desk.held(UPDATE["ru"])
    before = desk.on_file()
    taken = desk.order(answer)
    assert said in taken.told[0].text and taken.answers == []
    assert desk.became(number) == [("held", "too_old")] and desk.on_file() == before


def test_two_cards_and_an_answer_without_a_number_are_not_guessed(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    numbers = desk.held(UPDATE["ru"], WITHDRAWAL["ru"])
    assert "> да" in desk.order("да").told[0].text
    assert {state for state, _ in desk.became(*numbers)} == {"held"}


def test_a_yes_for_somebody_who_is_not_on_file_says_what_to_do(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    number = desk.request(desk.mail(STRANGER, UPDATE["ru"], NEW_PHONE["ru"]))["id"]
    assert "решите в консоли, там можно указать, для кого" in desk.order("1 да").told[0].text
    assert desk.show(number)["state"] == "held"


def test_check_says_whether_the_list_can_be_answered(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")

    def said() -> list[tuple[str, str]]:
        return [(each["level"], each["says"]) for each in desk.run("check", "--json").objects
                if each["check"] == "operator"]  # fmt: skip

    assert said() == [("ok", "what waits is mailed with each pass")]
    tell_at(desk.folder, "08:30")
    assert said() == [("ok", "the day's list is mailed from 08:30 on")]
    assert any(level == "note" and "never answered" in says for level, says in (unproven(desk), said())[1])


def test_the_question_about_an_obligation_is_answered_by_yes_or_no(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    for sender, word, result in ((ALIYA, "1 жоқ", "обязательства нет"), (BORIS, "2 да", "до конца обязательства")):
        number = desk.request(desk.mail(sender, WITHDRAWAL["ru"]))["id"]
        taken = desk.order(word)
        assert result in taken.told[0].text
        shown = desk.show(number)
        assert (shown["open"], shown["reason"]) == (
            ([], "withdrawal_proven") if sender == ALIYA else (["obligations"], "obligation_open")
        )


def test_a_complaint_is_answered_by_herself_and_closed_by_a_yes(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    taken = desk.mail(ALIYA, COMPLAINT)
    number = desk.request(taken)["id"]
    assert "«1 да» – Вы ответили, закрыть" in taken.told[0].text
    desk.order("1 да")
    assert desk.became(number) == [("ignored", "closed")]


def test_a_right_that_is_not_proven_needs_how_she_made_sure(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    taken = desk.mail(ALIYA, ACCESS, proof="weak")
    number = desk.request(taken)["id"]
    assert "«1 да: как убедились»" in taken.told[0].text
    assert "напишите, как Вы убедились" in desk.order("1 да", to=taken.told[0]).told[0].text
    assert desk.show(number)["state"] != "applied"


@pytest.mark.parametrize("answer", ["1 да, но позже", "1 да, спасибо", "1 да - только телефон"])
def test_only_what_stands_behind_a_colon_says_how_she_made_sure(world: World, tmp_path: Path, answer: str) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    number = desk.request(desk.mail(ALIYA, "Удаление", "Прошу удалить все мои персональные данные", proof="weak"))["id"]
    assert "напишите, как Вы убедились" in desk.order(answer).told[0].text
    assert desk.show(number)["state"] == "left" and desk.person(ALIYA)["block"] is None


def test_an_unproven_change_says_to_make_sure_and_takes_how(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    long_ago = desk.now() - timedelta(days=20)
    taken = desk.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], proof="none", date=long_ago, at=long_ago)
    assert "сначала убедитесь, что просит сам человек" in taken.told[0].text
    number = desk.request(taken)["id"]
    assert "напишите, как Вы убедились" in desk.order("1 да").told[0].text
    assert desk.became(number) == [("held", "too_old")], "a bare yes is too little"
    desk.order("1 да: позвонила")
    assert desk.became(number) == [("applied", "released")] and desk.show(number)["checked"] == "позвонила"


def test_a_card_shows_what_would_change_and_a_yes_is_about_that(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    (number,) = desk.held(UPDATE["ru"])
    asked = desk.last(OWNER)
    assert "Изменится: телефон, +77010000001 → +77019998877." in asked.text
    desk.ok("requests", "edit", number, "--phone", "+77019998866")
    assert "с тех пор запрос изменился" in desk.order("1 да", to=asked).told[0].text
    assert desk.became(number) == [("held", "too_old")]
    assert "+77010000001 → +77019998866" in desk.last(OWNER).text


def test_a_settled_question_that_is_denied_is_not_asked_again(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    taken = desk.mail(ALIYA, COMPLAINT)
    path = desk.box / "new" / taken.letter.name
    path.rename(desk.box / "cur" / f"{taken.letter.name}:2,RS")
    (asked,) = desk.told()
    assert "Это решило запрос?" in asked.text
    before = desk.request(taken)
    assert "остаётся открытым" in desk.order("1 нет").told[0].text
    after = desk.request(taken)
    assert (after["state"], after["due_at"]) == (before["state"], before["due_at"]) and desk.told() == []


def test_places_are_ticked_all_or_the_one_that_is_named(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    desk.policy(PLACES)
    taken = desk.mail(ALIYA, UNSUBSCRIBE["ru"])
    number = desk.request(taken)["id"]
    (asked,) = taken.told
    assert "«1 да» – сделано" in asked.text
    desk.order("1 да: list", to=asked)
    assert {each["place"]: bool(each["done_at"]) for each in desk.show(number)["places"]} == {
        "list": True, "chat": False,
    }  # fmt: skip


# ---- whose answer counts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("proof", ["none", "weak", "fail"])
def test_an_answer_that_is_not_proven_to_be_hers_does_nothing(world: World, tmp_path: Path, proof: str) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    (number,) = desk.held(UPDATE["ru"])
    taken = desk.order("1 да", proof=proof)
    assert taken.decision == "held" and desk.became(number) == [("held", "too_old")]
    assert desk.request(taken)["reason"] == "order_unproven"


@pytest.mark.parametrize("sender", [STRANGER, ALIYA, DEPUTY])
def test_her_list_answered_from_elsewhere_does_nothing(world: World, tmp_path: Path, sender: str) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    (number,) = desk.held(UPDATE["ru"])
    taken = desk.answer(sender, "1 да", to=desk.last(OWNER))
    assert taken.decision == "held" and desk.request(taken)["reason"] == "token_unusable"
    assert desk.became(number) == [("held", "too_old")]


def test_a_person_who_quotes_her_list_is_decided_as_ever(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    desk.held(UPDATE["ru"])
    quoted = "\n".join(f"> {row}" for row in desk.last(OWNER).text.splitlines())
    taken = desk.mail(BORIS, WITHDRAWAL["ru"], f"\n{quoted}")
    request = desk.request(taken)
    assert (request["kind"], request["reason"]) == ("withdrawal", "tag_over_forward"), "it has the law's clock"


def test_an_order_without_any_token_is_an_ordinary_mail(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    (number,) = desk.held(UPDATE["ru"])
    assert desk.mail(OWNER, "1 да", "1 да").decision == "left"
    assert desk.became(number) == [("held", "too_old")]


def test_the_mailbox_itself_orders_nothing(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    (number,) = desk.held(UPDATE["ru"])
    taken = desk.answer(BOX, "1 да", to=desk.last(OWNER))
    assert taken.decision == "ignored" and desk.became(number) == [("held", "too_old")]


def test_an_answer_by_a_quoted_card_alone_counts_too(world: World, tmp_path: Path) -> None:
    """Some mail apps answer without In-Reply-To: the tokens in the quote say which list it is."""
    desk = Desk.copied(world, tmp_path / "desk")
    (number,) = desk.held(UPDATE["ru"])
    quoted = "\n".join(f"> {row}" for row in desk.last(OWNER).text.splitlines()[:-2])
    desk.mail(OWNER, "Re: mailbot", f"1 да\n\n{quoted}")
    assert desk.became(number) == [("applied", "released")]


def test_an_order_is_done_once_however_often_it_comes(desk: Desk) -> None:
    (number,) = desk.held(UPDATE["ru"])
    asked = desk.last(OWNER)
    desk.order("1 да", to=asked)
    desk.order("1 спам", to=asked)
    desk.order("1 да", to=asked)
    assert desk.became(number) == [("applied", "released")]
    assert [template for template, _ in desk.templates(number)] == ["received", "update-applied"]


@pytest.mark.parametrize("first", ["1 нет", "1 да, но не всё", "1 да: но не всё"])
def test_what_was_not_done_is_ordered_better_by_the_same_list(desk: Desk, first: str) -> None:
    (number,) = desk.held(UPDATE["ru"])
    asked = desk.last(OWNER)
    assert "не выполнено" in desk.order(first, to=asked).told[0].text
    taken = desk.order("1 нет: чужие данные", to=asked)
    assert f"1. № {number}: отказано" in taken.told[0].text and desk.became(number) == [("refused", "not_yours")]


def test_who_changes_her_mind_is_told_what_was_done(desk: Desk) -> None:
    (number,) = desk.held(UPDATE["ru"])
    asked = desk.last(OWNER)
    desk.order("1 да", to=asked)
    assert f"1. № {number}: выполнено." in desk.order("1 спам", to=asked).told[0].text
    assert desk.became(number) == [("applied", "released")]


def test_another_word_before_the_first_was_done_is_not_guessed(desk: Desk) -> None:
    (number,) = desk.held(UPDATE["ru"])
    asked = desk.last(OWNER)
    desk.ok("pause")
    desk.order("1 спам", to=asked)
    desk.order("1 нет: неясно", to=asked)
    desk.ok("resume")
    (told,) = desk.told()
    assert "> 1 нет: неясно" in told.text and f"1. № {number}: закрыто" in told.text


@pytest.mark.parametrize("line", ["9 да", "2 нет: неясно\n2 да"])
def test_of_an_answer_with_one_unclear_order_nothing_is_done(world: World, tmp_path: Path, line: str) -> None:
    """It is told that nothing of it was."""
    desk = Desk.copied(world, tmp_path / "desk")
    numbers = desk.held(UPDATE["ru"], WITHDRAWAL["ru"])
    (told,) = desk.order(f"1 спам\n{line}").told
    assert "из того письма ничего не выполнено" in told.text
    assert {state for state, _ in desk.became(*numbers)} == {"held"}


def test_what_was_decided_elsewhere_meanwhile_is_left_as_it_is(desk: Desk) -> None:
    (number,) = desk.held(UPDATE["ru"])
    desk.ok("requests", "refuse", number, "--reason", "unclear")
    taken = desk.order("1 да")
    assert "с тех пор запрос изменился" in taken.told[0].text and desk.became(number) == [("refused", "unclear")]


def test_what_was_ordered_before_a_pause_is_done_after_it(desk: Desk) -> None:
    (number,) = desk.held(UPDATE["ru"])
    desk.ok("pause")
    assert desk.order("1 да").decision == "applied"
    assert desk.became(number) == [("held", "too_old")]
    desk.ok("resume")
    (told,) = desk.told()
    assert desk.became(number) == [("applied", "released")] and f"1. № {number}: выполнено." in told.text


def test_a_list_of_two_weeks_ago_orders_nothing(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    (number,) = desk.held(UPDATE["ru"])
    asked = desk.last(OWNER)
    desk.later(days=16)
    desk.poll()
    desk.order("1 да", to=asked)
    assert desk.became(number) == [("held", "too_old")]


# ---- her address ------------------------------------------------------------------------------------------------


def unproven(desk: Desk) -> Desk:
    for name in ("desk_named", "desk_proven"):
        desk.sql(f"DELETE FROM note WHERE name = '{name}'")
    return desk


def test_nothing_about_anybody_goes_to_an_address_before_it_answered_once(desk: Desk) -> None:
    unproven(desk)
    (hello,) = desk.told()
    assert "«да»" in hello.text and "ждут" not in hello.text
    (number,) = desk.held(UPDATE["ru"])
    told = [sent for sent in desk.sent() if sent.to == OWNER]
    assert all(ALIYA not in sent.text and number not in sent.text for sent in told)
    assert desk.told() == [], "it is asked again the next day, and not with each pass"
    desk.later(days=1)
    (again,) = desk.told()
    assert "Сейчас ждут: 1." in again.text and ALIYA not in again.text
    taken = desk.answer(OWNER, "Да", to=again, proof="none")
    assert taken.decision == "applied"
    (listed,) = taken.told
    assert "адрес подтверждён" in listed.text and f"1. № {number}" in listed.text
    assert "operator_proven" in desk.reasons()


@pytest.mark.parametrize(("sender", "word"), [(STRANGER, "да"), (OWNER, "кто вы?"), (OWNER, "нет")])
def test_no_other_answer_proves_it(world: World, tmp_path: Path, sender: str, word: str) -> None:
    desk = unproven(Desk.copied(world, tmp_path / "desk"))
    (hello,) = desk.told()
    assert desk.answer(sender, word, to=hello).decision == "held"
    desk.held(UPDATE["ru"])
    assert ALIYA not in desk.last(OWNER).text


def test_another_address_in_the_settings_has_to_be_proven_anew(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    (number,) = desk.held(UPDATE["ru"])
    asked = desk.last(OWNER)
    path = desk.folder / "mailbot.toml"
    path.write_text(path.read_text("utf-8").replace(OWNER, "new.owner@example.com"), "utf-8")
    (hello,) = desk.told(to="new.owner@example.com")
    assert number not in hello.text and ALIYA not in hello.text
    taken = desk.order("1 да", to=asked)
    assert taken.decision == "held" and desk.became(number) == [("held", "too_old")], "the old address orders no more"


# ---- when ---------------------------------------------------------------------------------------------------------


def test_the_list_comes_once_a_day_and_holds_all_that_waits(daily: Desk) -> None:
    first = daily.waiting()
    assert daily.told("2030-07-15T08:59") == []
    (mail,) = daily.told("2030-07-15T09:00")
    assert f"1. № {first}" in mail.text
    second = daily.waiting()
    assert daily.told("2030-07-15T18:00") == []
    (mail,) = daily.told("2030-07-16T09:00")
    assert f"1. № {first}" in mail.text and f"2. № {second}" in mail.text
    daily.order("1 спам\n2 спам")
    assert daily.told("2030-07-17T09:00") == [], "an empty desk is not written about"


def test_what_is_late_and_a_breaker_that_opened_are_told_at_once(daily: Desk) -> None:
    number = daily.waiting()
    daily.told("2030-07-15T09:00")
    late = [mail for hour in range(10, 20) for mail in daily.told(f"2030-07-18T{hour}:30")]
    assert any("просрочено" in mail.text and number in mail.text for mail in late)
    daily.policy("[limits]\nunproven_unsubscribes_per_hour = 1\n")
    daily.at("2030-07-18T21:00")
    asks = [daily.octets(f"p{n}@example.org", UNSUBSCRIBE["ru"], proof="none") for n in range(3)]
    told = [sent.text for sent in daily.deliver(*asks).told]
    assert len(told) == 1 and ("p1@example.org" in told[0] or "p2@example.org" in told[0])


def test_she_is_never_written_to_without_end(world: World, tmp_path: Path) -> None:
    """Something that answers each mail of ours by itself, and bears no mark of a machine."""
    desk = Desk.copied(world, tmp_path / "desk")
    desk.held(UPDATE["ru"])
    desk.sql(
        "INSERT INTO digest_card (token, digest, number, addressee, deputy, ask, kind, dealt, made_at, verb, note,"
        " stamp, result, why) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
        " SELECT 'x' || i, 'd' || i, 1, '', 0, 'review', '', '', strftime('%Y-%m-%d %H:%M:%S', 'now') || '.000000',"
        " '', '', '', '', '' FROM n"
    )
    assert desk.order("1 получено автоматически").told == []
    desk.later(days=1, minutes=1)
    assert len(desk.told()) == 1, "it waits until the next day and is not lost"


@pytest.mark.parametrize(
    "text",
    [
        "Добрый день. Я сейчас в отпуске, вернусь 5 декабря.", "Здравствуйте! Ваше письмо получено, отвечу вечером.",
        "Сәлеметсіз бе! Хатыңызды алдым, жақында жауап беремін.", "I have got your mail and will come back to you.",
    ],
)  # fmt: skip
def test_what_a_machine_may_have_written_is_answered_by_nothing(daily: Desk, text: str) -> None:
    daily.waiting()
    daily.told("2030-07-15T09:00")
    taken = daily.order(text)
    assert taken.told == [] and daily.request(taken)["reason"] == "order_unclear"
    (mail,) = daily.told("2030-07-16T09:00")
    assert f"> {text}" in mail.text, "it is told by the list that goes anyway"
    assert daily.order("Добрый день. Я ещё в отпуске.").told == []


def test_what_could_not_wait_does_not_take_the_place_of_the_list(daily: Desk) -> None:
    first = daily.waiting()
    daily.told("2030-07-15T09:00")
    late = [mail for hour in range(24) for mail in daily.told(f"2030-07-18T{hour:02}:30")]
    second = daily.waiting()
    assert late and first in late[0].text
    (mail,) = daily.told("2030-07-19T09:00")
    assert first in mail.text and second in mail.text
    third = daily.waiting()
    daily.policy("[limits]\nunproven_unsubscribes_per_hour = 1\n")
    daily.at("2030-07-20T03:00")
    asks = [daily.octets(f"p{n}@example.org", UNSUBSCRIBE["ru"], proof="none") for n in range(3)]
    (urgent,) = daily.deliver(*asks).told
    assert third not in urgent.text
    (mail,) = daily.told("2030-07-20T09:00")
    assert third in mail.text


# ---- the deputy, and the mailbox itself ---------------------------------------------------------------------------


def test_the_deputy_answers_a_list_of_her_own(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    path = desk.folder / "mailbot.toml"
    path.write_text(path.read_text("utf-8").replace("[operator]", f'[operator]\ndeputy = "{DEPUTY}"', 1), "utf-8")
    prove(desk.folder)
    desk.ok("away", (desk.now() + timedelta(days=9)).date().isoformat())
    first, second = desk.held(UPDATE["ru"], WITHDRAWAL["ru"])
    mine = desk.last(DEPUTY)
    assert first in mine.text and second in mine.text
    assert desk.answer(OWNER, "1 да", to=mine).decision == "held", "it is bound to the deputy's address"
    at = re.search(rf"(\d)\. № {first}", mine.text)
    assert at
    desk.answer(DEPUTY, f"{at[1]} спам", to=mine)
    assert desk.became(first, second)[0] == ("ignored", "closed")
    assert f"{at[1]}. № {first}: закрыто" in desk.last(DEPUTY).text
    who = desk.sql(f"SELECT who FROM event WHERE request_id = '{first}' AND what = 'closed'")
    assert who == [("deputy by mail",)]


def without_mail(desk: Desk) -> Desk:
    path = desk.folder / "mailbot.toml"
    path.write_text(path.read_text("utf-8").replace(f'mail = "{OWNER}"', 'mail = ""'), "utf-8")
    tell_at(desk.folder, "09:00")
    return desk


def lists(desk: Desk) -> list[bytes]:
    """Return the lists that lie unread in INBOX."""
    return [path.read_bytes() for path in sorted((desk.box / "new").iterdir()) if path.name.endswith(".mailbot")]


def parsed(octets: bytes) -> Sent:
    return Sent("", message_from_bytes(octets, policy=policy.default))  # type: ignore[arg-type]


def test_without_an_address_the_list_lies_in_the_inbox_and_is_answered_by_nobody(world: World, tmp_path: Path) -> None:
    desk = without_mail(Desk.copied(world, tmp_path / "desk"))
    desk.at("2030-07-15T06:00")
    (number,) = desk.held(UPDATE["ru"])
    desk.told("2030-07-15T09:00")
    (laid,) = lists(desk)
    text = parsed(laid).text
    assert f"№ {number}" in text and f"requests release {number}" in text and "Ответьте на это письмо" not in text
    assert [sent for sent in desk.sent() if sent.to in (OWNER, BOX)] == []
    assert desk.sql("SELECT count(*) FROM digest_card") == [(0,)]
    desk.told("2030-07-15T09:10")
    assert lists(desk) == [laid] and "own" not in desk.reasons(), "our own mail is passed over"
    taken = desk.answer(BOX, "1 да", to=parsed(laid))
    assert taken.decision == "ignored" and desk.became(number) == [("held", "too_old")]
    desk.told("2030-07-16T09:00")
    (after,) = lists(desk)
    assert after != laid, "a new list takes the place of the old one"


@pytest.mark.parametrize("hour", ["", "09:00"])
def test_a_list_that_could_not_be_laid_is_laid_by_the_next_pass(
    world: World, tmp_path: Path, hour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = without_mail(Desk.copied(world, tmp_path / "desk"))
    tell_at(desk.folder, hour)
    desk.at("2030-07-15T10:00")
    long_ago = desk.now() - timedelta(days=20)
    desk.put(desk.octets(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], date=long_ago), at=long_ago)

    def gone(_self: MaildirMailbox, _octets: bytes, _at: datetime) -> None:
        raise MailboxUnavailable("the server is gone")

    with monkeypatch.context() as away:
        away.setattr(MaildirMailbox, "put", gone)
        with pytest.raises(AssertionError, match="the server is gone"):
            desk.poll()
    assert lists(desk) == []
    desk.poll()
    (laid,) = lists(desk)
    assert ALIYA in parsed(laid).text
    desk.poll()
    assert lists(desk) == [laid] and desk.sql("SELECT value FROM note WHERE name = 'digest_to_lay'") == [("",)]


def test_a_list_that_waits_to_be_laid_is_forgotten_with_who_is_in_it(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = without_mail(Desk.copied(world, tmp_path / "desk"))
    tell_at(desk.folder, "")
    with monkeypatch.context() as away:
        away.setattr(MaildirMailbox, "put", lambda *_: (_ for _ in ()).throw(MailboxUnavailable("gone")))
        desk.put(desk.octets(ALIYA, COMPLAINT))
        assert desk.run("poll").code == 75
    desk.ok("people", "destroy", ALIYA, "--yes")
    assert desk.sql("SELECT value FROM note WHERE name = 'digest_to_lay'") == [("",)]
    desk.poll()
    assert all(ALIYA not in parsed(octets).text for octets in lists(desk))


def test_the_list_leaves_the_inbox_when_nothing_waits_and_when_somebody_in_it_is_gone(
    world: World, tmp_path: Path
) -> None:
    desk = without_mail(Desk.copied(world, tmp_path / "desk"))
    desk.at("2030-07-15T06:00")
    desk.held(UPDATE["ru"])
    desk.told("2030-07-15T09:00")
    assert len(lists(desk)) == 1 and ALIYA in parsed(lists(desk)[0]).text
    desk.ok("people", "destroy", ALIYA, "--yes")
    desk.told("2030-07-15T09:10")
    assert all(ALIYA not in parsed(each).text for each in lists(desk))
    for each in desk.requests():
        desk.ok("requests", "close", each["id"])
    desk.told("2030-07-16T09:00")
    desk.told("2030-07-16T09:10")
    assert lists(desk) == []


def test_with_folders_the_list_in_the_inbox_names_them(world: World, tmp_path: Path) -> None:
    desk = without_mail(Desk.copied(world, tmp_path / "desk"))
    path = desk.folder / "mailbot.toml"
    path.write_text(path.read_text("utf-8").replace("[mailbox]", "[mailbox]\ndo_folders = true", 1), "utf-8")
    desk.at("2030-07-15T06:00")
    desk.held(UPDATE["ru"])
    desk.told("2030-07-15T09:00")
    text = lists(desk)[0].decode("utf-8", "replace")
    assert "Content-Transfer-Encoding" in text
    assert "Перетащите письмо в mailbot/Do" in parsed(lists(desk)[0]).text


def test_many_mails_that_left_at_once_are_settled_by_a_yes(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    asks = [desk.octets(STRANGER, f"Вопрос {n}", "Когда начинается курс?") for n in range(12)]
    letters = desk.deliver(*asks).letters
    for letter in letters[:11]:
        (desk.box / "new" / letter.name).unlink()
    (asked,) = desk.told()
    assert "«1 да» – да, они решены" in asked.text
    assert "закрыто: решено Вами" in desk.order("1 да").told[0].text
    assert desk.reasons().count("moved_by_hand") == 11


def test_a_yes_settles_no_more_mails_than_she_was_asked_about(world: World, tmp_path: Path) -> None:
    desk = Desk.copied(world, tmp_path / "desk")
    asks = [desk.octets(STRANGER, f"Вопрос {n}", "Когда начинается курс?") for n in range(30)]
    letters = desk.deliver(*asks).letters
    for letter in letters[:11]:
        (desk.box / "new" / letter.name).unlink()
    (asked,) = desk.told()
    for letter in letters[11:25]:
        (desk.box / "new" / letter.name).unlink()
    (told,) = desk.order("1 да", to=asked).told
    assert "с тех пор запрос изменился" in told.text and "1. Из папки сразу ушло писем, которые ждут: 25." in told.text
    assert desk.reasons().count("moved_by_hand") == 0
    desk.order("1 да", to=told)
    assert desk.reasons().count("moved_by_hand") == 25
