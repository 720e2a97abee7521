"""The operator's console, worked as a browser without JavaScript does it, on a real installation."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailbot.console.words import LANGUAGES, _words, catalogue
from mailbot.operating import queue
from mailbot.operating.accounts import IDLE
from mailbot.store import journal
from tests.acceptance.world import ALIYA, BORIS, BOX, HOST, NEW_PHONE, PHONE, STRANGER, UPDATE, WITHDRAWAL, World
from tests.support.consoles import PASSWORD, Site, forms, opened, text

ROOT = Path(__file__).parents[2]


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    with opened(world) as found:
        yield found


def held(world: World) -> str:
    """Let an update come that waits for the operator; return its number."""
    return str(world.request(world.mail(STRANGER, UPDATE["ru"], NEW_PHONE["ru"]))["id"])


def asked(world: World, language: str = "ru") -> str:
    """Let a withdrawal come of which the operator is asked one thing."""
    return str(world.request(world.mail(ALIYA, WITHDRAWAL[language]))["id"])


# ---- the door ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/queue", "/requests/K7Q2AB", "/requests/K7Q2AB/files/1"])
def test_every_page_but_the_login_asks_for_it(site: Site, path: str) -> None:
    answer = site.browser().client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_login_and_logout(site: Site) -> None:
    browser = site.browser()
    wrong = browser.login(password="another password")
    assert wrong.status_code == 401 and "another password" not in wrong.text
    page = browser.login()
    assert page.status_code == 200 and "aigerim" in page.text
    token = browser.client.cookies["mailbot_session"]
    assert browser.post(page, "/logout").url.path == "/login"
    browser.client.cookies.set("mailbot_session", token)
    assert browser.get("/").url.path == "/login", "the old cookie opens nothing"


def test_a_session_ends_unused(site: Site) -> None:
    browser = site.browser("aigerim")
    site.world.ahead += IDLE + timedelta(seconds=5)
    assert browser.get("/").url.path == "/login"


def test_what_every_answer_bears(site: Site) -> None:
    browser = site.browser("aigerim")
    for path in ("/", "/login", "/style.css", "/nowhere", "/requests/AAAAAA"):
        answer = browser.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"
    assert browser.get("/nowhere").status_code == browser.get("/requests/AAAAAA").status_code == 404


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie(site: Site, secure: bool) -> None:
    browser = site.browser(secure=secure)
    page = browser.get("/login")
    answer = browser.client.post(
        "/login", data={**forms(page)["/login"], "name": "dana", "password": PASSWORD}, follow_redirects=False
    )
    cookie = next(line for line in answer.headers.get_list("set-cookie") if "session" in line)
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and ("Secure" in cookie) is secure
    assert cookie.startswith("__Host-") is secure


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_another_host_is_refused(site: Site, host: str) -> None:
    assert site.browser().client.get("/login", headers={"Host": host}).status_code == 400


def test_a_proxys_host_is_taken_where_it_is_named(site: Site) -> None:
    headers = {"Host": "console.example.kz"}
    assert site.browser().client.get("/login", headers=headers).status_code == 400
    assert site.browser(hosts=["console.example.kz"]).client.get("/login", headers=headers).status_code == 200


@pytest.mark.parametrize("given", [{}, {"token": ""}, {"token": "a" * 52}])
def test_a_form_without_its_token_does_nothing(site: Site, given: dict[str, str]) -> None:
    number = held(site.world)
    browser = site.browser("aigerim")
    seen = {**forms(browser.get(f"/requests/{number}"))[f"/requests/{number}/close"]}
    del seen["token"]
    assert browser.client.post(f"/requests/{number}/close", data={**seen, **given}).status_code == 403
    assert site.world.show(number)["state"] == "held"
    assert site.browser().client.post("/login", data={"name": "aigerim", "password": PASSWORD}).status_code == 403


def test_the_token_of_another_is_none(site: Site) -> None:
    number = held(site.world)
    first, second = site.browser("aigerim"), site.browser("dana")
    theirs = forms(second.get(f"/requests/{number}"))[f"/requests/{number}/close"]
    assert first.client.post(f"/requests/{number}/close", data=theirs).status_code == 403


def test_guessing_is_slowed(site: Site) -> None:
    browser = site.browser()
    codes = [browser.login(f"nobody{n}", "wrong password").status_code for n in range(21)]
    assert codes == [401] * 20 + [429]


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:1"])
def test_the_language_link_leads_nowhere_else(site: Site, back: str) -> None:
    answer = site.browser().client.get("/language/kk", params={"back": back}, follow_redirects=False)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "options",
    [
        ("--host", "0.0.0.0"), ("--host", "192.0.2.1", "--name", "console.example.kz"), ("--certfile", "a.pem"),
        ("--host", "0.0.0.0", "--certfile", "a.pem", "--keyfile", "a.key"),
    ],
)  # fmt: skip
def test_the_network_needs_tls_and_a_name(world: World, options: tuple[str, ...]) -> None:
    assert world.run("console", *options).code == 64


# ---- the queue -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_queue_says_what_will_come(site: Site, language: str) -> None:
    browser = site.browser("aigerim")
    page = browser.get(f"/language/{language}?back=/queue")
    assert f'<html lang="{language}">' in page.text
    assert catalogue()["queue.empty"][LANGUAGES.index(language)] in text(page)


def test_the_queue_shows_what_the_command_lists(site: Site) -> None:
    world = site.world
    numbers = [held(world), asked(world)]
    page = site.browser("aigerim").get("/queue")
    shown = re.findall(r'href="/requests/(\w+)"', page.text)
    assert shown == [each["id"] for each in world.requests()] and set(shown) == set(numbers)


def copies(world: World, number: str, count: int) -> None:
    """Write many copies of a request under other numbers, in all that tells them apart in a queue."""
    columns = [row[1] for row in world.sql("PRAGMA table_info(request)")]
    shifted = {"id": "printf('Z%05d', n)", "due_at": "datetime(due_at, '+' || (n % 97) || ' minutes') || '.000000'",
               "mail_id": "NULL"}  # fmt: skip
    picked = ", ".join(shifted.get(name, f'"{name}"') for name in columns)
    world.sql(
        f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) "
        f"INSERT INTO request SELECT {picked} FROM request, c WHERE id = ?", number,
    )  # fmt: skip


def test_a_long_queue_comes_page_by_page_in_the_order_of_the_list(site: Site) -> None:
    world = site.world
    copies(world, held(world), 10_000)
    asked(world)
    with site.app.line.store.reading() as connection:
        every = [row.id for row in journal.select(connection)]
    found: list[str] = []
    for number in (1, 2, 200, 201):
        found = [each["id"] for each in queue.page(site.app.line, number).items]
        assert found == every[(number - 1) * 50 : number * 50], number
    assert len(every) == 10_002 and len(found) == 2
    browser = site.browser("aigerim")
    began = time.perf_counter()
    page = browser.get("/queue?page=7")
    assert page.text.count('<li class="card">') == 50 and "10002" in text(page)
    assert time.perf_counter() - began < 2, "it does not load them all"
    assert browser.get("/queue?page=99999").text.count('<li class="card">') == 2
    assert browser.get("/queue?page=x").status_code == 200


def test_either_dialect_counts_and_orders_as_the_list_does(either: World) -> None:
    numbers = {
        held(either),
        asked(either),
        str(either.request(either.mail(BORIS, UPDATE["kk"], NEW_PHONE["kk"], proof="weak"))["id"]),
    }
    with opened(either) as site:
        found = queue.page(site.app.line, 1)
        assert [each["id"] for each in found.items] == [each["id"] for each in either.requests()]
        assert {each["id"] for each in found.items} == numbers and (found.total, found.hers) == (3, 2)
        number, browser = found.items[0]["id"], site.browser("dana")
        page = browser.get(f"/requests/{number}")
        assert browser.post(page, f"/requests/{number}/close").status_code in (200, 409)
        assert {"dana"} <= {row[0] for row in either.sql("SELECT who FROM event")}


# ---- one request ---------------------------------------------------------------------------------------------------


def test_release_carries_out_under_the_operators_name(site: Site) -> None:
    world, number = site.world, asked(site.world)
    browser = site.browser("aigerim")
    page = browser.get(f"/requests/{number}")
    done = browser.post(page, f"/requests/{number}/release")
    assert done.status_code == 200 and done.url.query == b"done=release"
    assert world.show(number)["open"] == [] and "aigerim" in [e["who"] for e in world.show(number)["events"]]


def test_a_preview_changes_nothing_and_its_button_does(site: Site) -> None:
    world = site.world
    number = str(world.request(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], proof="weak"))["id"])
    before = world.sql("SELECT count(*) FROM reply"), world.on_file(), world.show(number)["events"]
    browser = site.browser("aigerim")
    page = browser.post(
        browser.get(f"/requests/{number}"), f"/requests/{number}/preview", checked="Позвонила по номеру из базы"
    )
    assert page.status_code == 200 and ALIYA in page.text and number in page.text
    assert (world.sql("SELECT count(*) FROM reply"), world.on_file(), world.show(number)["events"]) == before
    assert browser.post(page, f"/requests/{number}/release").status_code == 200
    assert PHONE in world.person(ALIYA)["phones"]
    assert world.show(number)["checked"] == "Позвонила по номеру из базы"


def test_refuse_with_a_reason_that_the_person_reads(site: Site) -> None:
    world = site.world
    number = str(world.request(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], proof="weak"))["id"])
    browser = site.browser("aigerim")
    page = browser.get(f"/requests/{number}")
    assert browser.post(page, f"/requests/{number}/refuse").status_code == 422, "no reason was chosen"
    browser.post(page, f"/requests/{number}/refuse", reason="not_yours", note="Позвоните нам, пожалуйста.")
    assert world.show(number)["state"] == "refused"
    world.poll()
    assert "Позвоните нам, пожалуйста." in world.last(ALIYA).text


def test_close_and_undo(site: Site) -> None:
    world, browser = site.world, site.browser("dana")
    number = held(world)
    browser.post(browser.get(f"/requests/{number}"), f"/requests/{number}/close")
    assert world.show(number)["state"] == "ignored"
    done = str(world.request(world.mail(ALIYA, UPDATE["kk"], NEW_PHONE["kk"]))["id"])
    assert PHONE in world.person(ALIYA)["phones"]
    browser.post(browser.get(f"/requests/{done}"), f"/requests/{done}/undo")
    assert world.show(done)["state"] == "undone" and PHONE not in world.person(ALIYA)["phones"]
    assert f"/requests/{done}/undo" not in forms(browser.get(f"/requests/{done}"))


def test_another_place_is_ticked(world: World) -> None:
    world.policy('[[places]]\nname = "messenger"\npreset = "messenger"\n')
    number = str(world.request(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"]))["id"])
    with opened(world) as site:
        browser = site.browser("aigerim")
        page = browser.get(f"/requests/{number}")
        assert browser.post(page, f"/requests/{number}/tick").status_code == 200
    (place,) = world.show(number)["places"]
    assert place["done_by"] == "operator"
    assert [e["who"] for e in world.show(number)["events"] if e["what"] == "place_done"] == ["aigerim"]


def test_the_second_of_two_gets_the_conflict_and_loses_nothing(site: Site) -> None:
    world, number = site.world, held(site.world)
    first, second = site.browser("aigerim"), site.browser("dana")
    page, theirs = first.get(f"/requests/{number}"), second.get(f"/requests/{number}")
    assert first.post(page, f"/requests/{number}/close").status_code == 200
    before = world.show(number)
    late = second.post(theirs, f"/requests/{number}/refuse", reason="unclear", note="Долго писала <b>это</b> & не зря")
    assert late.status_code == 409
    assert "Долго писала &lt;b&gt;это&lt;/b&gt; &amp; не зря" in late.text and f"/requests/{number}" in late.text
    assert world.show(number) == before


def test_what_can_not_be_done_now_is_a_conflict_too(site: Site) -> None:
    number = asked(site.world)
    browser = site.browser("aigerim")
    answer = browser.post(browser.get(f"/requests/{number}"), f"/requests/{number}/close")
    assert answer.status_code == 409 and site.world.show(number)["state"] == "applied"


def test_a_reader_reads_and_may_not_act(site: Site) -> None:
    number = held(site.world)
    browser = site.browser("serik")
    page = browser.get(f"/requests/{number}")
    assert page.status_code == 200 and list(forms(page)) == ["/logout"]
    token = forms(page)["/logout"]["token"]
    for verb in ("release", "preview", "refuse", "close", "undo", "tick"):
        assert browser.client.post(f"/requests/{number}/{verb}", data={"token": token}).status_code == 403, verb
    assert site.world.show(number)["state"] == "held"


def test_in_shadow_mode_nothing_is_offered(shadow: World) -> None:
    with opened(shadow) as site:
        page = site.browser("aigerim").get("/queue")
        assert page.status_code == 200 and catalogue()["queue.shadow"][1] in text(page)


# ---- what others wrote ---------------------------------------------------------------------------------------------

HOSTILE = """<script>alert(1)</script> <img src="https://evil.example/p.gif" onerror="alert(2)">
<a href="javascript:alert(3)" onclick="alert(4)">click</a> <iframe src="//evil.example"></iframe> {{ 7 * 7 }}
</div></main><form action="https://evil.example"><style>body{display:none}</style>"""


def test_a_hostile_mail_is_text_alone(site: Site) -> None:
    world = site.world
    subject = "Удалите мои персональные данные <script>alert(5)</script>"
    taken = world.mail(STRANGER, subject, f"Прошу удалить мои персональные данные.\n{HOSTILE}")
    number = next(r["id"] for r in world.requests("--all") if r["message_id"] == taken.letter.message_id)
    page = site.browser("aigerim").get(f"/requests/{number}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text and "{{ 7 * 7 }}" in page.text
    assert not re.search(r"<(script|img|iframe|style|object|svg)\b|<[^>]*\son\w+\s*=", page.text, re.I)
    links = re.findall(r'(?:href|src|action)="([^"]*)"', page.text)
    assert links and all(link[0] in "/#" and not link.startswith("//") for link in links)


def with_file(name: str, content: bytes) -> bytes:
    """Return a mail that has HTML with remote content, and a file beside it."""
    mail = EmailMessage()
    mail["Authentication-Results"] = f"{HOST}; dmarc=pass header.from=example.org"
    mail["Received"] = f"from mail.example.org by {HOST}; Fri, 27 Nov 2026 10:00:00 +0000"
    mail["From"], mail["To"], mail["Subject"] = STRANGER, BOX, UPDATE["en"]
    mail["Message-ID"] = "<file-1@example.org>"
    mail.set_content("My new phone: +77019998877")
    mail.add_alternative('<p>My new phone: +77019998877<img src="https://evil.example/x.gif"></p>', subtype="html")
    mail.add_attachment(content, maintype="text", subtype="html", filename=name)
    return mail.as_bytes()


def test_an_attachment_is_a_download_and_nothing_else(site: Site) -> None:
    world = site.world
    content = b"<script>alert(1)</script>"
    number = str(world.request(world.take(with_file('pa"ss\tport.html', content)))["id"])
    browser = site.browser("serik")
    page = browser.get(f"/requests/{number}")
    assert "evil.example" not in page.text and "alert(1)" not in page.text
    answer = browser.get(f"/requests/{number}/files/1")
    assert answer.content == content and answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''pa")
    assert browser.get(f"/requests/{number}/files/2").status_code == 404


def test_a_mailbox_that_is_away_is_said_on_the_page(site: Site) -> None:
    number = held(site.world)
    browser = site.browser("aigerim")
    assert PHONE in browser.get(f"/requests/{number}").text
    shutil.move(site.world.box, site.world.root / "elsewhere")
    page = browser.get(f"/requests/{number}")
    assert page.status_code == 200 and catalogue()["request.unavailable"][1] in text(page)


def test_a_number_that_identifies_somebody_is_veiled(site: Site) -> None:
    taken = site.world.mail(STRANGER, UPDATE["ru"], f"{NEW_PHONE['ru']}\nИИН 900505300016")
    number = site.world.request(taken)["id"]
    assert "900505300016" not in site.browser("aigerim").get(f"/requests/{number}").text


# ---- words and looks -----------------------------------------------------------------------------------------------


def test_each_word_is_there_in_three_languages() -> None:
    for language in LANGUAGES:
        assert _words(language).keys() == catalogue().keys(), language
    for key, words in catalogue().items():
        assert len(words) == 3 and all(word.strip() for word in words), key


def test_each_word_that_a_page_asks_for_is_there() -> None:
    folder = ROOT / "templates" / "console"
    for path in folder.glob("*.html"):
        for key in re.findall(r'\bt\("([\w.]+)"\)', path.read_text(encoding="utf-8")):
            assert key in catalogue(), (path.name, key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_page_in_each_language(site: Site, language: str) -> None:
    number = held(site.world)
    browser = site.browser("aigerim")
    browser.get(f"/language/{language}")
    page = browser.get(f"/requests/{number}")
    assert page.status_code == 200 and catalogue()["do.release"][LANGUAGES.index(language)] in text(page)


def colours(block: str) -> dict[str, str]:
    found = dict(re.findall(r"--([\w-]+): (#\w+)", block))
    return {
        name: value if len(value) == 7 else "#" + "".join(c * 2 for c in value[1:]) for name, value in found.items()
    }


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_enough_in_light_and_dark() -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    light, dark = (ROOT / "templates/console/style.css").read_text(encoding="utf-8").split("@media", 1)
    for block in (light, dark.partition("}")[0]):
        found = colours(block)
        for ink, ground in [(i, g) for i in ("text", "quiet", "accent", "bad", "good") for g in ("ground", "card")] + [
            ("on-accent", "accent")
        ]:
            one, two = sorted((luminance(found[ink]), luminance(found[ground])))
            assert (two + 0.05) / (one + 0.05) >= 4.5, (ink, ground)
