"""Replies as mail programs write them in kk, ru and en: above, below and between the quoted lines, and forwarded.

Each program writes each posture that it can; what is own is known to the letter. How one line is judged is
test_quote.py's matter.
"""

from __future__ import annotations

import pytest

from mailbot.reading.html import render
from mailbot.reading.quote import split

OLD = ["Тексеріңізші / Проверьте / Please check:", "Телефон: +7 701 111 22 33", "Туған күні: 01.01.1980"]
MARKED = "\n".join(f"> {line}" for line in OLD)
BARE = "\n".join(OLD)
OWN = {
    "kk": "Сәлеметсіз бе!\n\nТелефоным өзгерді: 8 701 234 56 78.",
    "ru": "Добрый день!\nПрошу исправить телефон, верный 8 701 234 56 78.",
    "en": "Hello,\n\nMy phone is 8 701 234 56 78 now.",
}
SHORT = {"kk": "Жоқ, дұрыс емес", "ru": "Нет, неверно", "en": "No, that is wrong"}
# name: language, heading above marked lines, the line that the program adds below own words
MARKING = {
    "iPhone Mail ru": (
        "ru",
        "23 нояб. 2026 г., в 10:15, Site <info@example.kz> написал(а):\n",
        "Отправлено с iPhone",
    ),
    "iPhone Mail kk": (
        "kk",
        "2026 ж. 23 қар., 10:15 уақытында Site <info@example.kz> жазды:\n",
        "iPhone-нан жіберілді",
    ),
    "iPhone Mail en": (
        "en",
        "On 23 Nov 2026, at 10:15, Site <info@example.kz> wrote:\n",
        "Sent from my iPhone",
    ),
    "Gmail ru": (
        "ru",
        "пн, 23 нояб. 2026 г. в 10:15, Site <info@example.kz>:\n",
        "",
    ),
    "Gmail kk": (
        "kk",
        "2026 ж. 23 қар., дс, сағат 10:15 уақытында, Site <info@example.kz> жазған:\n",
        "",
    ),
    "Gmail en": (
        "en",
        "On Mon, Nov 23, 2026 at 10:15\u202fAM Site <info@example.kz> wrote:\n",
        "",
    ),
    "Gmail, a long name": (
        "en",
        "On Mon, Nov 23, 2026 at 10:15 AM The Site of Data <\ninfo@example.kz> wrote:\n",
        "",
    ),
    "Thunderbird ru": (
        "ru",
        "23.11.2026 10:15, Site пишет:",
        "",
    ),
    "Thunderbird kk": (
        "kk",
        "23.11.2026 10:15, Site жазды:",
        "",
    ),
    "Thunderbird en": (
        "en",
        "On 23/11/2026 10:15, Site wrote:",
        "",
    ),
    "Yandex ru": (
        "ru",
        '23.11.2026, 10:15, "Site" <info@example.kz>:\n',
        "-- \nОтправлено из мобильного приложения Яндекс Почты",
    ),
    "Mail.ru": (
        "ru",
        "Понедельник, 23 ноября 2026, 10:15 +05:00 от Site <info@example.kz>:\n",
        "Отправлено из Почты Mail",
    ),
    "KMail": (
        "ru",
        "В письме от понедельник, 23 ноября 2026 г. 10:15:00 +05 пользователь Site\nнаписал:",
        "",
    ),
    "KMail en": (
        "en",
        "On Monday, 23 November 2026 10:15:00 +05 Site\nwrote:",
        "",
    ),
    "Roundcube ru": (
        "ru",
        "Site писал(а) 2026-11-23 10:15:",
        "---\nАйгүл Үлгі\nбухгалтер\nт. 8 727 250 00 00",
    ),
    "Roundcube en": (
        "en",
        "On 2026-11-23 10:15, Site wrote:",
        "---\nAigul Ulgi\n+7 727 250 00 00",
    ),
    "The Bat! ru": (
        "ru",
        "Вы писали 23 ноября 2026 г., 10:15:14:\n",
        "-- \nС уважением,\n Айгүл",
    ),
    "Evolution": (
        "ru",
        "В Пн, 23/11/2026 в 10:15 +0500, Site пишет:",
        "",
    ),
    "mutt": (
        "en",
        "On Mon, Nov 23, 2026 at 10:15:14AM +0500, Site wrote:",
        "-- \nAigul",
    ),
    "K-9 ru": (
        "ru",
        "23 ноября 2026 г. 10:15:14 GMT+05:00, Site <info@example.kz> пишет:",
        "Простите за краткость, создано в K-9 Mail.",
    ),
    "Proton": (
        "en",
        "On Monday, November 23rd, 2026 at 10:15 AM, Site <info@example.kz> wrote:\n",
        "Sent with Proton Mail secure email.",
    ),
    "Zoho": (
        "en",
        "---- On Mon, 23 Nov 2026 10:15:14 +0500 Site <info@example.kz> wrote ----\n",
        "",
    ),
    "Spark": (
        "en",
        "On 23 Nov 2026, 10:15 +0500, Site <info@example.kz>, wrote:",
        "Sent from Spark",
    ),
    "Rambler": (
        "ru",
        "23.11.2026, 10:15, от Site <info@example.kz>:\n",
        "",
    ),
}
# name: language, what stands between own words and bare old ones, the line that the program adds below own words
CUTTING = {
    "Outlook ru": (
        "ru",
        "From: Site <info@example.kz> \nSent: Monday, November 23, 2026 10:15 AM\nTo: Aigul\nSubject: Data\n",
        "С уважением,\nАйгүл Үлгі\nтел. +7 727 250 00 00",
    ),
    "Outlook, a Russian window": (
        "ru",
        "________________________________\nОт: Site <info@example.kz>\n"
        "Отправлено: 23 ноября 2026 г. 10:15\nКому: Айгүл\nТема: Данные\n",
        "",
    ),
    "Outlook mobile ru": (
        "ru",
        "________________________________\nОт: Site <info@example.kz>\n"
        "Отправлено: понедельник, ноября 23, 2026 10:15 AM\nКому: Айгүл <a@example.kz>\nТема: Данные\n",
        "Получить Outlook для iOS<https://example.org/o>",
    ),
    "Outlook mobile kk": (
        "kk",
        "________________________________\nКімнен: Site <info@example.kz>\n"
        "Жіберілді: дүйсенбі, қараша 23, 2026 10:15\nКімге: Айгүл <a@example.kz>\nТақырып: Деректер\n",
        "Android үшін Outlook бағдарламасын алыңыз",
    ),
    "Outlook mobile en": (
        "en",
        "________________________________\nFrom: Site <info@example.kz>\n"
        "Sent: Monday, November 23, 2026 10:15:14 AM\nTo: Aigul <a@example.kz>\nSubject: Data\n",
        "Get Outlook for Android<https://example.org/o>",
    ),
    "Samsung ru": (
        "ru",
        "-------- Исходное сообщение --------\nОт: Site <info@example.kz>\n"
        "Дата: 23.11.2026 10:15 (GMT+05:00)\nКому: a@example.kz\nТема: Данные\n",
        "Отправлено со смартфона Samsung Galaxy.",
    ),
    "Samsung en": (
        "en",
        "-------- Original message --------From: Site <info@example.kz> "
        "Date: 23/11/2026  10:15  (GMT+05:00) To: a@example.kz Subject: Data ",
        "Sent from my Galaxy",
    ),
    "Huawei ru": (
        "ru",
        "-------- Исходное сообщение --------\nОт: Site <info@example.kz>\n"
        "Дата: пн, 23 нояб. 2026 г., 10:15\nКому: a@example.kz\nТема: Данные",
        "Отправлено с моего телефона Huawei",
    ),
    "Huawei kk": (
        "kk",
        "-------- Бастапқы хабар --------\nКімнен: Site <info@example.kz>\n"
        "Күні: дс, 23 қар. 2026 ж., 10:15\nКімге: a@example.kz\nТақырып: Деректер",
        "Huawei телефонымнан жіберілді",
    ),
    "Honor en": (
        "en",
        "-------- Original Message --------\nSubject: Data\nFrom: Site <info@example.kz>\nTo: a@example.kz\nCC: ",
        "Sent from my HONOR phone",
    ),
    "Mail.ru, a reply on the phone": (
        "ru",
        "--\nОтправлено из Почты Mail для Android\n"
        "Понедельник, 23 ноября 2026, 10:15 +05:00 от Site <info@example.kz>:\n",
        "",
    ),
    "BlueMail": (
        "ru",
        "23 нояб. 2026 г., в 10:15, Site <info@example.kz> написал:",
        "Получите BlueMail для Android",
    ),
}
FORWARDS = {
    "Gmail": (
        "---------- Forwarded message ---------\nОт: Site <info@example.kz>\n"
        "Date: пн, 23 нояб. 2026 г. в 10:15\nSubject: Данные\nTo: <a@example.kz>\n\n"
    ),
    "Gmail kk": (
        "---------- Forwarded message ---------\nКімнен: Site <info@example.kz>\n"
        "Күні: 2026 ж. 23 қар., дс, 10:15\nТақырып: Деректер\nКімге: <a@example.kz>\n\n"
    ),
    "Thunderbird": (
        "-------- Перенаправленное сообщение --------\nТема: \tДанные\n"
        "Дата: \tMon, 23 Nov 2026 10:15:14 +0500\nОт: \tSite <info@example.kz>\nКому: \ta@example.kz\n"
        "\n"
    ),
    "Apple Mail": (
        "Начало переадресованного сообщения:\n\nОт: Site <info@example.kz>\nТема: Данные\n"
        "Дата: 23 ноября 2026 г. в 10:15:14 GMT+5\nКому: a@example.kz\n\n"
    ),
    "Yandex": '-------- Пересылаемое сообщение --------\n23.11.2026, 10:15, "Site" <info@example.kz>:\n\n',
    "Mail.ru": (
        "-------- Пересылаемое сообщение --------\nОт: Site <info@example.kz>\nКому: a@example.kz\n"
        "Дата: Понедельник, 23 ноября 2026, 10:15 +05:00\nТема: Данные\n\n"
    ),
}


def lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def below(text: str, added: str) -> str:
    return f"{text}\n\n{added}" if added else text


@pytest.mark.parametrize("name", MARKING)
def test_own_words_above_marked_lines(name: str) -> None:
    language, heading, added = MARKING[name]
    found = split(f"{below(OWN[language], added)}\n\n{heading}\n{MARKED}\n")
    assert (found.own, found.signature.split()) == (OWN[language], added.split())


@pytest.mark.parametrize("name", MARKING)
def test_own_words_below_marked_lines(name: str) -> None:
    language, heading, added = MARKING[name]
    found = split(f"{heading}\n{MARKED}\n\n{below(OWN[language], added)}\n")
    assert (found.own, found.signature.split()) == (OWN[language], added.split())


@pytest.mark.parametrize("name", MARKING)
def test_own_words_between_marked_lines(name: str) -> None:
    language, heading, added = MARKING[name]
    first, second, third = (f"> {line}" for line in OLD)
    found = split(f"{heading}\n{first}\n{second}\n{SHORT[language]}\n{third}\n\n{below(OWN[language], added)}\n")
    assert lines(found.own) == [SHORT[language], *lines(OWN[language])]
    assert found.signature.split() == added.split()


@pytest.mark.parametrize("name", CUTTING)
def test_own_words_above_what_is_quoted_without_marks(name: str) -> None:
    language, block, added = CUTTING[name]
    found = split(f"{below(OWN[language], added)}\n\n{block}\n{BARE}\n")
    assert found.own == OWN[language]
    assert not added or added in found.signature


@pytest.mark.parametrize("language", OWN)
@pytest.mark.parametrize("name", FORWARDS)
def test_own_words_above_a_forwarded_mail(name: str, language: str) -> None:
    found = split(f"{SHORT[language]}\n\n{FORWARDS[name]}{BARE}\n")
    assert found.own == SHORT[language]
    assert not lines(split(f"{FORWARDS[name]}{BARE}\n").own)


QUOTES = {
    "Gmail": '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">пн, 23 нояб. 2026 г. в 10:15, Site &lt;'
    '<a href="mailto:info@example.kz">info@example.kz</a>&gt;:<br></div><blockquote class="gmail_quote" '
    'style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">%s</blockquote></div>',
    "Apple": '<blockquote type="cite"><div>23 нояб. 2026 г., в 10:15, Site &lt;info@example.kz&gt; написал(а):</div>'
    "<br>%s</blockquote>",
    "Thunderbird": '<div class="moz-cite-prefix">23.11.2026 10:15, Site пишет:<br></div><blockquote type="cite">%s'
    "</blockquote>",
    "Thunderbird forward": '<div class="moz-forward-container"><br>-------- Перенаправленное сообщение --------'
    '<table class="moz-email-headers-table"><tr><th>Тема: </th><td>Данные</td></tr></table>%s</div>',
    "Yandex": '<div>23.11.2026, 10:15, "Site" &lt;info@example.kz&gt;:</div><blockquote>%s</blockquote>',
    "Mail.ru": '<blockquote style="border-left:1px solid #0857A6; margin:10px; padding:0 0 0 10px;">Понедельник, '
    "23 ноября 2026, 10:15 +05:00 от Site &lt;info@example.kz&gt;:<br>%s</blockquote>",
    "Yahoo": '<div id="ydp12ab34yahoo_quoted_1" class="yahoo_quoted"><div>On Monday, November 23, 2026, Site wrote:'
    "</div>%s</div>",
}
PLACES = {
    "a paragraph above": "<p>{own}</p>{quote}",
    "a paragraph below": "{quote}<p>{own}</p>",
    "a division around both": "<div>{own}<br>{quote}</div>",
    "a division around both, below": "<div>{quote}{own}</div>",
    "a span above": "<span>{own}</span>{quote}",
    "the cell beside": "<table><tr><td>{own}</td><td>{quote}</td></tr></table>",
    "the cell beside, the quote first": "<table><tr><td>{quote}</td><td>{own}</td></tr></table>",
    "the same cell": "<table><tr><td>{own}{quote}</td></tr></table>",
}
WORDS = [
    "Перешлите, пожалуйста, ответственному. Мне пришло вот это, а я этого не писала.",
    "Бұл хатты мен 20.11.2026 жазған емеспін",
    "8 701 234 56 78",
]


@pytest.mark.parametrize("own", WORDS)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", QUOTES)
def test_own_words_around_a_quote_in_html(name: str, place: str, own: str) -> None:
    quote = QUOTES[name] % "<div>Телефон: +7 701 111 22 33</div>"
    assert split(render(PLACES[place].format(own=own, quote=quote))[0]).own == own
