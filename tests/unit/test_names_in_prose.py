"""Names, dates and places that people state in sentences of three languages, and those that are never taken."""

from __future__ import annotations

from datetime import date

import pytest

from mailbot.reading.claim import Language
from mailbot.reading.extract import extract

TODAY = date(2026, 1, 1)
Case = tuple[Language, str, dict[str, str | None]]
S, G, P, D, B = "surname", "given_name", "patronymic", "birth_date", "birth_place"

NAMES: list[Case] = [
    # a surname: marriage, divorce, a slip of the pen
    ("ru", "Я теперь Серикова, раньше была Ахметовой", {S: "Серикова"}),
    ("ru", "Я вышла замуж, теперь моя фамилия Дорохова.", {S: "Дорохова"}),
    ("ru", "После свадьбы я Литвинова, а не Сорокина.", {S: "Литвинова"}),
    ("ru", "После развода вернула девичью фамилию. Она пишется так: Цой.", {S: "Цой"}),
    ("ru", "Вернулась к девичьей фамилии: Тё", {S: "Тё"}),
    ("ru", "В связи с заключением брака прошу сменить фамилию Пустовалова на Гейн.", {S: "Гейн"}),
    ("ru", "Фамилию поменяла. Была Жданова, стала Мирзоян.", {S: "Мирзоян"}),
    ("ru", "Прошу вместо «Ковалев» указать «Ковалёв».", {S: "Ковалёв"}),
    ("ru", "Моя фамилия пишется Шайхутдинов, а у вас Шайхудинов. Исправьте, пожалуйста.", {S: "Шайхутдинов"}),
    ("ru", "Ошибка в фамилии: не Тарасенко, а Тарасенков.", {S: "Тарасенков"}),
    ("ru", "В фамилии опечатка. У вас Лапшина, должно быть Лапшинова.", {S: "Лапшинова"}),
    ("ru", "Вы записали меня как Дьяченко. Моя фамилия Диченко, исправьте.", {S: "Диченко"}),
    ("ru", "по мужу я Ибраева, фамилию обновите", {S: "Ибраева"}),
    ("ru", "Фамилия изменилась, теперь Ван дер Берг.", {S: "Ван дер Берг"}),
    ("ru", "Взяла двойную фамилию: Ким-Ахметова. Обновите, пожалуйста.", {S: "Ким-Ахметова"}),
    ("ru", "Фамилия неправильная (Сейтказиев). Правильно: Сейтказинов.", {S: "Сейтказинов"}),
    ("ru", "Поправьте букву в фамилии: Бондарь, без «е» на конце.", {S: "Бондарь"}),
    ("ru", "Фамилия: Рау (через «у»)", {S: "Рау"}),
    ("ru", "Исправьте Захарьева на Захарова, это моя фамилия.", {S: "Захарова"}),
    ("ru", "У вас числится Нуралиева, это моя прежняя фамилия. Новая: Оразбаева.", {S: "Оразбаева"}),
    ("ru", "Неправильно: Шмит\nПравильно: Шмидт\nЭто моя фамилия.", {S: "Шмидт"}),
    ("ru", "Сменил фамилию, по новому паспорту Сабитов. Внесите изменения.", {S: "Сабитов"}),
    ("en", "After the wedding my last name is Petersen. Please update it.", {S: "Petersen"}),
    ("en", "I got divorced and my surname is O'Neill again.", {S: "O'Neill"}),
    ("en", "Please change my surname from Blake to Donnelly.", {S: "Donnelly"}),
    ("en", "My surname is misspelled: you have Schmitt, it should be Schmidt.", {S: "Schmidt"}),
    ("en", "The surname should read Kovalenko, not Kovalenka.", {S: "Kovalenko"}),
    ("en", "Not Andersson but Anderson, that's my last name.", {S: "Anderson"}),
    ("en", "I took my wife's name: Lindqvist. Please correct my record.", {S: "Lindqvist"}),
    ("en", "Correct spelling of my family name: Tuleubayev", {S: "Tuleubayev"}),
    ("en", "My family name is now De la Cruz.", {S: "De la Cruz"}),
    ("en", "Wrong: Haris\nRight: Harris\nThat is my surname.", {S: "Harris"}),
    ("en", "You have my last name as Brown. It's Browne, please fix.", {S: "Browne"}),
    ("en", "Please replace Novak with Horvat as my surname.", {S: "Horvat"}),
    ("en", "My certificate says Abenova; my surname is Abdenova.", {S: "Abdenova"}),
    ("kk", "Тұрмысқа шықтым, тегім енді Есімханова.", {S: "Есімханова"}),
    ("kk", "Тегімді Қуанышева деп өзгертіңіздерші.", {S: "Қуанышева"}),
    ("kk", "Тегім Сатыбалды емес, Сатыбалдиев.", {S: "Сатыбалдиев"}),
    ("kk", "Фамилиям Жүнісова еді, күйеуге шыққан соң Рақымова болды.", {S: "Рақымова"}),
    ("kk", "Тегім қате жазылған: «Бейсеков» деп тұр, дұрысы «Бейсенов».", {S: "Бейсенов"}),
    ("kk", "«Оразбек» орнына «Оразбеков» деп жазыңыз, бұл менің тегім.", {S: "Оразбеков"}),
    ("kk", "Ажырастым, қыз тегіме қайттым: Тоқтар.", {S: "Тоқтар"}),
    ("kk", "Тегім Мұсабекова деп жазылсын.", {S: "Мұсабекова"}),
    ("kk", "Анкетада тегім Абишев деп тұр. Дұрысы: Әбішев.", {S: "Әбішев"}),
    ("kk", "Familiyam ozgerdi, endi Karimova", {S: "Karimova"}),
    ("kk", "Қатесі: Нұрғали\nДұрысы: Нұрғалиев\nБұл менің тегім.", {S: "Нұрғалиев"}),
    ("kk", "Тегімнің соңғы әрпі жоқ: Смағұло емес, Смағұлов болуы керек.", {S: "Смағұлов"}),
    # a given name
    ("ru", "В имени ошибка: надо Наталия, а не Наталья.", {G: "Наталия"}),
    ("ru", "Имя пишется Аделя, у вас указано Адель. Прошу исправить.", {G: "Аделя"}),
    ("ru", "Исправьте имя Данияр на Даниял.", {G: "Даниял"}),
    ("ru", "Верное имя — Софья, не София.", {G: "Софья"}),
    ("en", "My first name is Jon, without an h, please correct it.", {G: "Jon"}),
    ("en", "First name is wrong on file: Aigerym instead of the correct Aigerim", {G: "Aigerim"}),
    ("en", "Katherine with a K is my first name, not Catherine.", {G: "Katherine"}),
    ("en", "Change my given name to Meruyert.", {G: "Meruyert"}),
    ("kk", "Атым Әсел емес, Әсель деп жазылады.", {G: "Әсель"}),
    ("kk", "Есімім қате: Гульнар деп жазыпсыздар, дұрысы Гүлнар.", {G: "Гүлнар"}),
    ("kk", "Атымды Мағжан деп түзетіп беріңізші", {G: "Мағжан"}),
    ("kk", "Ерасыл — менің атым, ал сіздерде Ерсыл тұр, түзетіңіздер.", {G: "Ерасыл"}),
    # a patronymic
    ("ru", "Отчество у меня Аркадьевна, а записали Андреевна.", {P: "Аркадьевна"}),
    ("ru", "Прошу исправить: не Ильинична, а Ильясовна.", {P: "Ильясовна"}),
    ("ru", "Отчество: Мехмед оглы", {P: "Мехмед оглы"}),
    ("ru", "Отч. Савельевич (не Савелович)", {P: "Савельевич"}),
    ("en", "My patronymic is spelled Sergeyevna, please correct it.", {P: "Sergeyevna"}),
    ("en", "Patronymic should be Askarovich, not Oskarovich.", {P: "Askarovich"}),
    ("kk", "Әкемнің аты Бауыржанқызы деп жазылсын.", {P: "Бауыржанқызы"}),
    ("kk", "Әкесінің аты Асқарұлы емес, Асқарбекұлы болуы тиіс.", {P: "Асқарбекұлы"}),
    ("kk", "Әкемнің аты: Тұрсын ұлы", {P: "Тұрсын ұлы"}),
    ("ru", "Отчества у меня нет и никогда не было.", {P: None}),
    ("ru", "В паспорте отчества нет, уберите его, пожалуйста.", {P: None}),
    ("en", "I have no patronymic, please remove it.", {P: None}),
    ("kk", "Құжатымда әкемнің аты жоқ, алып тастаңыздар.", {P: None}),
    # several at once
    ("ru", "Фамилия Рыжова, имя Инга, отчество Львовна. Внесите, пожалуйста.", {S: "Рыжова", G: "Инга", P: "Львовна"}),
    ("ru", "Перепутали местами: Тимур это имя, а Султан это фамилия.", {G: "Тимур", S: "Султан"}),
    ("ru", "Обновите: теперь я Белова Инна Олеговна.", {S: "Белова", G: "Инна", P: "Олеговна"}),
    ("en", "Ruslan is my first name and Omar is my last name, you swapped them.", {G: "Ruslan", S: "Omar"}),
    ("en", "Surname Weber, first name Lena. Please correct.", {S: "Weber", G: "Lena"}),
    ("kk", "Атым Нұрлан, тегім Ахмет. Ауыстырып жіберіпсіздер, түзетіңіздер.", {G: "Нұрлан", S: "Ахмет"}),
    ("kk", "Тегім Қали, атым Дана, әкемнің аты Ерікқызы, түзетіңіз.", {S: "Қали", G: "Дана", P: "Ерікқызы"}),
    ("kk", "«Сәуле Ермекқызы Ораз» деп жазылсын.", {S: "Ораз", G: "Сәуле", P: "Ермекқызы"}),
    ("ru", "Графа «Фамилия»: Юн\nГрафа «Имя»: Вера", {S: "Юн", G: "Вера"}),
    ("en", "Name (given): Karl\nName (family): Berg", {S: "Berg", G: "Karl"}),
    ("kk", "Тегі – Әлі, аты – Дос", {S: "Әлі", G: "Дос"}),
]

BIRTHS: list[Case] = [
    ("ru", "Дата рождения указана неверно. Правильная: 04.11.1979", {D: "1979-11-04"}),
    ("ru", "Я родился 17 июня 1983 года, а у вас 16 июня. Исправьте.", {D: "1983-06-17"}),
    ("ru", "Исправьте дату рождения с 12.03.1990 на 21.03.1990", {D: "1990-03-21"}),
    ("ru", "Родилась не 5, а 6 октября 1995 года", {D: "1995-10-06"}),
    ("ru", "День рождения у меня тридцатого ноября тысяча девятьсот семьдесят второго года.", {D: "1972-11-30"}),
    ("ru", "д.р. 7.VI.1969", {D: "1969-06-07"}),
    ("ru", "В дате рождения ошибка. Сейчас стоит 01.02.1988, верно 02.01.1988.", {D: "1988-01-02"}),
    ("ru", "ДР: 19 05 1977", {D: "1977-05-19"}),
    ("en", "My date of birth is wrong. It should be 3 August 1991.", {D: "1991-08-03"}),
    ("en", "bday: 21 Sep 2001", {D: "2001-09-21"}),
    ("en", "I was born on the second of March, nineteen seventy-five.", {D: "1975-03-02"}),
    ("en", "You have my birthday as 1990-05-06. The right one is 1990-06-05.", {D: "1990-06-05"}),
    ("en", "Please correct my DOB: not 12 May 1980 but 21 May 1980", {D: "1980-05-21"}),
    ("kk", "Туған күнім 1986 жылдың 9 қыркүйегі", {D: "1986-09-09"}),
    ("kk", "Туған күнім қате тұр. Дұрысы 14.07.1993.", {D: "1993-07-14"}),
    ("kk", "Туған күнім 08.08.1998 емес, 18.08.1998", {D: "1998-08-18"}),
    ("kk", "Мен бір мың тоғыз жүз тоқсан бірінші жылы бесінші мамырда туғанмын.", {D: "1991-05-05"}),
    ("kk", "tugan kunim 3 shilde 1989, duzetip koyinyzshy", {D: "1989-07-03"}),
    ("kk", "Туған күнім 22 емес, 23 ақпан 1994 жыл.", {D: "1994-02-23"}),
    ("ru", "Место рождения: с. Урыль, Восточно-Казахстанская область", {B: "с. Урыль, Восточно-Казахстанская область"}),
    ("ru", "В графе «место рождения» должно быть «Джезказган», а не «Караганда».", {B: "Джезказган"}),
    ("ru", "Прошу указать место рождения: пос. Карабас. Спасибо!", {B: "пос. Карабас"}),
    ("ru", "Место рождения неверное, правильно: г. Аркалык", {B: "г. Аркалык"}),
    ("ru", "Место рождения у меня г. Лениногорск, исправьте, пожалуйста.", {B: "г. Лениногорск"}),
    ("en", "My place of birth is Riga, Latvia.", {B: "Riga, Latvia"}),
    ("en", "Birthplace: Lviv, Ukraine; please update", {B: "Lviv, Ukraine"}),
    ("en", "The place of birth should read Zhezkazgan, not Karaganda.", {B: "Zhezkazgan"}),
    ("kk", "Туған жерім: Жамбыл облысы, Шу ауданы, Төле би ауылы", {B: "Жамбыл облысы, Шу ауданы, Төле би ауылы"}),
    ("kk", "Туған жерім «Форт-Шевченко» деп жазылсын.", {B: "Форт-Шевченко"}),
    ("kk", "Туған жерім Теміртау деп көрсетілсін, құжатта солай.", {B: "Теміртау"}),
    ("kk", "Туған жерім – Атырау қаласы, ал сіздерде Ақтау деп тұр.", {B: "Атырау қаласы"}),
    ("kk", "tugan jerim: Kentau qalasy", {B: "Kentau qalasy"}),
]

NEVER: list[tuple[Language, str]] = [
    # an introduction, a signature, a third person
    ("ru", "Меня зовут Ольга Белова, хочу обновить телефон: 8 701 234 56 78."),
    ("ru", "Моя фамилия Титов, когда начало занятий?"),
    ("ru", "Моя фамилия Гончарова, телефон поменялся: 8 701 234 56 78."),
    ("ru", "Добрый день, это Анна Ли, спасибо за курс!"),
    ("ru", "Муж сменил фамилию, теперь он Захаров."),
    ("ru", "У моей сестры фамилия теперь Каримова."),
    ("ru", "Вышла замуж за Сергея Лаврова."),
    ("ru", "Наш директор теперь Абаев Олжас Маратович."),
    ("ru", "Менеджера зовут Ирина Волкова, она всё знает."),
    ("en", "My name is Peter Falk and my phone is 8 701 234 56 78."),
    ("en", "This is Mary, your student."),
    ("en", "I got married to John Carter."),
    ("en", "My husband's surname is Carter."),
    ("en", "My daughter was born on 4 May 2020."),
    ("en", "Regards, Nina Olsen"),
    ("en", "Our teacher is Ms Green now."),
    ("kk", "Менің атым Жанат, нөмірім өзгерді: 8 701 234 56 78."),
    ("kk", "Ағамның тегі Серіков болып өзгерді."),
    ("kk", "Мен Сәкен деген студентпін, сабақ қашан басталады?"),
    ("kk", "Қызым 2019 жылғы 3 мамырда туған."),
    ("kk", "Күйеуім Ермек Сатов хабарласады."),
    # supposed, asked, in future
    ("ru", "Если я выйду замуж и стану Петровой, что делать?"),
    ("ru", "Можно ли сменить фамилию на Орлова?"),
    ("ru", "Скоро свадьба, буду Соколова."),
    ("ru", "Собираюсь взять фамилию Рубин."),
    ("en", "Can I change my surname to Stone after the wedding?"),
    ("en", "When I marry, my surname will be Frost."),
    ("en", "If my last name were Bond, would the certificate change?"),
    ("kk", "Тегімді Қасымова деп ауыстырсам бола ма?"),
    ("kk", "Егер тегім Ертаева болып өзгерсе, не істеу керек?"),
    # declined
    ("ru", "Прошу сменить фамилию на Дорохову."),
    ("ru", "Я стала Литвиновой."),
    ("ru", "Оформите документы на Петрова Ивана Сергеевича, фамилию сменил."),
    ("ru", "Родилась в Караганде."),
    ("kk", "Тегім Ахметоваға ауысты."),
    ("kk", "Тегімді Серікбаевқа өзгертіңіз."),
    ("kk", "Мен Қайырбекқызымын, әкемнің атын түзетіңіз."),
    ("kk", "Мен Алматыда туғанмын."),
    # in doubt, or without a hint which is right
    ("ru", "Фамилия Иванова или Иванцова, не помню, как в паспорте."),
    ("ru", "Имя с ошибкой: Алёна вместо Алена"),
    ("ru", "ФИО: Каримова (Юсупова)"),
    ("ru", "Фамилия: Жук / Жуков"),
    ("ru", "Родился 5 или 6 мая 1980 года, не знаю."),
    ("ru", "Место рождения Алматы или Талгар?"),
    ("en", "My surname is either Lee or Li, I'm not sure."),
    ("en", "Date of birth: 03/04/1990"),
    ("en", "I think my place of birth is Moscow, but I'm not sure."),
    ("kk", "Тегім Әлиев пе, Алиев пе, білмеймін."),
    ("kk", "Туған күнім 5 әлде 6 мамыр 1990."),
    # other dates, other places
    ("ru", "Паспорт выдан 04.05.2015, телефон новый: 8 701 234 56 78."),
    ("ru", "Вышла замуж 12.06.2021, документы пришлю."),
    ("ru", "Курс начался 1 сентября 2024 года."),
    ("ru", "Живу в городе Тараз, адрес обновите."),
    ("en", "I was married on 5 June 2020."),
    ("en", "The certificate was issued on 3 March 2022."),
    ("en", "We moved to Berlin, Germany."),
    ("kk", "Куәлік 2018 жылғы 4 сәуірде берілген."),
    ("kk", "Мен қазір Астана қаласында тұрамын."),
    ("kk", "Сертификатты 12.12.2023 алғанмын."),
    ("ru", "Фамилия прежняя, Ахметова, её не меняйте."),
    ("ru", "У вас указана фамилия Носкова, это неверно."),
    ("en", "My surname on the certificate, Hall, is wrong."),
    ("kk", "Тегім Омарова деп тұр, бұл қате."),
]


def _fields(text: str, language: Language) -> dict[str, str | None]:
    found = dict(extract(text, language, today=TODAY).fields)
    return {name: value for name, value in found.items() if name not in ("phone", "email")}


@pytest.mark.parametrize(("language", "text", "fields"), NAMES, ids=[case[1] for case in NAMES])
def test_a_name_stated_as_right_is_taken(language: Language, text: str, fields: dict[str, str | None]) -> None:
    assert _fields(text, language) == fields


@pytest.mark.parametrize(("language", "text", "fields"), BIRTHS, ids=[case[1] for case in BIRTHS])
def test_a_birth_stated_as_right_is_taken(language: Language, text: str, fields: dict[str, str | None]) -> None:
    assert _fields(text, language) == fields


@pytest.mark.parametrize(("language", "text"), NEVER, ids=[case[1] for case in NEVER])
def test_what_is_not_certain_is_never_taken(language: Language, text: str) -> None:
    assert _fields(text, language) == {}
