"""What makes a mail a person's matter, and which kinds a free text speaks of."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reading.cues import CUES, cues

HEARD = [
    ("Прошу обновить телефон моей мамы, Ивановой Марии Петровны: 8-702-333-44-55, она согласна.", "third_person"),
    ("Прошу обновить телефон моей мамы, она согласна.", "representative"),
    ("Удалите телефон моего мужа", "third_person"),
    ("Прошу удалить его данные", "third_person"),
    ("Моя жена сменила номер", "third_person"),
    ("Әкемнің деректерін өзгертіңіз", "third_person"),
    ("Анамның телефоны өзгерді", "third_person"),
    ("акемнин номири озгерди", "third_person"),
    ("Please update my mother's phone", "third_person"),
    ("I write on behalf of Dana", "representative"),
    ("as her lawyer I ask you", "representative"),
    ("Действую по доверенности", "representative"),
    ("Я законный представитель", "representative"),
    ("Сенімхат бойынша жазып отырмын", "representative"),
    ("Я представляю интересы клиента", "representative"),
    ("Прошу удалить данные моего ребёнка", "minor"),
    ("Балам 15 жаста", "minor"),
    ("Мне 16 лет", "minor"),
    ("My son is 12", "minor"),
    ("Кәмелетке толмаған", "minor"),
    ("Мой отец умер", "deceased"),
    ("Муж скончался в мае", "deceased"),
    ("Әкем қайтыс болды", "deceased"),
    ("She passed away", "deceased"),
    ("he is deceased", "deceased"),
    ("Прошу обновить телефон моей\nмамы", "third_person"),
    ("Отпишите от рассылки мою сестру", "third_person"),
    ("Наша сотрудница Динара Оспанова сменила фамилию", "third_person"),
    ("Әпкем Гүлнараның поштасын тізімнен алып тастаңыздар", "third_person"),
    ("Әріптесім Айдана рассылкадан шыққысы келеді", "third_person"),
    ("Жұбайымның аты қате жазылған", "third_person"),
    ("agamnyn nomiri ozgerdi", "third_person"),
    ("my wife wants to be removed from the list", "third_person"),
    ("Пишу от имени своего клиента", "representative"),
    ("Обращаюсь по поручению моей матери", "representative"),
    ("Мен Марат Оспановтың қамқоршысымын", "representative"),
    ("We are the lawyers of Mr Akhmetov", "representative"),
    ("As attorney for Mr Akhmetov, I request the following", "representative"),
    ("я школьник, мне четырнадцать, удалите мою почту", "minor"),
    ("мне ещё нет 18", "minor"),
    ("Мен мектеп оқушысымын, 9 сыныпта оқимын", "minor"),
    ("Қызым 12-де, деректерін өшіріңіздер", "minor"),
    ("men 14 jastamyn", "minor"),
    ("I'm only 14", "minor"),
    ("Please delete my daughter's data, she is 12", "minor"),
    ("Мужа не стало, удалите его номер", "deceased"),
    ("Владелец этого ящика умер", "deceased"),
    ("Айгуль Сериковны больше нет, не пишите на этот адрес", "deceased"),
    ("Марқұм ағамның аккаунтын жауып беріңіздер", "deceased"),
    ("Атам бақилық болды, хабарлама жібермеңіздер", "deceased"),
    ("Сапарова Әлия көз жұмды", "deceased"),
    ("anam qaitys boldy", "deceased"),
    ("My late husband was your student, please close his account", "deceased"),
]
SILENT = [
    "Әкесінің аты: Болатқызы",
    "Девичья фамилия матери: Ким",
    "Отчество: Петровна\nИмя отца: Пётр",
    "father's name: Bolat",
    "Прошу изменить фамилию: была Ахметова, стала Серикова (свидетельство о браке во вложении).",
    "В связи с замужеством прошу изменить фамилию",
    "Мне 35 лет, прошу удалить мои данные",
    "Салеметсиз бе, номирим озгерди: 87071234567\nЕскиси 87017654321 оширип тастаныздаршы.",
    "Сәлеметсіз бе! Деректерімді жаңартуыңызды сұраймын",
    "my phone died, here is the new number",
    "Согласие отзываю",
    "Мой компьютер умер, можно сдать работу позже?",
    "Телефон вчера умер, пишу с планшета",
    "The battery is dead again",
    "What is the deadline for the final project?",
    "I almost died laughing at the last lesson",
    "Дедлайн завтра? Я умру, если не успею",
    "Покойный дедушка всегда говорил: учись. Вот и учусь",
    "Кошка умерла, настроения нет",
    "Абай Құнанбаев 1904 жылы қайтыс болды",
    "Примите соболезнования в связи с уходом вашей мамы",
    "Әкеңіздің қазасына көңіл айтамын",
    "У меня умерла бабушка, на урок не приду",
    "My late reply is due to a holiday",
    "Мой сын хочет на курс, ему 10 лет. Есть группа?",
    "Балам 10 жаста, оған лайық курс бар ма?",
    "My son wants to join the course, he is 12. Is there a group?",
    "I don't want my details passed on to your partners",
    "Прошу удалить мои данные, в том числе номер карты",
]


@pytest.mark.parametrize(("text", "cue"), HEARD)
def test_a_cue_is_heard(text: str, cue: str) -> None:
    assert cue in cues(text)


@pytest.mark.parametrize("text", SILENT)
def test_an_ordinary_mail_has_none(text: str) -> None:
    assert cues(text) == ()


@given(st.text(max_size=300))
def test_they_never_raise(text: str) -> None:
    assert set(cues(text)) <= set(CUES)


@pytest.mark.parametrize(
    "text", ["а" * 10**6, "моей " * 200_000, "дерек " * 160_000, "not " * 250_000, "1 " * 500_000, "- " * 500_000]
)
def test_a_hostile_text_is_cheap(text: str) -> None:
    started = time.process_time()
    cues(text)
    assert time.process_time() - started < 1
