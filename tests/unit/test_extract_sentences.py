"""What people write around a value: whose it is, whether it is new, and when it is only asked, supposed or doubted."""

from __future__ import annotations

from datetime import date

import pytest

from mailbot.reading.claim import Language
from mailbot.reading.extract import extract

A, B, C = "+77012345678", "+77027654321", "+77053334455"
TODAY = date(2026, 1, 1)
Case = tuple[Language, str, dict[str, str | None]]


def _fields(text: str, language: Language) -> dict[str, str | None]:
    return dict(extract(text, language, today=TODAY).fields)


NEW_PHONE: list[Case] = [
    ("ru", "Мой новый номер телефона теперь такой: 8 701 234 56 78", {"phone": A}),
    ("ru", "Здравствуйте, у меня сменился номер, теперь 8 701 234 56 78, запишите пожалуйста", {"phone": A}),
    ("ru", "Не могли бы вы заменить мой номер на 8-701-234-56-78?", {"phone": A}),
    ("ru", "Хотела бы обновить телефон: +7 701 234 56 78", {"phone": A}),
    ("ru", "Прошу вместо 87027654321 записать 87012345678, это мой новый номер", {"phone": A}),
    ("ru", "Номер 87012345678 теперь мой основной, а 87027654321 удалите", {"phone": A}),
    ("ru", "не 87027654321, а 87012345678 — вот мой правильный номер", {"phone": A}),
    ("ru", "мой телефон не 87027654321 а 87012345678", {"phone": A}),
    ("ru", "Актуальный номер 87012345678, прежний (87027654321) уже не действует", {"phone": A}),
    ("ru", "симку потерял, новая симка 87012345678", {"phone": A}),
    ("ru", "у вас указан 87027654321, а правильно 87012345678, это мой телефон", {"phone": A}),
    ("ru", "Добавьте, пожалуйста, ещё один мой номер: 8 701 234 56 78", {"phone": A}),
    ("ru", "8 701 234 56 78 — мой новый номер", {"phone": A}),
    ("ru", "WhatsApp у меня тоже на новом номере 8 701 234 56 78, обновите телефон", {"phone": A}),
    ("ru", "Сотовый поменяла. Новый: 8 701 234 56 78. Старый: 8 702 765 43 21.", {"phone": A}),
    ("ru", "Тел. 8.701.234.56.78", {"phone": A}),
    ("ru", "тел +7 (701) 234-56-78 моб", {"phone": A}),
    ("ru", "Телефон (моб.): 8 701 234 56 78", {"phone": A}),
    ("kk", "Сәлем, нөмірімді ауыстырдым, қазір 8 701 234 56 78", {"phone": A}),
    ("kk", "Менің жаңа телефон нөмірім енді мынау: 8 701 234 56 78", {"phone": A}),
    ("kk", "87027654321 емес, 87012345678 — менің нөмірім", {"phone": A}),
    ("kk", "87027654321 орнына 87012345678 деп жазыңыздаршы, телефоным өзгерді", {"phone": A}),
    ("kk", "Телефонымды 87027654321 дегеннен 87012345678 дегенге ауыстырыңыз", {"phone": A}),
    ("kk", "ескі номерім 87027654321 істемейді, жаңасы 87012345678", {"phone": A}),
    ("kk", "Нөмірімді 87012345678 деп түзетіп қойыңызшы", {"phone": A}),
    ("kk", "jana nomirim 87012345678 eski nomirim 87027654321 oshirip tastanyz", {"phone": A}),
    ("kk", "telefonym ozgerdi, endi 8 701 234 56 78", {"phone": A}),
    ("kk", "Телефонымды жаңартып бере аласыз ба: 8 701 234 56 78", {"phone": A}),
    ("en", "My number has changed, it's now 8 701 234 56 78", {"phone": A}),
    ("en", "Could you please change my phone number to +7 701 234 56 78?", {"phone": A}),
    ("en", "Please use 8 701 234 56 78 as my phone instead of 8 702 765 43 21", {"phone": A}),
    ("en", "My correct phone is 87012345678, not 87027654321.", {"phone": A}),
    ("en", "I've got a new mobile: 8 701 234 56 78. Please delete the old one, 8 702 765 43 21.", {"phone": A}),
    ("en", "Replace 87027654321 with 87012345678 as my mobile number", {"phone": A}),
    ("en", "the phone you have on file, 87027654321, is wrong; my number is 87012345678", {"phone": A}),
    ("en", "I no longer use 87027654321, my new number is 87012345678", {"phone": A}),
    ("en", "87012345678 is my new number", {"phone": A}),
    ("en", "My phone number isn't 87027654321 but 87012345678", {"phone": A}),
    ("en", "Phone: 87027654321 => 87012345678", {"phone": A}),
    ("en", "I moved to Germany, my new number is +49 (0) 170 1234567", {"phone": "+491701234567"}),
    ("ru", "Мой новый номер узбекский: +998 90 123 45 67", {"phone": "+998901234567"}),
    ("ru", "Новый номер российский +7 916 123-45-67", {"phone": "+79161234567"}),
    ("kk", "нөмірім 8 702 765 43 21-тен 8 701 234 56 78-ке өзгерді", {"phone": A}),
    ("kk", "Телефон нөмірімді 8 701 234 56 78-ке ауыстырыңыз", {"phone": A}),
    ("kk", "87027654321 деген нөмірді өшіріп, 87012345678 деген нөмірді жазыңыз", {"phone": A}),
    ("kk", "8 701 234 56 78 жаңа нөмірім, 8 702 765 43 21 ескісі", {"phone": A}),
    ("ru", "Меняю номер с 8 702 765 43 21 на 8 701 234 56 78.", {"phone": A}),
    ("ru", "Мой номер WhatsApp: wa.me/77012345678", {"phone": A}),
    ("ru", "Вместо рабочего номера 8 702 765 43 21 запишите мой сотовый 8 701 234 56 78", {"phone": A}),
    ("en", "I lost my SIM, so please replace my phone with 8 701 234 56 78", {"phone": A}),
    ("ru", "Здравствуйте! ИИН 910412400123, новый телефон: 87012345678", {"phone": A}),
    ("ru", "симка была на бывшего мужа, купила новую, номер 8 701 234 56 78, пишите на него", {"phone": A}),
]


@pytest.mark.parametrize(("language", "text", "fields"), NEW_PHONE, ids=[case[1][:50] for case in NEW_PHONE])
def test_a_new_phone(language: Language, text: str, fields: dict[str, str | None]) -> None:
    assert _fields(text, language) == fields


NOTHING: list[tuple[Language, str]] = [
    ("ru", "Позвоните моей маме, её номер 8 701 234 56 78"),
    ("ru", "Это номер моего мужа: 8 701 234 56 78, звоните ему"),
    ("ru", "Менеджер Ольга дала номер 8 701 234 56 78, он не отвечает"),
    ("ru", "Ваш номер 8 701 234 56 78 всё время занят"),
    ("ru", "Я звонила на ваш новый номер 8 701 234 56 78, никто не берёт"),
    ("ru", "8 701 234 56 78 — это номер школы, где я работаю"),
    ("ru", "У мамы новый номер 8 701 234 56 78"),
    ("ru", "Мне звонили с номера 8 701 234 56 78, это вы?"),
    ("ru", "Мне на новый номер 8 701 234 56 78 приходит спам, разберитесь"),
    ("ru", "Перевёл оплату на номер 8 701 234 56 78 через Kaspi"),
    ("ru", "Заказ 87012345678 не пришёл, проверьте"),
    ("ru", "Удостоверение № 0123456789 получено 05.05.2020"),
    ("ru", "Можно ли вообще поменять номер телефона?"),
    ("ru", "Если я сменю номер на 8 701 234 56 78, нужно ли писать вам?"),
    ("ru", "Правильно ли у вас записан мой номер 8 701 234 56 78?"),
    ("ru", "Мой номер 8 701 234 56 78 не записывайте никуда"),
    ("ru", "Счёт 77012345678 оплачен 12.11.2025, спасибо"),
    ("ru", "Курьер с номера 8 701 234 56 78 так и не приехал"),
    ("ru", "Старый номер 8 701 234 56 78 удалите"),
    ("ru", "Мой номер прежний: 8 701 234 56 78"),
    ("kk", "Анамның нөмірі 8 701 234 56 78, соған қоңырау шалыңыз"),
    ("kk", "Сіздің нөміріңіз 8 701 234 56 78 жауап бермейді"),
    ("kk", "Күйеуімнің жаңа нөмірі 8 701 234 56 78"),
    ("kk", "Менің нөмірім 8 701 234 56 78 бойынша тіркелген бе?"),
    ("kk", "Нөмірімді 8 701 234 56 78 ешкімге бермеңіз"),
    ("kk", "Егер нөмірімді 8 701 234 56 78 деп ауыстырсам, не істеуім керек?"),
    ("kk", "Тапсырыс 87012345678 әлі келмеді"),
    ("kk", "Нөмірім сол қалпында: 8 701 234 56 78"),
    ("kk", "8 701 234 56 78 нөмірінен жарнама келіп жатыр"),
    ("kk", "Ескі нөмірім 8 701 234 56 78 өшіріп тастаңыз"),
    ("en", "My husband's new number is 8 701 234 56 78"),
    ("en", "Call my manager, her phone is 8 701 234 56 78"),
    ("en", "I called your number 8 701 234 56 78 and nobody answered"),
    ("en", "Should I change my number to 8 701 234 56 78?"),
    ("en", "I keep getting spam calls from 8 701 234 56 78"),
    ("en", "Order 77012345678 has not arrived"),
    ("en", "Do you have my number as 8 701 234 56 78?"),
    ("en", "Please don't share my number 8 701 234 56 78"),
    ("en", "My phone is still the same: 8 701 234 56 78"),
    ("en", "Please remove 8 701 234 56 78 from my profile"),
    ("en", "8 701 234 56 78 is my son's phone"),
    ("ru", "Напишите моему коллеге на kollega@example.org"),
    ("ru", "Письмо с адреса kto@example.org пришло мне вчера"),
    ("en", "I wrote to info@example.com and got no answer"),
    ("kk", "info@example.kz поштасына жаздым, жауап жоқ"),
    ("ru", "Меня зовут Айгүл Сәрсенова, когда начнётся курс?"),
    ("ru", "Моя фамилия Серикова, хочу узнать расписание"),
    ("kk", "Менің атым Айгүл, курс қашан басталады?"),
    ("en", "My name is Aigul, when does the course start?"),
    ("ru", "Сын родился 05.05.2015, есть ли группы для детей?"),
    ("en", "My daughter was born on 5 May 2015 in Almaty."),
    ("kk", "Ұлым 2015 жылы 5 мамырда туған"),
    ("ru", "Вышла замуж 05.05.2020 в Алматы"),
    ("ru", "Когда и где вы родились?"),
    ("ru", "Почему у вас нет моего отчества?"),
    ("ru", "Мой муж Иванов Пётр сменил номер, теперь 8 701 234 56 78"),
    ("kk", "Әпкемнің нөмірі өзгерді, жаңасы 8 701 234 56 78"),
    ("ru", "Менеджер: Иванова Ольга\nТелефон: 8 701 234 56 78"),
    ("ru", "Имя ребенка: Алихан\nДата рождения: 12.04.2015"),
    ("ru", "Телефон: +7 701 234 56 78 (муж)"),
    ("ru", "Телефон: +7 701 234 56 78 - временно"),
    ("ru", "Телефон 87012345678 принадлежит моей сестре"),
    ("en", "Emergency contact: 8 701 234 56 78"),
    ("en", "You can reach me at 8 701 234 56 78 until Friday"),
    ("ru", "Годовщина свадьбы 12.04.2015, подарите скидку"),
]


@pytest.mark.parametrize(("language", "text"), NOTHING, ids=[case[1][:50] for case in NOTHING])
def test_what_is_not_the_writers_new_value_is_not_taken(language: Language, text: str) -> None:
    assert _fields(text, language) == {}


HELD: list[tuple[Language, str, str]] = [
    ("ru", "Дата рождения 05.06.1991 указана неверно", "birth_date"),
    ("ru", "Дата рождения: 05.06.1991 (ошибочно)", "birth_date"),
    ("ru", "Фамилия Серикова указана неверно", "surname"),
    ("kk", "Тегім қате: Серекова", "surname"),
    ("en", "Date of birth: 5 May 1990 is wrong", "birth_date"),
    ("ru", "Мой номер кажется 8 701 234 56 78, уточню", "phone"),
    ("ru", "Новый номер 8 701 234 56 78 или 8 702 765 43 21", "phone"),
    ("ru", "Телефон: 8 701 234 56 78?", "phone"),
    ("ru", "Телефон: 8 701 234 56 78 или 79", "phone"),
    ("ru", "С 1 марта мой номер будет 8 701 234 56 78", "phone"),
    ("ru", "Мой новый номер 8 701 234 56", "phone"),
    ("kk", "Жаңа нөмірім 8 701 234 56 78 немесе 8 702 765 43 21, ұмытып қалдым", "phone"),
    ("kk", "Нөмірім 8 701 234 56 78 сияқты", "phone"),
    ("en", "My new number is 8 701 234 56 78 or 79, I'm not sure", "phone"),
    ("en", "I think my number is 8 701 234 56 78 now", "phone"),
    ("en", "My phone will be 8 701 234 56 78 from next week", "phone"),
    ("ru", "Моя новая почта anna собака example точка kz", "email"),
    ("ru", "Почта: anna(at)example.kz", "email"),
    ("en", "my new email is anna at example dot com", "email"),
    ("kk", "поштам өзгерді: anna@example", "email"),
    ("ru", "Сменила фамилию на Серикову", "surname"),
    ("ru", "Прошу изменить фамилию с Ахметовой на Серикову", "surname"),
    ("ru", "Фамилия: Серикова?", "surname"),
    ("ru", "Фамилия: Серикова Динара", "surname"),
    ("ru", "Запишите меня как Динара Серикова", "surname"),
    ("kk", "Тегімді Серіковаға ауыстырыңыз", "surname"),
    ("kk", "Тегімді Ахметовадан Серіковаға өзгертіңіздер", "surname"),
    ("en", "Please register me as Dana Kim", "surname"),
    ("ru", "Родилась 5 мая 90 года", "birth_date"),
    ("ru", "Родился в 1990 году, запишите", "birth_date"),
    ("ru", "Дата рождения: 05.05.1990 или 06.05.1990", "birth_date"),
    ("kk", "Мен 90 жылы 5 мамырда туғанмын", "birth_date"),
    ("en", "I was born on 05/06/1990", "birth_date"),
    ("en", "I was born in 1990", "birth_date"),
    ("ru", "Родилась в Шымкенте 5 мая 1990 года", "birth_place"),
    ("ru", "Место рождения: см. удостоверение", "birth_place"),
    ("ru", "Место рождения: Семей, раньше Семипалатинск", "birth_place"),
    ("kk", "Туған жері: Тараз немесе Жамбыл", "birth_place"),
    ("kk", "Мен Таразда туғанмын", "birth_place"),
    ("en", "Place of birth: as in my passport", "birth_place"),
    ("ru", "Сменил фамилию на Серикова", "surname"),
    ("ru", "В сертификате моё имя с ошибкой: Анастасия вместо Анастасиия", "given_name"),
    ("ru", "Контактное лицо: Иванов Пётр\nТелефон: 8 701 234 56 78", "phone"),
    ("en", "If you need me, my number is 8 701 234 56 78", "phone"),
    ("en", "Please change the phone number 8 701 234 56 78", "phone"),
    ("ru", "Место рождения: город Алма-Ата (ныне Алматы)", "birth_place"),
]


@pytest.mark.parametrize(("language", "text", "field"), HELD, ids=[case[1][:50] for case in HELD])
def test_what_is_doubtful_is_asked_back(language: Language, text: str, field: str) -> None:
    found = extract(text, language, today=TODAY)
    assert field not in found.fields
    assert field in {item.field for item in found.unclear}


S: dict[str, str | None] = {"surname": "Серикова"}
NAMED: list[Case] = [
    ("ru", "Поменяла фамилию, теперь Серикова.", S),
    ("ru", "Прошу изменить мою фамилию на Серикова", S),
    ("ru", "Прошу исправить фамилию: Серикова вместо Серекова", S),
    ("ru", "В дипломе ошибка: моя фамилия не Серекова, а Серикова", S),
    ("ru", "У вас записано Серекова, правильно Серикова, исправьте фамилию", S),
    ("ru", "Моя новая фамилия – Серикова, девичья Ахметова", S),
    ("ru", "Серикова — моя новая фамилия", S),
    ("ru", "Фамилия: Ахметова -> Серикова", S),
    ("ru", "Фамилия: Серикова (девичья Ахметова)", S),
    ("ru", "Фамилия: Серикова (до брака Ахметова)", S),
    ("ru", "Имя у меня Гульнар, а не Гульнара, исправьте", {"given_name": "Гульнар"}),
    ("ru", "Моё имя пишется Наталия, не Наталья, поправьте пожалуйста", {"given_name": "Наталия"}),
    ("ru", "Отчества нет", {"patronymic": None}),
    ("ru", "Отчество: отсутствует", {"patronymic": None}),
    (
        "ru",
        "Фамилия Серикова, имя Динара, отчества нет",
        {"surname": "Серикова", "given_name": "Динара", "patronymic": None},
    ),
    (
        "ru",
        "ФИО: Серикова Динара Маратовна, тел: 8 701 234 56 78, д.р. 05.05.1990",
        {
            "surname": "Серикова",
            "given_name": "Динара",
            "patronymic": "Маратовна",
            "phone": A,
            "birth_date": "1990-05-05",
        },
    ),
    ("kk", "Тегім Серікова болып ауысты, ескісі Ахметова", {"surname": "Серікова"}),
    ("kk", "Тегім Ахметова емес, Серікова", {"surname": "Серікова"}),
    ("kk", "Фамилиям енді Серікова, бұрын Ахметова болатынмын", {"surname": "Серікова"}),
    ("kk", "Тегімді Серікова деп түзетіңіз", {"surname": "Серікова"}),
    ("kk", "Атым «Ғалия», дипломда «Галия» деп тұр, түзетіңіздерші", {"given_name": "Ғалия"}),
    ("kk", "Менің жаңа тегім – Серікова", {"surname": "Серікова"}),
    ("kk", "Әкемнің аты жоқ", {"patronymic": None}),
    ("kk", "tegim endi Serikova, buryn Ahmetova", {"surname": "Serikova"}),
    ("kk", "Менің тегім Серікова деп жазылуы керек", {"surname": "Серікова"}),
    (
        "kk",
        "Аты-жөні: Серікова Динара Маратқызы, тел: 87012345678",
        {"surname": "Серікова", "given_name": "Динара", "patronymic": "Маратқызы", "phone": A},
    ),
    ("en", "I got married; my new surname is Smith", {"surname": "Smith"}),
    ("en", "My last name changed from Kim to Smith", {"surname": "Smith"}),
    ("en", "Please correct my first name: it should be Dana, not Dina", {"given_name": "Dana"}),
    ("en", "Change my surname to Smith please", {"surname": "Smith"}),
    ("en", "My surname is Smith, not Smyth, please fix it", {"surname": "Smith"}),
    ("en", "I took my husband's last name, Smith", {"surname": "Smith"}),
    ("en", "Surname: Smith (maiden name Kim)", {"surname": "Smith"}),
    ("en", "I don't have a patronymic", {"patronymic": None}),
    ("en", "Surname: de la Cruz", {"surname": "de la Cruz"}),
    ("ru", "Замените в анкете имя «Наталия» на «Наталья»", {"given_name": "Наталья"}),
    ("ru", "Имя Отчество: Алина Олеговна", {"given_name": "Алина", "patronymic": "Олеговна"}),
    (
        "ru",
        "тел:87012345678,фио:Ким Алина Олеговна",
        {"surname": "Ким", "given_name": "Алина", "patronymic": "Олеговна", "phone": A},
    ),
    ("ru", "После развода вернула девичью фамилию Петрова, обновите", {"surname": "Петрова"}),
    ("ru", "Имя в сертификате - Гулнар. Правильно - Гульнар.", {"given_name": "Гульнар"}),
    ("kk", "ТЕГІ/ФАМИЛИЯ СЕРІКОВА\nАТЫ/ИМЯ ДИНАРА", {"surname": "СЕРІКОВА", "given_name": "ДИНАРА"}),
    (
        "kk",
        "Аты-жөні: Сейітова Жанар Төлегенқызы",
        {"surname": "Сейітова", "given_name": "Жанар", "patronymic": "Төлегенқызы"},
    ),
    ("kk", "Тегі: Досымова\nАты: Балжан", {"surname": "Досымова", "given_name": "Балжан"}),
]


@pytest.mark.parametrize(("language", "text", "fields"), NAMED, ids=[case[1][:50] for case in NAMED])
def test_a_name_told_in_a_sentence(language: Language, text: str, fields: dict[str, str | None]) -> None:
    assert _fields(text, language) == fields


BORN: list[Case] = [
    ("ru", "Родилась 5 мая 1990 года в Алматы", {"birth_date": "1990-05-05", "birth_place": "Алматы"}),
    ("ru", "Я родилась в г. Тараз 05.05.1990, исправьте", {"birth_date": "1990-05-05", "birth_place": "г. Тараз"}),
    ("ru", "Моя дата рождения 05.05.1990, а не 06.05.1990", {"birth_date": "1990-05-05"}),
    ("ru", "Дата рождения: не 06.05.1990, а 05.05.1990", {"birth_date": "1990-05-05"}),
    ("ru", "У вас стоит дата рождения 06.05.1990, правильно 05.05.1990", {"birth_date": "1990-05-05"}),
    ("ru", "Родился пятого мая тысяча девятьсот девяностого года", {"birth_date": "1990-05-05"}),
    ("ru", "Родилась 5 мая 1990 года, замуж вышла 06.06.2014", {"birth_date": "1990-05-05"}),
    (
        "ru",
        "Место рождения: с. Карабулак, Сайрамский район. Спасибо!",
        {"birth_place": "с. Карабулак, Сайрамский район"},
    ),
    ("ru", "Место рождения: г. Тараз, исправьте пожалуйста", {"birth_place": "г. Тараз"}),
    ("kk", "Туған күнім 1990 жылғы 5 мамыр", {"birth_date": "1990-05-05"}),
    ("kk", "Мен 1990 жылдың 5 мамырында туғанмын", {"birth_date": "1990-05-05"}),
    ("kk", "Туған күнім 06.05.1990 емес, 05.05.1990", {"birth_date": "1990-05-05"}),
    ("kk", "Туған күнім: бір мың тоғыз жүз тоқсаныншы жылғы бесінші мамыр", {"birth_date": "1990-05-05"}),
    ("kk", "Туған жерім: Шымкент қ. Рахмет!", {"birth_place": "Шымкент қ."}),
    ("kk", "tugan kunim 5 mamyr 1990", {"birth_date": "1990-05-05"}),
    (
        "en",
        "I was born on May 5, 1990 in Almaty, Kazakhstan.",
        {"birth_date": "1990-05-05", "birth_place": "Almaty, Kazakhstan"},
    ),
    ("en", "My date of birth is 5 May 1990, not 6 May 1990", {"birth_date": "1990-05-05"}),
    ("en", "I was born on the fifth of May nineteen ninety", {"birth_date": "1990-05-05"}),
    ("en", "My birthday is wrong in my profile: it should be 1990-05-05", {"birth_date": "1990-05-05"}),
    ("en", "Place of birth: Cork, Ireland. Thanks!", {"birth_place": "Cork, Ireland"}),
    ("ru", "Место рождения: г. Новый Узень", {"birth_place": "г. Новый Узень"}),
    ("ru", "я родилась не 4, а 5 мая 1990 года", {"birth_date": "1990-05-05"}),
    ("ru", "Место рождения: не Алматы, а Талдыкорган", {"birth_place": "Талдыкорган"}),
    ("kk", "Туған жерім Семей емес, Аягөз", {"birth_place": "Аягөз"}),
    ("kk", "Туған жерім: Семей қаласы. Тіркеуіңізді сұраймын", {"birth_place": "Семей қаласы"}),
]


@pytest.mark.parametrize(("language", "text", "fields"), BORN, ids=[case[1][:50] for case in BORN])
def test_birth_told_in_a_sentence(language: Language, text: str, fields: dict[str, str | None]) -> None:
    assert _fields(text, language) == fields


MAILED: list[Case] = [
    ("ru", "Моя новая почта: novaya@example.kz.", {"email": "novaya@example.kz"}),
    ("ru", "Почта теперь <novaya@example.kz>, старую staraya@example.kz удалите", {"email": "novaya@example.kz"}),
    ("ru", "Поменяйте мой e-mail с staraya@example.kz на novaya@example.kz", {"email": "novaya@example.kz"}),
    ("ru", "Прошу писать мне на новый адрес электронной почты: novaya@example.kz", {"email": "novaya@example.kz"}),
    ("kk", "Поштамды staraya@example.kz дегеннен novaya@example.kz деп өзгертіңіз", {"email": "novaya@example.kz"}),
    ("kk", "Жаңа электрондық мекенжайым novaya@example.kz", {"email": "novaya@example.kz"}),
    ("kk", "staraya@example.kz емес novaya@example.kz поштасын жазыңыз", {"email": "novaya@example.kz"}),
    ("en", "My e-mail changed: new@example.com instead of old@example.com", {"email": "new@example.com"}),
    ("en", "Please update my email address to new@example.com.", {"email": "new@example.com"}),
    ("en", "Use new@example.com, not old@example.com, for my e-mail", {"email": "new@example.com"}),
    ("en", "email: mailto:new@example.com", {"email": "new@example.com"}),
]


@pytest.mark.parametrize(("language", "text", "fields"), MAILED, ids=[case[1][:50] for case in MAILED])
def test_a_new_address(language: Language, text: str, fields: dict[str, str | None]) -> None:
    assert _fields(text, language) == fields


TABLES: list[Case] = [
    ("ru", "Поле\tБыло\tСтало\nФамилия\tАхметова\tСерикова\nТелефон\t87027654321\t87012345678", {**S, "phone": A}),
    ("ru", "Поле | Стало | Было\nФамилия | Серикова | Ахметова", S),
    ("ru", "Фамилия\tИмя\tОтчество\nСерикова\tДинара\tМаратовна",
     {"surname": "Серикова", "given_name": "Динара", "patronymic": "Маратовна"}),
    ("ru", "ФИО;Телефон\nСерикова Динара Маратовна;87012345678",
     {"surname": "Серикова", "given_name": "Динара", "patronymic": "Маратовна", "phone": A}),
    ("kk", "| Өріс | Ескі | Жаңа |\n|---|---|---|\n| Тегі | Ахметова | Серікова |", {"surname": "Серікова"}),
    ("kk", "Тегі | Серікова\nАты | Динара", {"surname": "Серікова", "given_name": "Динара"}),
    ("en", "Field\tOld\tNew\nSurname\tKim\tSmith\nE-mail\told@example.com\tnew@example.com",
     {"surname": "Smith", "email": "new@example.com"}),
    ("en", "First name\tLast name\nDana\tSmith", {"given_name": "Dana", "surname": "Smith"}),
    ("ru", "Урок\tДата\tЦена\nПервый\t05.05.2026\t35 000", {}),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "fields"), TABLES, ids=[case[1][:50] for case in TABLES])
def test_a_table(language: Language, text: str, fields: dict[str, str | None]) -> None:
    assert _fields(text, language) == fields


MANY: list[tuple[Language, str, tuple[str, ...]]] = [
    ("ru", "Рабочий: 8 701 234 56 78\nДомашний: 8 702 765 43 21", (A, B)),
    ("ru", "Мои номера теперь 8 701 234 56 78 и 8 702 765 43 21, запишите оба", (A, B)),
    ("kk", "Нөмірлерім: 8 701 234 56 78, 8 702 765 43 21", (A, B)),
    ("kk", "Жаңа нөмірім 8 701 234 56 78, ватсапым 8 702 765 43 21", (A, B)),
    ("en", "Work: 8 701 234 56 78\nHome: 8 702 765 43 21\nCell: 8 705 333 44 55", (A, B, C)),
]


@pytest.mark.parametrize(("language", "text", "phones"), MANY, ids=[case[1][:50] for case in MANY])
def test_several_phones(language: Language, text: str, phones: tuple[str, ...]) -> None:
    assert extract(text, language).phones == phones
