"""Telephone numbers and addresses in plain sentences: what is the writer's is taken, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from mailbot.reading.claim import Language
from mailbot.reading.extract import extract

A, B = "+77012345678", "+77027654321"
NEW, OLD = "novaya@example.kz", "staraya@example.com"
TODAY = date(2026, 1, 1)

PHONES: list[tuple[Language, str]] = [
    ("ru", "Записывайте: 8 701 234 56 78. Прежняя симка утонула вместе с телефоном."),
    ("ru", "Связь со мной теперь через 8 701 234 56 78"),
    ("ru", "Я переехала в другой город и взяла местный номер 8 701 234 56 78"),
    ("ru", "Прошу внести в мою карточку +7 (701) 234-56-78"),
    ("ru", "С понедельника хожу с номером 8 701 234 56 78, обновите у себя"),
    ("ru", "Не 8 702 765 43 21, а 8 701 234 56 78"),
    ("ru", "Звонить лучше на 8 701 234 56 78, тот аппарат я потерял"),
    ("ru", "8 702 765 43 21 больше не обслуживается. Звоните на 8 701 234 56 78."),
    ("ru", "Был 8 702 765 43 21\nСтал 8 701 234 56 78"),
    ("ru", "тел поменялся 87012345678"),
    ("ru", "поменял симку вот новая 87012345678 сохраните"),
    ("ru", "Вышлите смс с кодом на новый номер, вот он: 87012345678"),
    ("ru", "Мой сотовый: восемь не буду писать, просто 701 234 56 78"),
    ("ru", "Исправьте последнюю цифру: 8 701 234 56 78"),
    ("ru", "Ошиблась при регистрации. Верно так: 8 701 234 56 78."),
    ("ru", "Муж оформил на меня новую симку, мой номер 8 701 234 56 78"),
    ("ru", "Дочка помогла настроить телефон, мой номер теперь 8 701 234 56 78"),
    ("ru", "Ваш менеджер просил прислать новый номер. Мой: 8 701 234 56 78"),
    ("ru", "Оставьте, пожалуйста, в базе только 8 701 234 56 78"),
    ("ru", "Прошу для всех уведомлений использовать 8 701 234 56 78"),
    ("ru", "Теперь я доступна по 8 701 234 56 78"),
    ("ru", "Перешла к другому оператору, номер +7 701 234 56 78"),
    ("ru", "8-702-765-43-21 → 8-701-234-56-78"),
    ("ru", "Добрый вечер. Номер для связи сменился на 8 701 234 56 78, почта прежняя."),
    ("ru", "Привет! Это Данияр, у меня новый номер, 8 701 234 56 78, старый не набирайте"),
    ("ru", "Телефон 8 701 234 56 78, другого больше нет"),
    ("ru", "Поменяйте, пожалуйста, телефон. Был 8 702 765 43 21, теперь 8 701 234 56 78."),
    ("ru", "Пишу, чтобы сообщить мой актуальный телефон: 8 701 234 56 78"),
    ("ru", "Мой действующий номер 87012345678"),
    ("kk", "Телефонымды ұрлап кетті, енді 8 701 234 56 78 нөмірін қолданамын"),
    ("kk", "Маған осы нөмірге хабарласыңыздар: 8 701 234 56 78, бұрынғысы жабылды"),
    ("kk", "Нөмірімді дұрыстап қойыңыздаршы: 8 701 234 56 78"),
    ("kk", "8 702 765 43 21 емес, 8 701 234 56 78"),
    ("kk", "Ескісі 8 702 765 43 21 еді, жаңасы 8 701 234 56 78 болды"),
    ("kk", "Басқа қалаға көштім, нөмірім де басқа: 8 701 234 56 78"),
    ("kk", "87012345678 осы нөмірді тіркеп қойсаңыздар"),
    ("kk", "Симкартам күйіп кетті. Жаңа нөмірім мынау: 87012345678"),
    ("kk", "Деректеріме 8 701 234 56 78 нөмірін енгізулеріңізді сұраймын"),
    ("kk", "Бұдан былай 8 701 234 56 78 арқылы хабарласыңыз"),
    ("kk", "Тіркелгенде нөмірді қате жазыппын, дұрысы 8 701 234 56 78"),
    ("kk", "nomirim auysty 87012345678"),
    ("kk", "Salem, telefonym zhana 8 701 234 56 78 dep zhazyp qoiynyz"),
    ("kk", "Менің ұялы телефоным 8 701 234 56 78 болып өзгерді"),
    ("kk", "Қазір 8 701 234 56 78 нөмірін пайдаланып жүрмін, соны жазыңыз"),
    ("kk", "Нөмірім 8 702 765 43 21-ден 8 701 234 56 78-ге ауысты"),
    ("kk", "Ватсапым 8 701 234 56 78, бәрін осында жіберіңіздер"),
    ("kk", "Жеке кабинеттегі телефонымды 8 701 234 56 78 деп жаңартыңыздаршы"),
    ("en", "Kindly note that I can now be reached on 8 701 234 56 78."),
    ("en", "My SIM died last week. The replacement is 8 701 234 56 78."),
    ("en", "Please switch my phone over to 8 701 234 56 78"),
    ("en", "Please put down 8 701 234 56 78 as my contact number"),
    ("en", "Not 8 702 765 43 21 but 8 701 234 56 78"),
    ("en", "From today on my mobile is 8 701 234 56 78."),
    ("en", "8 702 765 43 21 is no longer mine. Please use 8 701 234 56 78."),
    ("en", "I mistyped my number when I signed up, it should be 8 701 234 56 78"),
    ("en", "moved to another operator, new digits 8 701 234 56 78"),
    ("en", "Kindly amend my telephone number to read +7 701 234 56 78."),
    ("en", "My wife set up a new phone for me and my number is 8 701 234 56 78"),
    ("en", "8 702 765 43 21 -> 8 701 234 56 78"),
    ("en", "Text me at 8 701 234 56 78 from now on"),
    ("en", "I have replaced my old SIM, my new line is 8 701 234 56 78"),
    ("en", "The last digit is wrong, it must be 8 701 234 56 78"),
]


@pytest.mark.parametrize(("language", "text"), PHONES, ids=[text[:50] for _, text in PHONES])
def test_the_writers_own_phone_is_taken(language: Language, text: str) -> None:
    assert extract(text, language, today=TODAY).fields == {"phone": A}


MAILS: list[tuple[Language, str]] = [
    ("ru", "Прошу присылать письма на novaya@example.kz, прежний ящик взломали"),
    ("ru", "Ящик staraya@example.com закрыт. Пишите на novaya@example.kz."),
    ("ru", "Не staraya@example.com, а novaya@example.kz"),
    ("ru", "Завела отдельную почту для учёбы: novaya@example.kz, занесите её в базу"),
    ("ru", "staraya@example.com замените на novaya@example.kz"),
    ("ru", "Мой правильный адрес:\nnovaya@example.kz"),
    ("ru", "Уволилась с прежней работы, рабочий ящик отключили. Личный: novaya@example.kz"),
    ("ru", "Рассылку направляйте на novaya@example.kz вместо staraya@example.com"),
    ("ru", "мыло новое novaya@example.kz"),
    ("ru", "Опечатка в адресе: у вас staraya@example.com, а надо novaya@example.kz"),
    ("kk", "Хаттарды енді novaya@example.kz-ке жіберіңіздер"),
    ("kk", "Поштам staraya@example.com емес, novaya@example.kz"),
    ("kk", "Жаңа пошта аштым: novaya@example.kz"),
    ("kk", "staraya@example.com жабылды, novaya@example.kz дегенге жазыңыздар"),
    ("kk", "Поштамның құпиясөзін ұмытып қалдым, жаңасын аштым: novaya@example.kz"),
    ("kk", "Электрондық мекенжайымды novaya@example.kz деп жаңартуларыңызды сұраймын"),
    ("en", "My inbox moved to novaya@example.kz"),
    ("en", "staraya@example.com bounces these days, so write to novaya@example.kz."),
    ("en", "I'd like my mail to go to novaya@example.kz rather than staraya@example.com"),
    ("en", "The company mailbox is gone. My private one is novaya@example.kz."),
    ("en", "Please have novaya@example.kz on my profile instead of staraya@example.com"),
    ("en", "There is a typo in my address, the right one is novaya@example.kz"),
]


@pytest.mark.parametrize(("language", "text"), MAILS, ids=[text[:50] for _, text in MAILS])
def test_the_writers_own_address_is_taken(language: Language, text: str) -> None:
    assert extract(text, language, today=TODAY).fields == {"email": NEW}


NOT_TAKEN: list[tuple[Language, str]] = [
    # somebody else's
    ("ru", "Пишу с телефона брата, 8 701 234 56 78, сюда не звоните"),
    ("ru", "Если меня нет, звоните соседке 8 701 234 56 78"),
    ("ru", "Телефон моего руководителя 8 701 234 56 78, он подтвердит"),
    ("ru", "Ваша сотрудница Алия звонила мне с 8 701 234 56 78"),
    ("ru", "По поводу документов звоните Сергею: 8 701 234 56 78"),
    ("ru", "Номер нашей бухгалтерии 8 701 234 56 78"),
    ("ru", "У Айгерим другой номер, 8 701 234 56 78"),
    ("ru", "Новый номер свекрови 8 701 234 56 78"),
    ("ru", "Бабушка сменила номер, у неё теперь 8 701 234 56 78"),
    ("ru", "На сайте ваш телефон 8 701 234 56 78, он не отвечает"),
    ("ru", "Курьер звонил с 8 701 234 56 78 и не дождался"),
    ("ru", "Телефон ребёнка 8 701 234 56 78 записан в школе"),
    ("ru", "Мне дали номер 8 701 234 56 78, но там никто не берёт"),
    ("ru", "Я писал на staraya@example.com, ответа нет"),
    ("ru", "Письмо пришло с novaya@example.kz, это вы?"),
    ("ru", "Почта моей жены novaya@example.kz"),
    ("kk", "Күйеуімнің телефонынан жазып отырмын, 8 701 234 56 78"),
    ("kk", "Айдостың нөмірі 8 701 234 56 78"),
    ("kk", "Жеңгемнің жаңа нөмірі 8 701 234 56 78"),
    ("kk", "8 701 234 56 78 деген нөмірден біреу хабарласты"),
    ("kk", "Мектептің телефоны 8 701 234 56 78"),
    ("kk", "Сіздердің 8 701 234 56 78 нөміріңіз істемейді"),
    ("kk", "Ағам нөмірін ауыстырды, қазір 8 701 234 56 78"),
    ("kk", "Менеджеріңіз 8 701 234 56 78 нөмірінен қоңырау шалды"),
    ("kk", "Әріптесімнің поштасы novaya@example.kz"),
    ("en", "Dana's number is 8 701 234 56 78"),
    ("en", "Somebody rang me from 8 701 234 56 78 pretending to be you"),
    ("en", "Your hotline 8 701 234 56 78 is always busy"),
    ("en", "My landlord can be reached at 8 701 234 56 78"),
    ("en", "For questions about the invoice call Peter at 8 701 234 56 78"),
    ("en", "My daughter has a new number, 8 701 234 56 78"),
    ("en", "I am writing from my cousin's phone, 8 701 234 56 78"),
    ("en", "I sent everything to staraya@example.com and heard nothing"),
    ("en", "The school office is at 8 701 234 56 78"),
    ("en", "My assistant's mail is novaya@example.kz"),
    # old, wrong, to be dropped, unchanged
    ("ru", "Уберите из базы 8 701 234 56 78, симка сгорела"),
    ("ru", "8 701 234 56 78 уже не мой"),
    ("ru", "Номером 8 701 234 56 78 больше не пользуюсь, новый сообщу позже"),
    ("ru", "У вас записан 8 701 234 56 78, это ошибка"),
    ("ru", "Телефон остался прежним, 8 701 234 56 78"),
    ("ru", "Раньше у меня был номер 8 701 234 56 78"),
    ("ru", "На 8 701 234 56 78 не звоните"),
    ("ru", "Почта staraya@example.com взломана"),
    ("kk", "8 701 234 56 78 нөмірін өшіріп тастаңыз"),
    ("kk", "8 701 234 56 78 енді менікі емес"),
    ("kk", "Бұрын 8 701 234 56 78 нөмірін қолданғанмын"),
    ("kk", "Сіздерде тұрған 8 701 234 56 78 қате"),
    ("kk", "Нөмірім өзгерген жоқ, 8 701 234 56 78"),
    ("kk", "staraya@example.com поштасына жазбаңыздар"),
    ("en", "8 701 234 56 78 is dead"),
    ("en", "Please get rid of 8 701 234 56 78"),
    ("en", "The number you have, 8 701 234 56 78, was never mine"),
    ("en", "My number stays 8 701 234 56 78"),
    ("en", "I used to have 8 701 234 56 78"),
    ("en", "Stop writing to staraya@example.com"),
    # doubt, condition, future, for a time, forbidden
    ("ru", "Вроде бы мой номер 8 701 234 56 78, проверю и напишу"),
    ("ru", "8 701 234 56 78 либо 8 702 765 43 21, ещё не решила"),
    ("ru", "Если куплю симку, номер будет 8 701 234 56 78"),
    ("ru", "Пока звоните на 8 701 234 56 78, через неделю пришлю постоянный"),
    ("ru", "Временно мой телефон 8 701 234 56 78"),
    ("ru", "8 701 234 56 78, но в базу его не вносите"),
    ("ru", "Что будет, если я поменяю номер на 8 701 234 56 78?"),
    ("ru", "Допустим, мой номер 8 701 234 56 78"),
    ("kk", "Нөмірім 8 701 234 56 78 шығар, нақты білмеймін"),
    ("kk", "Әзірге 8 701 234 56 78 нөміріне хабарласыңыз"),
    ("kk", "Уақытша нөмірім 8 701 234 56 78"),
    ("kk", "8 701 234 56 78 нөмірімді базаға қоспаңыздар"),
    ("kk", "Мүмкін 8 701 234 56 78 деп ауыстырармын, әлі шешкен жоқпын"),
    ("kk", "Нөмірім 8 701 234 56 78 ме, әлде 8 702 765 43 21 ме?"),
    ("en", "It's either 8 701 234 56 78 or 8 702 765 43 21, I'll check"),
    ("en", "For the time being use 8 701 234 56 78"),
    ("en", "I may switch to 8 701 234 56 78 next month"),
    ("en", "8 701 234 56 78 is mine but please do not store it"),
    ("en", "Suppose my number were 8 701 234 56 78"),
    ("en", "Is 8 701 234 56 78 the number you have for me?"),
    # a number of another kind
    ("ru", "Номер моего договора 87012345678"),
    ("ru", "Заявка № 7012345678, статус прежний"),
    ("ru", "Чек 77012345678 прикладываю"),
    ("ru", "Деньги перевела на 8 701 234 56 78 через приложение"),
    ("kk", "Шарт нөмірі 87012345678"),
    ("kk", "Өтінімнің нөмірі 77012345678"),
    ("kk", "Төлемді 8 701 234 56 78 нөміріне аудардым"),
    ("en", "Ticket 77012345678 is still open"),
    ("en", "My passport number is 7012345678"),
    ("en", "The tracking number is 87012345678"),
    # a change was asked for in the sentence before, and this one is about something else
    ("ru", "Прошу сменить мой номер телефона. Я звонила вам на 8 727 250 00 00, никто не взял."),
    ("en", "Please change my e-mail. I wrote to support@example.com about it last week."),
    ("en", "Please update my phone. I called you on 8 727 250 00 00 by mistake."),
    ("ru", "Измените, пожалуйста, почту. Пишу на info@example.com уже второй раз."),
    ("kk", "Нөмірімді өзгертіңіз. Сіздердің 8 727 250 00 00 нөміріне хабарластым."),
    ("ru", "Исправьте данные. Чек выписан на Ахметов, карта привязана на номер 8 702 333 44 55."),
    ("ru", "Мне нужен номер вашего офиса: 8 727 250 00 00 не отвечает."),
    # somebody asked the writer to write
    ("ru", "Муж попросил записать новый номер 8 701 234 56 78"),
    ("ru", "Мама просила обновить телефон: 8 701 234 56 78."),
    ("en", "My brother asked me to tell you his new number: 8 701 234 56 78"),
    ("kk", "Ағам нөмірін жаңартуды сұрады: 8 701 234 56 78"),
    ("ru", "Сын подарил внуку телефон, номер 8 701 234 56 78"),
    # it hangs on a condition
    ("ru", "Если 8 701 111 11 11 старый, то новый 8 701 222 22 22, а если нет, не меняйте"),
]


@pytest.mark.parametrize(("language", "text"), NOT_TAKEN, ids=[text[:50] for _, text in NOT_TAKEN])
def test_what_is_not_the_writers_new_one_is_not_taken(language: Language, text: str) -> None:
    found = extract(text, language, today=TODAY)
    assert (found.phones, found.emails) == ((), ())


ASKED: list[tuple[Language, str, str, str]] = [
    ("ru", "Моя почта novaya@example,kz", "email", "not_an_address"),
    ("ru", "почта теперь novaya.example.kz", "email", "not_an_address"),
    ("kk", "Поштам novaya.example.kz болып ауысты", "email", "not_an_address"),
    ("en", "My mail is novaya.example.com now", "email", "not_an_address"),
    ("ru", "Мой новый телефон 8 701 234, остальное допишу", "phone", "not_a_phone"),
    ("kk", "Жаңа нөмірім 8 701 234, қалғанын кейін жазамын", "phone", "not_a_phone"),
    ("en", "My new phone is 8 701 234 56", "phone", "not_a_phone"),
    ("ru", "Новый номер 8 701 234 56 78 или 8 702 765 43 21, пока не знаю", "phone", "unsure"),
    ("en", "My number is 8 701 234 56 78 until Monday", "phone", "unsure"),
]


@pytest.mark.parametrize(("language", "text", "field", "why"), ASKED, ids=[text[:50] for _, text, _, _ in ASKED])
def test_what_is_stated_and_cannot_be_taken_is_asked_back(language: Language, text: str, field: str, why: str) -> None:
    found = extract(text, language, today=TODAY)
    assert field not in found.fields
    assert (field, why) in {(item.field, item.why) for item in found.unclear}


SEVERAL: list[tuple[Language, str]] = [
    ("ru", "У меня теперь два телефона: 8 701 234 56 78 и 8 702 765 43 21, оба мои"),
    ("ru", "Мои номера:\n8 701 234 56 78\n8 702 765 43 21"),
    ("kk", "Екі нөмірім бар: 8 701 234 56 78 және 8 702 765 43 21, екеуін де жазыңыз"),
    ("kk", "Жаңа нөмірлерім:\n1) 8 701 234 56 78\n2) 8 702 765 43 21"),
    ("en", "Please save both of my numbers, 8 701 234 56 78 and 8 702 765 43 21"),
    ("en", "My new phones are 8 701 234 56 78 (work) and 8 702 765 43 21 (home)"),
]


@pytest.mark.parametrize(("language", "text"), SEVERAL, ids=[text[:50] for _, text in SEVERAL])
def test_several_of_ones_own_are_all_taken(language: Language, text: str) -> None:
    assert extract(text, language, today=TODAY).phones == (A, B)


def test_an_extension_and_a_number_abroad() -> None:
    found = extract("Рабочий номер сменился: +7 727 250 00 00, доб. 12", "ru")
    assert (found.fields, found.phone_ext) == ({"phone": "+77272500000"}, "12")
    assert extract("My desk phone is now +1 212 555 0142 ext. 31", "en").fields == {"phone": "+12125550142"}
