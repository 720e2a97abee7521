"""wishes.py: what somebody wants of his data, in plain words of three languages; ordinary mail says nothing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reading.claim import TAG_KINDS, Kind
from mailbot.reading.fold import skeleton
from mailbot.reading.ideas import table
from mailbot.reading.wishes import refuses, wishes

HEARD: dict[Kind, tuple[str, ...]] = {
    "question": (
        "Деректеримди калай коргайсыздар? Билгим келеди",
        "Мәліметтерімді сіздерден басқа кім біледі?",
        "Сіздер дерек қорғау бойынша кімге жауап бересіздер? Мәліметтеріме алаңдап отырмын",
        "Тіркелгенде жазған туған күнім не үшін керек?",
        "Каким образом вы используете мой телефон после регистрации?",
        "Поясните пожалуйста пункт 6 вашей политики конфиденциальности",
        "Скажите честно, мои персональные данные попадают в гугл-таблицы?",
        "For what purposes do you use the personal data I provided?",
        "Where did you get my email address from?",
        "Салем! Вопрос бар еди: менин данныйларымды кимге передаёте етесиздер?",
    ),
    "access": (
        "Сіздер мен туралы не білесіздер? Бәрін жазып беріңіздерші.",
        "Сіздерде менің қандай деректерім бар?",
        "Мен туралы ақпаратты толық беріңіздер: не бар, қайдан алынды, мақсаты қандай.",
        "Базаларыңызда менің телефоным мен поштам тұр ма? Не сақтап отырсыздар?",
        "сделайте выгрузку моих данных",
        "Хочу получить отчёт о том, какие мои данные собраны",
        "Хотелось бы ознакомиться с моими данными в вашей системе",
        "I'd like to know what personal information you've collected about me",
        "Can you tell me what you know about me?",
        "Сәлем, менде какие данные сақталған екенін білгім келеді, скиньте пожалуйста",
    ),
    "erasure": (
        "Енді сіздердің қызметтеріңізді пайдаланбаймын, барлық мәліметімді жойсаңыздар.",
        "Мені жүйеден біржола өшіріңіздер",
        "Менің барлық деректерімді өшіріңіздер.",
        "Менің персоналды деректерім сіздердің базадан өшірілсін, рахмет",
        "Вычеркните меня отовсюду, чтобы моего имени и телефона у вас не было",
        "Здравствуйте, хочу удалиться из системы, помогите",
        "Прошу удалить мой аккаунт и всю информацию обо мне.",
        "I would like to close my account and have all data removed.",
        "I don't want you to keep my data any more",
        "Сәлем, менің данныйларымды удалить етіңізші",
    ),
    "restriction": (
        "Қатесі түзелгенше дербес деректерімді бұғаттаңыздар",
        "Деректеримди бугаттап койыныздаршы",
        "Менің деректерімді өңдеуді тоқтата тұруды сұраймын",
        "Деректерімді бұғаттауды сұраймын, олар дұрыс емес",
        "Пока идет разбирательство, прошу не обрабатывать мои персональные данные.",
        "временно не используйте мои данные, там ошибка",
        "Прошу на время спора блокировать мои персональные данные",
        "Please suspend the use of my personal details for the time being",
        "Please restrict the processing of my data.",
        "Менің данныйымды временно блокировать етіп қойыңыздаршы",
    ),
    "objection": (
        "derekterimdi basqalarga beruge qarsymyn",
        "Менің деректерімді үшінші тұлғаларға беруге келіспеймін.",
        "Жазбадағы бейнемді жарияламаңыздар",
        "Деректерімді жасанды интеллект талдағанын қаламаймын",
        "Против публикации моей истории",
        "Прошу не использовать мои данные для маркетинга и аналитики",
        "Запрещаю публиковать мои имя и фамилию.",
        "You may not use my photo on your website.",
        "please don't share my number with anyone",
        "Мен против, деректерімді третьим лицам бермеңіздер",
    ),
    "complaint": (
        "Менің нөмірімді біреуге беріп қойғансыздар, енді бөтен адамдар звандап жатыр!",
        "Деректерімді бөтен адамға беріпсіздер, шағым жазып жатырмын",
        "Дербес деректерімді рұқсатсыз таратқаныңыз үшін шағым түсіремін.",
        "Шагым: деректеримди руксатсыз колданып жатсыздар",
        "Мой телефон оказался в открытом доступе на вашем сайте!",
        "Вы незаконно используете мои данные, буду жаловаться в прокуратуру!",
        "Обращусь в уполномоченный орган, если не прекратите обработку моих данных",
        "You are using my data illegally, I will report you to the authority.",
        "This is the second time you misuse my personal data",
        "Вы мой номер таратып жибергенсиздер, жалоба жазамын",
    ),
    "resubscribe": (
        "Хаттарыңыз келмей қалды, қайта жазып қойыңыздар",
        "Тағы да жаңалықтар алғым келеді, мені тізімге қайта енгізіңіз.",
        "Жаңалықтарға қайтадан қосылғым келеді",
        "Мені рассылкаға қайта тіркеңізші",
        "Подключите меня опять к новостям",
        "Возобновите рассылку на мой адрес",
        "Я случайно отписалась, верните меня в рассылку!",
        "I'd like to subscribe again",
        "Please resubscribe me.",
        "Мені рассылкаға снова қосыңызшы",
    ),
    "update": (
        "Деректерімде туған жылым қате тұр",
        "Нөмірім басқа, 87015550102 деп түзетіңіз",
        "Ескі поштама енді жазбаңыздар, жаңа поштам aliya@example.kz",
        "Фамилиям өзгерді, жаңартып қойыңыздаршы: енді Сапарова.",
        "Старым ящиком не пользуюсь, все письма шлите сюда: aliya@example.kz",
        "У меня новый номер телефона: +7 701 555 01 02",
        "Мой email изменился на aliya@example.kz",
        "Please update my details",
        "I have a new email address: aliya@example.kz",
        "Номерімді сменить еттім, жаңасы 87015550102",
    ),
    "withdrawal": (
        "Өңдеуге берген келісімнен қайтамын, енді келіспеймін",
        "Дербес деректерімді бұдан былай өңдеуге келісімім жоқ, кері аламын",
        "Берген келісімім бұдан әрі жарамсыз, қайтарып алдым",
        "Бұрынғы келісімімді жарамсыз деп санаңыздар",
        "Согласие, которое я давала весной, настоящим отменяю",
        "Прошу считать моё согласие на обработку недействительным",
        "Снимаю своё согласие на обработку данных",
        "You no longer have my permission to process my data",
        "Consider my consent withdrawn",
        "Согласиемді отозвать еткім келеді",
    ),
    "unsubscribe": (
        "Хабарлама жиберуди токтатыныздаршы",
        "Жарнама хаттарды енді жібермеуіңізді сұраймын",
        "Смс пен хаттарыңыз мезі қылды, тоқтатыңыздар",
        "Хабарламаларыңыз қызық емес, енді келмесін",
        "Снимите меня с рассылки",
        "прекратите спамить",
        "Хватит слать мне рекламу!",
        "Take me off your mailing list",
        "Unsubscribe me please",
        "Мені рассылкадан отписать етіңізші",
    ),
}
WHERE_TO_WRITE = (
    "Хабарламаларды жаңа поштама жіберіңіз aliya@example.kz, ескісіне жібермеңіз",
    "Не пишите мне на рабочую почту, только на aliya@example.kz",
    "Newsletters should go to my new address aliya@example.com; stop sending to the old one",
    "По старому номеру прошу больше не звонить, теперь у меня 8 701 555 01 02",
    "Прошу удалить старый номер и записать новый: +7 701 555 01 02",
    "больше не пишите на старую почту, вот новая: aliya@example.kz",
    "Телефон больше не действует, пишите на мобильный 8 701 555 01 02",
    "Старый адрес уберите, теперь у меня aliya@example.kz",
    "На этот адрес больше не пишите, моя новая почта aliya@example.kz",
    "Прежняя почта заблокирована, новая aliya@example.kz",
    "Ескі нөмірімді өшіріңіз, жаңасы 8 701 555 01 02",
    "Ескі поштама енді жазбаңыздар, жаңа поштам aliya@example.kz",
    "Бұрынғы телефонды алып тастап, жаңасын жазыңыз: 87015550102",
    "Бұл адреске жазбаңыз, жаңасы aliya@example.kz",
    "Eski nomirdi oshirip, zhanasyn jazynyz 87015550102",
    "Delete my old number and use +7 701 555 0102 instead.",
    "Please write to aliya@example.com from now on, not to this address.",
    "Do not email me at the old address any more, my new one is aliya@example.com",
)
DENIED: tuple[tuple[Kind, str], ...] = (
    ("erasure", "Аккаунтымды жоймаңызшы, әлі оқимын"),
    ("erasure", "Мои данные удалять не надо"),
    ("erasure", "Я не просила удалять мои данные"),
    ("unsubscribe", "I don't want to unsubscribe, keep sending me the news"),
    ("unsubscribe", "Отписываться от новостей не хочу"),
    ("unsubscribe", "Рассылкадан шығармаңыздаршы"),
    ("withdrawal", "Келісімімнен бас тартпаймын"),
    ("withdrawal", "Согласие не отзываю, вопрос только про счёт"),
    ("withdrawal", "kelisimimdi qaitaryp almaimyn"),
    ("unsubscribe", "Пожалуйста, не убирайте меня из рассылки"),
    ("erasure", "Please don't delete my account"),
    ("update", "Мои данные не изменились, обновлять не нужно"),
    ("erasure", "Только не удаляйте мои данные, мне нужен сертификат"),
    ("unsubscribe", "Я от рассылки не отказывалась"),
    ("erasure", "I never asked you to delete my data"),
    ("unsubscribe", "Don't unsubscribe me please"),
)
EVERYDAY = (
    "Мы компания «Алем», хотим обучить 12 сотрудников. Пришлите коммерческое предложение.",
    "Добрый день! Высылаю анкету и фото для сертификата. Если что-то ещё нужно, напишите мне.",
    "Не приходят уведомления о начале урока",
    "Напомните, пожалуйста, пароль от личного кабинета, я забыла.",
    "Открылся набор в школу маркетинга! Успейте купить со скидкой. Отписаться можно по ссылке внизу.",
    "Снова не могу зайти в кабинет",
    "Я изменила решение, беру тариф «Премиум»",
    "Верните деньги за курс, он мне не подошёл.",
    "Скиньте номер карты, куда переводить",
    "Дедлайн завтра? Я умру, если не успею )))",
    "В счёте неправильно указан БИН, исправьте и пришлите заново",
    "Ваши данные для входа: логин aliya, пароль во вложении",
    "Роза, доброе утро. Ссылка на зум не открывается, пришлите новую, пожалуйста.",
    "Дайте доступ к записи вебинара, пожалуйста",
    "Благодарю, всё получила.",
    "Пришлите, пожалуйста, новые материалы, старые не открываются",
    "Удалила приложение, теперь не могу войти",
    "Оплатила, чек во вложении",
    "Прошу подтвердить участие в вебинаре",
    "Можете удалить дубль моего комментария под уроком?",
    "Маған жаңа сілтеме керек",
    "erten sabak bola ma?",
    "Сабақ кестесі өзгерді ме?",
    "Сұрағым бар еді: сабақ онлайн ма?",
    "Жазылым уақыты бітті ме?",
    "Курсқа жазылғым келеді, қандай құжат керек?",
    "Қош келдіңіз! Жаңа курстарға 30 % жеңілдік. Толығырақ сілтемеде.",
    "Төлем өтпей жатыр, карта қабылдамайды",
    "Анам ертең төлейді, бүгін сабаққа кіре берсем бола ма?",
    "Жаңа жылдарыңызбен!",
    "Пікірім: курс керемет, көп рахмет!",
    "Сабақты сенбіге ауыстыруға бола ма?",
    "I no longer need the second lesson this week",
    "Please send me more information about the course",
    "I forgot my password, how can I reset it?",
    "I lost access to module two, please restore it",
    "Our new address for invoices: ACME Ltd, Almaty. Kind regards, accounts department",
    "I'd like to book a consultation for next week",
    "Is there a data analysis course for beginners?",
    "A bit about me: I am 28 and I work as a designer",
    "My late reply is due to a holiday, sorry",
    "Please find the invoice attached.",
    "Can you send the slides from yesterday?",
    "I can't open the list of assignments",
    "Сәлеметсіз бе, домашканы қай уақытқа дейін тапсыру керек?",
)

MANY: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("Отзываю согласие и прошу удалить все мои данные.", ("withdrawal", "erasure")),
    ("Келісімімді қайтарып аламын, барлық деректерімді жойыңыздар.", ("withdrawal", "erasure")),
    ("Какие данные обо мне у вас есть? Удалите их все.", ("erasure", "access")),
    ("Take me off the mailing list and delete my account.", ("unsubscribe", "erasure")),
    ("Нөмірім өзгерді, жаңасы 87015550102. Ал жарнама хаттарыңызды жібермеңіздер.", ("unsubscribe", "update")),
    ("Вы незаконно храните мои данные! Немедленно удалите мои данные.", ("erasure", "complaint")),
)


def heard(text: str) -> list[Kind]:
    return [wish.kind for wish in wishes(text) if not wish.negated]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in HEARD.items() for text in texts])
def test_a_wish_is_heard(kind: Kind, text: str) -> None:
    assert heard(text)[0] == kind


@pytest.mark.parametrize("text", WHERE_TO_WRITE)
def test_where_to_write_is_an_update_and_no_other_mark(text: str) -> None:
    assert [kind for kind in heard(text) if kind in TAG_KINDS] == ["update"]
    assert "erasure" not in heard(text)


@pytest.mark.parametrize(("kind", "text"), DENIED)
def test_a_denied_wish_is_heard_as_denied(kind: Kind, text: str) -> None:
    assert heard(text) == []
    assert kind in [wish.kind for wish in wishes(text)]


@pytest.mark.parametrize("text", EVERYDAY)
def test_ordinary_mail_wishes_nothing(text: str) -> None:
    assert wishes(text) == ()


@pytest.mark.parametrize(("text", "kinds"), MANY)
def test_the_weightiest_comes_first(text: str, kinds: tuple[Kind, ...]) -> None:
    assert tuple(heard(text)) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "Я не могу отписаться от рассылки",
        "Не получается отписаться от ваших писем",
        "I can't unsubscribe",
        "Вы так и не отписали меня от рассылки",
        "Если не отпишете меня от рассылки, пожалуюсь",
    ],
)
def test_a_not_that_denies_nothing(text: str) -> None:
    assert "unsubscribe" in heard(text)


@pytest.mark.parametrize(
    "text",
    [
        "фамилия теперь Ли-Павлова, остальное без изменений",
        "Сменилась только фамилия, остальные данные не изменились",
        "Тегім өзгерді, қалған деректерім өзгерген жоқ",
        "My name is Saparova now, the rest of my details has not changed",
        "Телефон не менялся",
    ],
)
def test_what_stays_as_it_is_denies_no_update(text: str) -> None:
    assert not any(wish.negated for wish in wishes(text))


def test_what_them_means_is_said_before() -> None:
    assert "erasure" in heard("У вас есть мои данные. Прошу удалить их.")
    assert heard("Прошу удалить их.") == []


def test_ones_own_data_spoken_of_otherwise_are_a_question() -> None:
    assert heard("Мне неспокойно за мои данные после новостей о взломах") == ["question"]
    assert heard("Мои данные") == []
    assert heard("Мои данные для договора пришлю завтра утром") == []


def test_ideas_far_apart_belong_to_nothing() -> None:
    assert heard("Прошу удалить " + "а потом ещё раз посмотреть " * 10 + "мои данные") != ["erasure"]


def test_every_idea_of_a_rule_has_words() -> None:
    words = {idea.removeprefix("-") for language in ("kk", "ru", "en") for idea in table()[language]}
    made = {"value", "asked", "redirect"}
    needed = {
        idea.removeprefix("-")
        for rules in table()["rules"].values()
        for rule in rules
        for idea in rule.replace("/", " ").replace("|", " ").split()
    }
    assert needed <= words | made
    assert set(table()["polar"].split()) | set(table()["owned"].split()) <= words
    denied = {idea for rules in table()["rules"].values() for rule in rules for idea in rule.replace("|", " ").split()}
    spelt = {idea for language in ("kk", "ru", "en") for idea in table()[language] if idea.startswith("-")}
    polar = {f"-{idea}" for idea in table()["polar"].split()}
    assert {idea for idea in denied if idea.startswith("-")} <= spelt | polar


def test_no_word_stands_twice_under_an_idea() -> None:
    for language in ("kk", "ru", "en"):
        for idea, words in table()[language].items():
            folded = [skeleton(word) for word in words.split()]
            assert len(folded) == len(set(folded)), (language, idea, sorted(w for w in folded if folded.count(w) > 1))


@pytest.mark.parametrize("text", ["не требуется", "керек емес", "Передумала", "not needed"])
def test_a_line_that_refuses(text: str) -> None:
    assert refuses(text)
    assert not refuses("не надо писать")


@given(st.text(max_size=300))
def test_they_never_raise(text: str) -> None:
    kinds = [wish.kind for wish in wishes(text)]
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize("unit", ["не ", "a@b ", "+7 701 ", "а", "удалите мои данные ", "1 ", ". ", "не удаляйте "])
def test_a_hostile_text_is_cheap(unit: str) -> None:
    wishes("да")
    started = time.process_time()
    wishes(unit * 200_000)
    assert time.process_time() - started < 1
