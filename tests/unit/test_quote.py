"""Own text, signature, quoted history: mail programs in kk, ru, en, and what must never get lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reading.quote import split

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
OLD = "> Сіздің телефон: +7 701 111 22 33\n> Туған күні: 01.01.1980"

HEADINGS = [
    "On Mon, Nov 3, 2025 at 10:15 AM Site <info@example.kz> wrote:",
    "On Mon, Nov 3, 2025 at 10:15 AM Site <\ninfo@example.kz> wrote:",
    "On Mon, Nov 3, 2025 at 10:15 AM Site <info@example.kz>\nwrote:",
    "пн, 3 нояб. 2025 г. в 10:15, Site <info@example.kz>:",
    "пн, 3 нояб. 2025\xa0г. в 10:15, Site\u200b <info@example.kz>:",
    "понедельник, 6 октября 2014 г. пользователь Айгүл Үлгі написал:",
    "20 окт. 2016 г. 19:37 пользователь Айгүл Үлгі <\naigul@example.kz> написал:",
    "30 серп. 2016 р. Айгүл Үлгі <aigul@example.kz> пише:",
    "2025 ж. 3 қар., дс, сағат 10:15 уақытында, Айгүл Үлгі <aigul@example.kz> жазған:",
    "Айгүл Үлгі жазған:",
    "2025 ж. 3 қараша, Айгүл <aigul@example.kz> жазды:",
    "Айгүл пишет:",
    "Айгүл Үлгі писал(а) 2025-11-03 10:15:",
    '03.11.2025, 10:15, "Site" <info@example.kz>:',
    "Понедельник, 3 ноября 2025, 10:15 +05:00 от Site <info@example.kz>:",
    "Am 03.11.2025 um 10:15 schrieb Site <info@example.kz>:",
    "Le lun. 3 nov. 2025 à 10:15, Site <info@example.kz>\na écrit :",
    "El lun, 3 nov 2025 a las 10:15, Site (<info@example.kz>) escribió:",
    "Site <info@example.kz>, 3 Kas 2025 Pzt, 10:15 tarihinde şunu yazdı:",
    "Il giorno lun 3 nov 2025 alle ore 10:15 Site <info@example.kz> ha scritto:",
    "Em seg., 3 de nov. de 2025 às 10:15, Site <info@example.kz> escreveu:",
    "Op ma 3 nov 2025 om 10:15 schreef Site <info@example.kz>:",
    "Op 3 nov. 2025 om 10:15 heeft Site <info@example.kz> het volgende geschreven:",
    "pon., 3 lis 2025 o 10:15 Site <info@example.kz> napisał(a):",
    "W dniu 3.11.2025 o 10:15, Site pisze:",
    "mån 3 nov. 2025 kl. 10:15 skrev Site <info@example.kz>:",
    "Den man. 3. nov. 2025 kl. 10.15 skrev Site <info@example.kz>:",
    "man. 3. nov. 2025 kl. 10:15 skrev Site <info@example.kz>:",
    "ma 3.11.2025 klo 10.15 Site (info@example.kz) kirjoitti:",
    "po 3. 11. 2025 v 10:15 odesílatel Site <info@example.kz>\nnapsal:",
    "În lun., 3 nov. 2025 la 10:15, Site <info@example.kz> a scris:",
    "Site <info@example.kz> ezt írta (időpont: 2025. nov. 3., H, 10:15):",
    "Στις Δευ 3 Νοε 2025 στις 10:15, ο/η Site <info@example.kz> έγραψε:",
    "2025年11月3日(月) 10:15 Site <info@example.kz>:",
    "Site <info@example.kz> 于2025年11月3日周一 10:15写道：",
    "在 2025年11月3日，10:15，Site <info@example.kz> 写道：",
    "2025년 11월 3일 (월) 오전 10:15, Site <info@example.kz>님이 작성:",
    "‫בתאריך יום ב׳, 3 בנוב׳ 2025 ב-10:15 מאת ‪Site‬‏ <‪info@example.kz‬‏>:‬",
    "Vào 10:15, Th 2, 3 thg 11, 2025 Site <info@example.kz> đã viết:",
    "пн, 3 лист. 2025 р. о 10:15 Site <info@example.kz> пише:",
    "---- On Mon, 03 Nov 2025 10:15:00 +0500 Site <info@example.kz> wrote ----",
    "Max Üb <info@example.kz> schrieb am Mo., 3. Nov. 2025, 10:15:",
    "On Monday, November 3, 2025 at 10:15:00 AM GMT+5, Site <info@example.kz> wrote:",
    "On Mon, Nov 3, Айгүл Үлгі\n<aigul@example.kz>\nwrote:",
    "- Le 2025-11-03 10:15, Айгүл Үлгі a écrit :",
    "On Mon, Nov 3, 2025 at 10:15 AM I Kim <info@example.kz> wrote:",
]
MARKED_ONLY = [  # headings above marked lines, in languages whose words are known or not
    "Айгүл Үлгі, 03.11.2025 10:15 dedi ki:",
    "Skrivet eo bet gant Айгүл Үлгі :",
    "Айгүл Үлгі 이(가) 쓴 글:",
    "Айгүл Үлгі-ը գրել է.",
    "كتب Айгүл Үлгі:",
    "2025/11/3 Айгүл Үлгі <aigul@example.kz>",
    "Айгүл Үлгі ile 03.11.2025:",
]
BLOCKS = [
    "-----Original Message-----\nFrom: Site <info@example.kz>\nSent: Monday\nSubject: Data",
    "-----Исходное сообщение-----\nОт: Site\nТема: Данные",
    "-------- Түпнұсқа хабарламасы --------\nТақырыбы: Деректер\nКүні: 3.11.2025\nКімнен: Site\nКімге: Айгүл",
    "-------- Пересылаемое сообщение --------\n03.11.2025, 10:15, Site",
    "---------- Forwarded message ---------\nFrom: Site <info@example.kz>\nDate: Mon",
    "---------- Переслане повідомлення ---------\nВід: Site",
    "От: Site <info@example.kz>\nОтправлено: 3 ноября 2025 г. 10:15\nКому: Динара\nТема: Ваши данные",
    "Кімнен: Site\nЖіберілді: 3.11.2025\nКімге: Динара\nТақырып: Деректер",
    "*From:* Site\n*Sent:* Monday\n*To:* Dinara\n*Subject:* Data",
    "________________________________\nFrom: Site <info@example.kz>\nSent: Monday\nTo: Dinara",
    "От: Site\n<info@example.kz>\nОтправлено: понедельник\nКому: Динара",
    "Von: Site\nGesendet: Montag\nAn: Dinara\nBetreff: Daten",
    "De : Site\nEnvoyé : lundi\nÀ : Dinara\nObjet : Données",
    "Da: Site <info@example.kz>\nInviato: lunedì 3 novembre 2025\nA: Dinara\nOggetto: Dati",
    "De: Site <info@example.kz>\nEnviado el: lunes, 3 de noviembre de 2025 10:15\nPara: Dinara\nAsunto: Datos",
    "De: Site <info@example.kz>\nEnviada em: segunda-feira, 3 de novembro de 2025 10:15\nPara: Dinara\nAssunto: Dados",
    "Van: Site <info@example.kz>\nVerzonden: maandag 3 november 2025 10:15\nAan: Dinara\nOnderwerp: Gegevens",
    "Od: Site <info@example.kz>\nWysłano: poniedziałek, 3 listopada 2025 10:15\nDo: Dinara\nTemat: Dane",
    "Från: Site <info@example.kz>\nSkickat: den 3 november 2025 10:15\nTill: Dinara\nÄmne: Uppgifter",
    "Fra: Site <info@example.kz>\nSendt: 3. november 2025 10:15\nTil: Dinara\nEmne: Data",
    "Lähettäjä: Site <info@example.kz>\nLähetetty: 3. marraskuuta 2025 10:15\nVastaanottaja: Dinara\nAihe: Tiedot",
    "Gönderen: Site <info@example.kz>\nGönderildi: 3 Kasım 2025 10:15\nKime: Dinara\nKonu: Veri",
    "Від: Site <info@example.kz>\nНадіслано: 3 листопада 2025 р. 10:15\nКому: Dinara\nТема: Дані",
    "Od: Site <info@example.kz>\nOdesláno: pondělí 3. listopadu 2025 10:15\nKomu: Dinara\nPředmět: Údaje",
    "发件人: Site <info@example.kz>\n发送时间: 2025年11月3日 10:15\n收件人: Dinara\n主题: 数据",
    "差出人: Site <info@example.kz>\n送信日時: 2025年11月3日 10:15\n宛先: Dinara\n件名: データ",
    "보낸 사람: Site <info@example.kz>\n보낸 날짜: 2025년 11월 3일 10:15\n받는 사람: Dinara\n제목: 데이터",
    "מאת: Site <info@example.kz>\nנשלח: 3 נובמבר 2025 10:15\nאל: Dinara\nנושא: נתונים",
    "Date: Mon, 3 Nov 2025 10:15:00 +0500\nTo: dinara@example.kz",
    "Date: Mon, 3 Nov 2025 10:15 From: info@example.kz To: Dinara Subject: Data",
    "-------- Әрі қарай жіберілген хабарлама --------",
    "--- Treść oryginalnej wiadomości ---",
    "-------- İletilen İleti --------\nKonu: Veri",
    "------------------ 原始邮件 ------------------",
    "-------- Oprindelig meddelelse --------",
    "-----Reply Message-----",
    "---- Site жазды ----",
    "---- Айгүл Үлгі написал(а) ----",
    "##- Please type your reply above this line -##",
    "Début du message réexpédié :\n\nDe: Site",
    "Начало пересылаемого сообщения:\n\nОт: Site",
]
PROGRAMS = [
    "Отправлено с iPhone",
    "iPhone-нан жіберілді",
    "Менің iPhone құрылғымнан жіберілді",
    "Sent from my iPhone",
    "Sent from Outlook for Android<https://example.org/a?b=1>",
    "Отправлено из Почты Mail",
    "Отправлено из мобильной Яндекс.Почты",
    "Отправлено с устройства Samsung Galaxy",
    "Отправлено из Outlook для Android",
    "Надіслано з iPhone",
    "Von meinem iPhone gesendet",
    "Verstuurd vanaf mijn iPhone",
    "Sendt fra min iPhone",
    "Enviado do meu iPhone",
    "Wysłane z iPhone'a",
    "發自我的 iPhone",
    "从我的 iPhone 发送",
    "나의 iPhone에서 보냄",
    "iPhoneから送信",
    "iPhone'umdan gönderildi",
    "Sent from my iPhone. Please excuse typos",
    "(sent from my phone)",
    "Sent from my TI-85",
    "Завантажити Outlook для Android",
    "Получить Outlook для iOS",
    "Android үшін Outlook бағдарламасын жүктеп алыңыз",
    "Outlook für iOS beziehen",
    "Get Outlook for iOShttps://example.org/a",
]
SIGN_OFFS = [
    "Құрметпен,",
    "Ізгі ниетпен",
    "С уважением,",
    "Kind regards,",
    "С наилучшими пожеланиями",
    "Best regards",
    "С уважением, Ерлан Үлгі",
    "с уважением, ерлан",
    "Med venlig hilsen",
    "Mvh,",
    "Met vriendelijke groet,",
    "Z poważaniem,",
    "S pozdravem,",
    "Cordiali saluti",
    "Üdvözlettel,",
    "З повагою,",
]


def lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_above_marked_lines_goes_with_them(heading: str) -> None:
    found = split(f"Жаңа нөмірім: +7 747 000 11 22\n\n{heading}\n\n{OLD}")
    assert found.own == "Жаңа нөмірім: +7 747 000 11 22"
    assert "1980" in found.quoted


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_cuts_a_quote_without_marks(heading: str) -> None:
    found = split(f"Мой новый номер ниже\n{heading}\n\nТелефон: +7 702 000 00 01\n\nС уважением")
    assert found.own == "Мой новый номер ниже"
    assert "+7 702" in found.quoted


@pytest.mark.parametrize("heading", MARKED_ONLY)
def test_a_heading_of_any_language_goes_with_the_marked_lines_below(heading: str) -> None:
    found = split(f"Жаңа нөмірім: +7 747 000 11 22\n\n{heading}\n{OLD}")
    assert found.own == "Жаңа нөмірім: +7 747 000 11 22"
    assert found.quoted.startswith(heading)


def test_a_heading_that_shares_a_line_with_own_words_is_parted_from_them() -> None:
    found = split(f"Келісемін On Mon, Nov 3, 2025 at 10:15 AM, Site <info@example.kz> wrote:\n{OLD}")
    assert found.own == "Келісемін"
    assert found.quoted.startswith("On Mon, Nov 3")


def test_an_address_broken_off_by_a_blank_line_is_part_of_the_heading() -> None:
    heading = "On Mon, Nov 3, 2025 at 10:15 AM Site\n\n<\ninfo@example.kz\n> wrote:"
    found = split(f"Келісемін\n\n{heading}\nТелефон: +7 702 000 00 01")
    assert found.own == "Келісемін"


@pytest.mark.parametrize("piece", ["(https://example.org/a?b=1) >", "<https://example.org/a?b=1>>", "onse=3dd518)"])
def test_a_link_broken_off_between_quoted_lines_goes_with_them(piece: str) -> None:
    found = split(f"Келісемін\n\nAйгүл жазған:\n> Өтініш (http://example.org/acti\n{piece}\n> соңы")
    assert found.own == "Келісемін"


@pytest.mark.parametrize("block", BLOCKS)
def test_a_header_block_cuts_everything_below(block: str) -> None:
    found = split(f"Прошу заменить почту\n\n{block}\n\nТелефон: +7 702 000 00 01")
    assert found.own == "Прошу заменить почту"
    assert found.signature == ""


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("----- Forwarded message from Site <info@example.kz> -----", "----- End forwarded message -----"),
        ("-------- Пересылаемое сообщение --------", "-------- Завершение пересылаемого сообщения --------"),
    ],
)
def test_own_words_below_the_end_of_a_forwarded_mail(opening: str, closing: str) -> None:
    old = f"{opening}\nDate: Mon, 3 Nov 2025 10:15\nFrom: Site\n\nТелефон: +7 702 000 00 01"
    assert lines(split(f"Алдында\n\n{old}\n{closing}\n\nСоңында\n\n-- \nАйгүл").own) == ["Алдында", "Соңында"]
    assert split(f"Алдында\n\n{old}\n{opening}\n{closing}\n\nеще старое").own == "Алдында"
    assert split(f"Алдында\n\n-----Original Message-----\n{old}\n{closing}\n\nеще старое").own == "Алдында"


def test_a_title_of_any_language_goes_with_the_header_block_below() -> None:
    found = split(
        "Келісемін\n\n-------- Някакво писмо --------\nFrom: Site <info@example.kz>\nSent: Monday\nTo: Динара"
    )
    assert found.own == "Келісемін"


@pytest.mark.parametrize("line", PROGRAMS)
def test_a_mail_programs_own_line_is_signature(line: str) -> None:
    found = split(f"Аты: Айгүл\n\n{line}")
    assert (found.own, found.signature) == ("Аты: Айгүл", line)


@pytest.mark.parametrize("line", SIGN_OFFS)
def test_a_sign_off_and_what_follows_is_signature(line: str) -> None:
    found = split(f"Аты: Айгүл\n\n{line}\nЕрлан Үлгі\nТОО «Пример»\nтел. +7 727 250 00 00")
    assert found.own == "Аты: Айгүл"
    assert "+7 727" in found.signature


@pytest.mark.parametrize("delimiter", ["-- ", "--", "--\xa0"])
def test_the_delimiter_of_rfc_3676(delimiter: str) -> None:
    found = split(f"Аты: Айгүл\n\n{delimiter}\nЕрлан\n+7 727 250 00 00")
    assert found.own == "Аты: Айгүл"


@pytest.mark.parametrize(
    "text",
    [
        "Рахмет, Айгүл",
        "Спасибо. Прошу изменить телефон: 8 701 234 56 78\n\nАйгүл",
        "Спасибо\nТелефон: 8 701 234 56 78",
        "Sent from my desk, is much easier than my mobile phone.",
        "Дата рождения: 5 мая 1990 г.\nТелефон: 8 701 234 56 78",
        "С уважением отношусь к вашей работе, но прошу изменить мой телефон на 8 701 234 56 78, так как прежний утерян",
        "Тема: мои данные\nАты: Айгүл",
        "Аты: Айгүл\n\n\nТелефон: 8 701 234 56 78",
        "Я родился в 1990 году. Мой адрес:\naigul@example.kz",
        "Отправлено сегодня, прошу ответить",
        "Здравствуйте!\n\nКому: ТОО Пример\nОт кого: Айгүл Үлгі\nТема: отзыв согласия\n\nПрошу отозвать согласие",
        "Кому: директору ТОО Пример\nОт: Айгүл Үлгі\nДата: 03.11.2025\n\nПрошу отозвать согласие",
        "Здравствуйте!\nКому: ТОО\nОт: Айгүл Үлгі, aigul@example.kz\nДата: 03.11.2025\n\nПрошу отозвать согласие",
        "Сәлеметсіз бе!\nКімнен: Айгүл Үлгі\nКүні: 03.11.2025\n\nКелісімімді кері аламын",
        "Аты: Айгүл\nКүні: 01.01.1990\nТақырып: деректерім\nТелефон: 8 701 234 56 78",
        "Name: Aigul\nDate: 01.01.1990\nTo: Almaty\nPhone: 8 701 234 56 78",
        "Здравствуйте!\nС уважением прошу изменить телефон на 8 701 234 56 78",
        "Сәлеметсіз бе!\nҚұрметпен сұраймын: нөмірімді өзгертіңіз",
        "Hello!\nCheers to all, my phone is 8 701 234 56 78",
        "Я уже писал 05.05.2026:\nпрошу изменить телефон на 8 701 234 56 78",
        "Мен жазған 05.05.2026 хатымда:\nтелефоным 8 701 234 56 78",
        "Von meinem Handy aus bitte ich Sie, die Nummer zu ändern",
        "Hello\n\nFrom my mobile I ask you to remove the number 8 701 234 56 78",
        "Hello\n\nSent from my new address",
        "Please enter it below.\n\n-------- Enter it below --------\n\nТелефон: 8 701 234 56 78",
        "Смотрите:\n>>> https://example.org <<<\nэто моя страница",
        "Мои данные:\n--------------------------\nТелефон: 8 701 234 56 78",
        "On Thursday:\n\nТелефон: 8 701 234 56 78",
        "On the one hand it is old, on the other:\n8 701 234 56 78",
        "- Айгүл\n- Үлгі\n- 8 701 234 56 78",
        "Мама написала:\nтелефон 8 701 234 56 78",
        "Добрый день!\n\nМне вчера мама написала:\n8 701 234 56 78",
        "20.11.2026 мне сообщение никто не писал.\nТелефон 8 701 234 56 78",
        "20.11.2026 Айгүл маған хат жазды\nТелефоным 8 701 234 56 78",
        "Кімнен: Айгүл\nКімге: Мекеме\nКүні: 01.01.2026\nСағат 10:15\nТелефон: 8 701 234 56 78",
        "Иванова Мария, 8 701 234 56 78",
        "Иванова Мария\n8 701 234 56 78",
        "Здравствуйте, Айгүл Ерланқызы!\n\nИванова Мария\n8 701 234 56 78",
        "Прошу изменить мои данные.\n\nИванова Мария\n8 701 234 56 78",
        "Нөмірімді өзгертіңіз.\n\nАйгүл Үлгі\n+7 701 234 56 78",
        "My new number is below.\n\nMary Smith\n+7 701 234 56 78",
        "Номер 8 701 234 56 78, почта ниже\n\nИванова Мария\nmaria@example.kz",
        "Туған күнім 01.01.1990:\n\nАйгүл Үлгі\n8 701 234 56 78",
        "Телефон 8 701 111 22 33 удалите.\n\nТелефон: 8 701 234 56 78",
        "Мои новые данные\n---\nИванова Мария\n8 701 234 56 78",
        "Мои данные:\n***\nИванова Мария\n8 701 234 56 78",
        "Номер прежний\n---\nТелефон: 8 701 234 56 78",
        "С уважением, прошу исправить\nфамилию на Серикову",
        "Спасибо\nМария",
        "Это письмо конфиденциально, мой номер 8 701 234 56 78",
        "Бұл хабарлама құпия болсын, менің нөмірім 8 701 234 56 78",
        "a > b, поэтому прошу номер 8 701 234 56 78\nA> b",
        "| Имя | Мария |\n| Телефон | 8 701 234 56 78 |",
    ],
)
def test_own_text_stays_whole(text: str) -> None:
    assert split(text).own == text


@pytest.mark.parametrize(
    "line",
    [
        "Мне пришло вот это, а я этого не писала.",
        "Вот что мне пришло:",
        "Маған мынадай хат келді:",
        "Here is what I got on 20.11.2026 at 10:15:",
        "Бұл хатты мен 20.11.2026 күні жазған едім",
        "Мне писал aigul@example.kz, это не я.",
        "01.01.1990",
        "Тема: мои данные",
        "Кімнен: Айгүл",
        "On 5 May 2026 my name changed",
    ],
)
@pytest.mark.parametrize(
    "old",
    [
        OLD,
        f"Site писал(а) 2026-11-23 10:15:\n{OLD}",
        f"23.11.2026 10:15, Site пишет:\n{OLD}",
        "-------- Пересылаемое сообщение --------\nОт: Site\nКому: Айгүл\nДата: 23.11.2026 10:15",
    ],
)
def test_an_own_line_above_history_stays_own(old: str, line: str) -> None:
    assert split(f"{line}\n{old}").own == line
    assert split(f"{line}\n\n{old}").own == line


@pytest.mark.parametrize(
    ("first", "second"),
    [("E> Телефон?", "E> Аты?"), ("АҮ>> Телефон?", "АҮ> Аты?"), ("ESU> Phone?", "ESU> Name?")],
)
def test_lines_with_initials_in_front_are_quoted(first: str, second: str) -> None:
    found = split(f"Сәлем!\n\n{first}\n8 701 234 56 78\n\n{second}\nДинара")
    assert lines(found.own) == ["Сәлем!", "8 701 234 56 78", "Динара"]


@pytest.mark.parametrize("bar", ["|", ":"])
def test_lines_with_a_bar_in_front_are_quoted_below_a_heading(bar: str) -> None:
    old = f"{bar} Телефон: +7 701 111 22 33\n{bar}\n{bar} Аты: Айгүл"
    assert split(f"Келісемін\n\n03.11.2025 10:15, Айгүл пишет:\n{old}").own == "Келісемін"
    assert split(f"Келісемін\n\nМәліметтер:\n{old}").quoted == ""


@pytest.mark.parametrize(
    "signature",
    [
        "---\nИванова Мария\nбухгалтер\nт. 8 727 250 00 00",
        "***\nТОО «Пример»\nтел. 8 727 250 00 00",
        "_____\nАйгүл Үлгі\nменеджер\nwww.example.kz",
        "Мария Иванова\n+7 727 250 00 00",
        "М. Иванова\n8 (727) 250-00-00\nmaria@example.kz",
        "Н. Иванова\n8 727 250 00 00\n\nОтправлено из Proton Mail",
        "С уважением,\n\nИванова Мария\n\n" + "\n\n".join(f"строка подписи {n}" for n in range(14)),
        "С уважением,\nИванова\n\nНастоящее сообщение предназначено только адресату и может содержать\n"
        "конфиденциальную информацию.\n\nЕсли вы получили его по ошибке, удалите его.",
        "Бұл хабарлама және оған тіркелген файлдар құпия болып табылады.",
        "This e-mail and any attachments are confidential and intended solely for the addressee.",
        "Qūrmetpen,\nErjan",
        "Qu'rmetpen, Erjan",
        "Ízgi nıetpen,\nErjan",
        "С ув., Мария",
        "С уважением,\nМария\nМой телефон: +7 727 250 00 00\n\nМой WhatsApp +7 701 000 00 00",
        "Простите за краткость, создано в K-9 Mail.",
        "Қысқа жазғаным үшін кешіріңіз, K-9 Mail-дан жіберілді",
    ],
)
def test_a_signature_of_other_kinds(signature: str) -> None:
    found = split(f"Прошу исправить телефон: 8 701 234 56 78.\n\n{signature}\n\nАйгүл пишет:\n{OLD}")
    assert (found.own, found.signature) == ("Прошу исправить телефон: 8 701 234 56 78.", signature)


@pytest.mark.parametrize(
    "line", ["Забыла сказать: мой номер 8 701 234 56 78", "Туған күнім: 01.01.1990", "I also have a new name: Mary"]
)
def test_own_words_below_a_sign_off_are_own(line: str) -> None:
    found = split(f"Аты: Айгүл\n\nС уважением,\nАйгүл\n\n{line}\n\nОтправлено с iPhone\n\n{OLD}")
    assert lines(found.own) == ["Аты: Айгүл", line]
    assert lines(found.signature) == ["С уважением,", "Айгүл", "Отправлено с iPhone"]


def test_answers_between_the_quoted_lines_are_kept() -> None:
    found = split("Айгүл пишет:\n> Телефон?\n\n8 701 234 56 78\n\n> Аты?\n\nДинара\n")
    assert [line for line in found.own.split("\n") if line] == ["8 701 234 56 78", "Динара"]


@pytest.mark.parametrize("line", ["Мой телефон такой:", "Менің жауабым мынау:", "Here is my answer:"])
def test_a_line_that_ends_in_a_colon_between_answers_is_own(line: str) -> None:
    found = split(f"Айгүл жазған:\n> Телефон?\n\n{line}\n\n> Аты?\nДинара")
    assert [own for own in found.own.split("\n") if own] == [line, "Динара"]


def test_an_answer_directly_below_marked_lines_is_own() -> None:
    found = split("Айгүл жазған:\n> Телефон?\n8 701 234 56 78\n> Аты?\nДинара")
    assert found.own == "8 701 234 56 78\nДинара"


def test_an_answer_below_the_quote_is_own() -> None:
    found = split(f"{HEADINGS[0]}\n{OLD}\n\nКелісемін")
    assert found.own == "Келісемін"


def test_a_postscript_below_the_sign_off_is_own() -> None:
    found = split("Аты: Айгүл\n\nС уважением,\nАйгүл\n\nP.S. Телефон: 8 701 234 56 78")
    assert "P.S." in found.own
    assert "С уважением" not in found.own


def test_a_wrapped_quoted_line_goes_with_its_quote() -> None:
    found = split(f"Иә\n\n> {'сөз ' * 20}\nтағы сөз\n> соңы")
    assert found.own == "Иә"


def test_the_mail_with_signature_and_history() -> None:
    found = split(
        "Добрый день! Жаңа нөмірім: +7 (747) 000-11-22.\n\n-- \nС уважением,\nЕрлан Касымов\n"
        "ТОО «Пример», тел. +7 727 250 00 00\n\nпн, 3 нояб. 2025 г. в 10:15, Site <info@site.example>:\n"
        f"{OLD}"
    )
    assert found.own == "Добрый день! Жаңа нөмірім: +7 (747) 000-11-22."
    assert "727" in found.signature
    assert found.quoted.startswith("пн, 3 нояб.")


def _lines(text: str) -> list[str]:
    return sorted(line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip())


_piece = st.sampled_from(
    [
        "",
        "> a",
        ">> b",
        "-- ",
        "С уважением,",
        "Аты: Айгүл",
        "От: a",
        "Кому: b",
        "Тема: c",
        "x пишет:",
        "----",
        "P.S. a",
        *HEADINGS,
        *PROGRAMS,
    ]
)


@given(st.lists(_piece | st.text(max_size=30), max_size=20))
def test_nothing_is_lost_and_nothing_doubled(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    found = split(text)
    assert _lines("\n".join((found.own, found.signature, found.quoted))) == _lines(text)


@pytest.mark.parametrize(
    "text",
    [
        "а" * 10**6,
        "- " * 500_000,
        "От:" * 330_000,
        "x@1:2 " * 160_000 + ":",
        ">" * 10**6,
        "-- On 5.5.2025 <\n" * 10_000,
        "On 5.5.2025 Site <a@b>\n" * 10_000,
        "С уважением,\n\nмой\n\n" * 2_500,
        "| a\nb:\n" * 5_000,
    ],
)
def test_a_hostile_line_is_cheap(text: str) -> None:
    started = time.process_time()
    split(text)
    assert time.process_time() - started < 1


def _cases() -> list[Path]:
    return sorted(path for path in CORPORA.glob("replies-*/*.txt") if not path.name.endswith(".expected.txt"))


@pytest.mark.skipif(not _cases(), reason="shared/corpora: no reply fixtures here")
def test_the_public_reply_fixtures() -> None:
    exact = leaks = 0
    for path in _cases():
        own = _norm(split(path.read_text("utf-8")).own)
        expected = _norm(path.with_name(f"{path.stem}.expected.txt").read_text("utf-8"))
        exact += own == expected
        leaks += any(line not in expected for line in own)
    assert exact >= 0.95 * len(_cases())
    assert leaks <= 1


def _norm(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
