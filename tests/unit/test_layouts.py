"""How people lay their data out: tables, forms with blanks, questionnaires, lists, headings that say whose they are."""

from __future__ import annotations

from datetime import date

import pytest

from mailbot.reading.claim import Language
from mailbot.reading.extract import extract

A, B = "+77012345678", "+77027654321"
TODAY = date(2026, 1, 1)

TAKEN: list[tuple[Language, str, dict[str, str | None]]] = [
    ("kk", "Өріс: бұрынғы | жаңа\nТегі: Әлиева | Омарова\nТелефон: 87027654321 | 87012345678",
     {"surname": "Омарова", "phone": A}),
    ("en", "Field\tCurrent\tNew\nLast name\tBaker\tHill\nPhone\t8 702 765 43 21\tunchanged",
     {"surname": "Hill"}),
    ("ru", "Поле\tСтарое значение\tНовое значение\nФамилия\tБойко\tКравец", {"surname": "Кравец"}),
    ("ru", "фамилия,имя,дата_рождения,email\nКравец,Олег,1987-10-19,oleg@example.kz",
     {"surname": "Кравец", "given_name": "Олег", "birth_date": "1987-10-19", "email": "oleg@example.kz"}),
    ("kk", "1. Тегі ____Омарова____\n2. Аты ____Дана____\n3. Туған жері ____Тараз қаласы____",
     {"surname": "Омарова", "given_name": "Дана", "birth_place": "Тараз қаласы"}),
    ("ru", "Вопрос 1. Ваша фамилия? Кравец\nВопрос 2. Где вы родились? г. Рудный",
     {"surname": "Кравец", "birth_place": "г. Рудный"}),
    ("ru", "Вопрос: ваша фамилия?\nОтвет: Кравец", {"surname": "Кравец"}),
    ("kk", "1-сұрақ. Тегіңіз? Омарова\n2-сұрақ. Туған күніңіз? 1992 жылғы 30 қазан",
     {"surname": "Омарова", "birth_date": "1992-10-30"}),
    ("ru", "а) фамилия – Кравец;\nб) номер телефона – +7 701 234 56 78.", {"surname": "Кравец", "phone": A}),
    ("ru", "1/ имя Тогжан\n2/ фамилия Омарова", {"given_name": "Тогжан", "surname": "Омарова"}),
    ("ru", "familiya: Kravets\nimya: Oleg\nnomer: 87012345678",
     {"surname": "Kravets", "given_name": "Oleg", "phone": A}),
    ("en", "family name -> Weber\nbirthplace -> Saran, Kazakh SSR",
     {"surname": "Weber", "birth_place": "Saran, Kazakh SSR"}),
    ("ru", "Год рождения: 1982\nМесяц: август\nЧисло: 19", {"birth_date": "1982-08-19"}),
    ("kk", "Мен 1978 жылы туғанмын. Айы – қыркүйек, күні – жиырма алтысы.", {"birth_date": "1978-09-26"}),
    ("ru", "Дата и место рождения: 04.11.1982, г. Алма-Ата",
     {"birth_date": "1982-11-04", "birth_place": "г. Алма-Ата"}),
    ("ru", "Родилась: 12 мая 1975 года в г. Джамбул", {"birth_date": "1975-05-12", "birth_place": "г. Джамбул"}),
    ("ru", "Имя в базе: Алёна\nВерное имя: Елена", {"given_name": "Елена"}),
    ("kk", "Қате: әкесінің аты – Қайроллақызы\nДұрысы: әкесінің аты – Қайырғалиқызы",
     {"patronymic": "Қайырғалиқызы"}),
    ("ru", "Что исправить: отчество\nСейчас: Николаевна\nНужно: Никитична", {"patronymic": "Никитична"}),
    ("ru", "Моя фамилия после обмена паспорта.\nДо: Полторацких\nПосле: Полторацкий", {"surname": "Полторацкий"}),
    ("ru", "Фамилия (была Бойко):\nКравец", {"surname": "Кравец"}),
    ("ru", "ФИО:\nКравец\nОльга\nПетровна", {"surname": "Кравец", "given_name": "Ольга", "patronymic": "Петровна"}),
    ("ru", "Мои данные:\nКравец Ольга Петровна\n8 701 234 56 78",
     {"surname": "Кравец", "given_name": "Ольга", "patronymic": "Петровна", "phone": A}),
    ("en", "Surname: Nguyen\nGiven names: Thi Mai", {"surname": "Nguyen", "given_name": "Thi Mai"}),
    ("ru", "Фамилия/Имя/Отчество: Кравец / Олег / Петрович",
     {"surname": "Кравец", "given_name": "Олег", "patronymic": "Петрович"}),
    ("ru", "Место рождения: Чимкент (именно так, не Шымкент)", {"birth_place": "Чимкент"}),
    ("kk", "Тегі: Омарова (өзгерген жоқ)\nАты: Дана", {"given_name": "Дана"}),
]  # fmt: skip

OTHERS: list[tuple[Language, str, dict[str, str | None]]] = [
    ("kk", "Менің деректерім:\nТегі: Омарова\n\nЖолдасымның деректері (оны өзгертпеңіз):\nТегі: Омаров",
     {"surname": "Омарова"}),
    ("ru", "по мне:\nТелефон: 8 701 234 56 78\n\nпо супруге (у неё свой кабинет, не меняйте):\nТел: 87027654321",
     {"phone": A}),
    ("en", "My details\nFirst name: Laura\n\nEmergency contact\nName: Aidar (brother)\nPhone: 8 702 765 43 21",
     {"given_name": "Laura"}),
    ("en", "New e-mail: laura@example.kz\nNot to be changed:\n* surname Hill\n* phone 8 702 765 43 21",
     {"email": "laura@example.kz"}),
    ("ru", "Телефон мамы на всякий случай: 8 702 765 43 21\nE-mail: oleg@example.kz", {"email": "oleg@example.kz"}),
    ("ru", "Тётя указала свою почту tetya@example.kz. Мой адрес — oleg@example.kz", {"email": "oleg@example.kz"}),
    ("kk", "Поштам жаңарды: dana@example.kz. Құрметпен, Дана Омарова, «Мысал» ЖШС, тел. 8 727 344 50 60",
     {"email": "dana@example.kz"}),
    ("en", "Last spring I married Askar Omarov, born 1 July 1983. My new surname is Omarova.", {"surname": "Omarova"}),
    ("ru", "Подруга взяла фамилию мужа: Орлова. Поменяйте ей, пожалуйста.", {}),
    ("ru", "Она стала по отцу Нурлан. Исправьте.", {}),
    ("en", "Everyone knows which is right. My boss goes by Sutherland now.", {}),
    ("kk", "Қазір тегім дұрыс, бірақ досым Серіков боламын дейді.", {}),
    ("ru", "Ребёнок родился 5 мая 2020, село Ивановка. Измените мой телефон на 8 701 234 56 78", {"phone": A}),
    ("ru", "Прошу сменить мой номер. Я звонила вам на 8 727 250 00 00. Новый: 8 701 234 56 78", {"phone": A}),
    ("en", "My doctor, Dr Hill, was right. Change my phone to 8 701 234 56 78.", {"phone": A}),
]  # fmt: skip

ASKED: list[tuple[Language, str, str, str]] = [
    ("ru", "В отчестве пропустили вторую «н», исправьте опечатку.", "patronymic", "no_value"),
    ("en", "There is a mistake in my surname, please check the scan.", "surname", "no_value"),
    ("ru", "Здравствуйте, вышла замуж и взяла фамилию мужа.", "surname", "no_value"),
    ("ru", "Родился в 1990, село Хорошее мне нравится.", "birth_date", "not_a_date"),
    ("kk", "Жаңа нөмірім 8 701 234 56 78. Әлде 8 702 765 43 21 пе, тексерем.", "phone", "unsure"),
    ("kk", "Туған күнім 12 мамыр 1990 жыл. Жоқ, 21 мамыр 1990 жыл ма екен.", "birth_date", "unsure"),
    ("ru", "Исправьте имя с Данира на Данияра.", "given_name", "declined_name"),
    ("ru", "Поменяла имя на Фотинию.", "given_name", "declined_name"),
    ("kk", "Туған күнім 3 қаңтар 1991 жыл, Тараз емес, Шу қаласында туғанмын.", "birth_place", "declined_place"),
]


@pytest.mark.parametrize(("language", "text", "fields"), TAKEN, ids=[text[:40] for _, text, _ in TAKEN])
def test_a_layout_is_read(language: Language, text: str, fields: dict[str, str | None]) -> None:
    assert extract(text, language, today=TODAY).fields == fields


@pytest.mark.parametrize(("language", "text", "fields"), OTHERS, ids=[text[:40] for _, text, _ in OTHERS])
def test_what_is_somebody_elses_or_stays_is_left_out(
    language: Language, text: str, fields: dict[str, str | None]
) -> None:
    assert extract(text, language, today=TODAY).fields == fields


@pytest.mark.parametrize(("language", "text", "field", "why"), ASKED, ids=[text[:40] for _, text, _, _ in ASKED])
def test_what_has_no_certain_value_is_asked_back(language: Language, text: str, field: str, why: str) -> None:
    found = extract(text, language, today=TODAY)
    assert field not in found.fields
    assert (field, why) in {(one.field, one.why) for one in found.unclear}
