"""Every verb on each page in Chromium, with JavaScript and without; each page looked over by axe-core; hostile mail."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.world import ALICE, ALIYA, BORIS, NEW_PHONE, STRANGER, UNSUBSCRIBE, UPDATE, WITHDRAWAL, World
from tests.support import browsers
from tests.support.browsers import entered, violations

COMPLAINT = "Жалоба на обработку персональных данных"
PLACES = '[[places]]\nname = "list"\npreset = "newsletter"\n'
SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["javascript", "without"])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for the module."""
    with browsers.chromium() as found:
        yield found


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> World:
    """An installation with something of everything."""
    made = World(tmp_path_factory.mktemp("model"))
    made.policy(PLACES)
    return made


@pytest.fixture
def world(model: World, tmp_path: Path) -> World:
    return World.copied(model, tmp_path / "live")


@pytest.fixture
def address(world: World) -> Iterator[str]:
    with browsers.served(world) as found:
        yield found


def waiting(world: World, sender: str, subject: str, body: str = "", **how: object) -> str:
    return str(world.request(world.mail(sender, subject, body, **how))["id"])  # type: ignore[arg-type]


def act(page: Any, path: str, verb: str, **typed: str) -> None:
    """Fill in the form of a verb on a page, and send it."""
    page.goto(path)
    form = page.locator(f'form[action="{path}/{verb}"]')
    for name, value in typed.items():
        field = form.locator(f"[name={name}]")
        field.select_option(value) if field.evaluate("e => e.tagName") == "SELECT" else field.fill(value)
    form.locator("button").last.click()


def held_by(page: Any, text: str) -> None:
    """Wait until the page that a click leads to holds a text: a click returns before that page is there."""
    page.locator("main", has_text=text).wait_for()


# ---- each verb -------------------------------------------------------------------------------------------------


@SCRIPT
def test_each_verb_of_a_request(chromium: Any, address: str, world: World, script: bool) -> None:
    held = waiting(world, STRANGER, UPDATE["ru"], "Дата рождения: 05.06.91\n" + NEW_PHONE["ru"], proof="none")
    complaint, place = waiting(world, ALIYA, COMPLAINT), waiting(world, BORIS, UNSUBSCRIBE["ru"])
    spam = waiting(world, ALICE, COMPLAINT)
    page = entered(chromium, address, java_script_enabled=script, viewport={"width": 360, "height": 740})
    page.goto("/queue")
    page.click(f"text=№ {held}")
    page.click(f'a[href="/requests/{held}/edit"]')
    page.fill("#birth_date", "05.06.91")
    page.click("main button")
    assert "исправьте" in page.locator("[role=alert]").inner_text() and page.input_value("#birth_date") == "05.06.91"
    page.fill("#birth_date", "05.06.1991")
    page.click("main button")
    assert "Данные исправлены" in page.locator("[role=status]").inner_text() and "1991-06-05" in page.content()
    page.fill("#person", BORIS)
    page.fill("#checked", "позвонила")
    page.click(f'button[formaction="/requests/{held}/preview"]')
    assert page.locator("h1").inner_text() == "Ответ, который уйдёт" and BORIS in page.content()
    page.click("main button")
    assert world.show(held)["state"] == "applied" and world.person(BORIS)["birth_date"] == "1991-06-05"
    act(page, f"/requests/{held}", "undo")
    assert world.show(held)["state"] == "undone" and world.person(BORIS)["birth_date"] != "1991-06-05"
    page.goto(f"/requests/{complaint}/answer?ready=complaint")
    page.fill("#text", page.input_value("#text") + "Больше не звоним.")
    page.click("main form button")
    held_by(page, "Больше не звоним.")
    assert world.show(complaint)["state"] == "left"
    page.click('form[action$="/rewrite"] button')
    assert "Больше не звоним." in page.input_value("#text")
    page.click("main form button")
    page.click('form[action$="/send"] button')
    assert "Ваш ответ уйдёт" in page.locator("[role=status]").inner_text()
    assert world.show(complaint)["outcome"] == "settled_by_hand"
    act(page, f"/requests/{place}", "tick")
    assert all(each["done_at"] for each in world.show(place)["places"])
    act(page, f"/requests/{spam}", "rekind", kind="withdrawal")
    assert world.show(spam)["kind"] == "withdrawal"
    act(page, f"/requests/{spam}", "refuse", reason="not_confirmed", note="Позвоните нам")
    assert world.show(spam)["reason"] == "not_confirmed"
    closed = waiting(world, ALICE, COMPLAINT)
    act(page, f"/requests/{closed}", "close")
    assert world.show(closed)["state"] == "ignored"


@SCRIPT
def test_each_verb_of_people(chromium: Any, address: str, world: World, script: bool) -> None:
    page = entered(chromium, address, java_script_enabled=script)

    def find(who: str) -> None:
        page.goto("/people")
        page.fill("#address", who)
        page.click('form[action="/people"] button')

    page.goto("/people")
    page.click('a[href="/people/add"]')
    for name, value in (("surname", "Жаңа"), ("email", "jana@"), ("phone", "8 701 555 44 33")):
        page.fill(f"#{name}", value)
    page.click("main form button")
    assert page.locator("#email").get_attribute("aria-invalid") == "true" and page.input_value("#surname") == "Жаңа"
    page.fill("#email", "jana@example.com")
    page.click("main form button")
    assert "Человек добавлен" in page.locator("[role=status]").inner_text()
    find("+7 701 555 44 33")
    held_by(page, "jana@example.com")
    page.click('form[action="/people/block"] button')
    assert world.person("jana@example.com")["state"] == "blocked"
    page.click('form[action="/people/unblock"] button')
    page.fill('form[action="/people/oblige"] input[name=until]', "2099-12-31")
    page.click('form[action="/people/oblige"] button')
    assert world.person("jana@example.com")["obligations"] == 1
    page.click('form[action="/people/settle"] button')
    assert world.person("jana@example.com")["obligations"] == 0
    page.click('form[action="/people/doom"] button')
    page.fill("main [name=again]", ALIYA)
    page.click('form[action="/people/destroy"] button')
    assert world.person("jana@example.com")["state"] == "active", "another address destroys nobody"
    find("jana@example.com")
    page.click('form[action="/people/doom"] button')
    page.fill("main [name=again]", "jana@example.com")
    page.click('form[action="/people/destroy"] button')
    assert "Уничтожено" in page.locator("[role=status]").inner_text()
    assert [each["id"] for each in world.persons("jana@example.com")] in ([], [None])


@SCRIPT
def test_login_language_register_and_conflict(chromium: Any, address: str, world: World, script: bool) -> None:
    number = waiting(world, ALIYA, COMPLAINT)
    context = chromium.new_context(base_url=address, java_script_enabled=script)
    page = context.new_page()
    page.goto("/login")
    page.fill("#name", "aigerim")
    page.fill("#password", "wrong")
    page.click("main button")
    assert page.url.endswith("/login") and page.locator(".bad").count() == 1
    page = entered(chromium, address, java_script_enabled=script)
    page.click("text=Қазақша")
    assert page.locator("html").get_attribute("lang") == "kk" and page.locator("h1").inner_text() == "Шолу"
    page.click("text=Русский")
    second = entered(chromium, address, "dana", java_script_enabled=script)
    second.goto(f"/requests/{number}/answer")
    act(page, f"/requests/{number}", "close")
    second.fill("#text", "Мы разбираемся")
    second.click("main form button")
    assert "изменился" in second.locator("h1").inner_text() and "Мы разбираемся" in second.content()
    page.goto("/register?kind=complaint")
    assert number in page.content()
    with page.expect_download() as saved:
        page.click("button.second")
    rows = list(csv.DictReader(Path(saved.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    assert [row["number"] for row in rows] == [number]
    reader = entered(chromium, address, "serik", java_script_enabled=script)
    reader.goto(f"/requests/{number}")
    assert reader.locator("main form").count() == 0
    reader.click("text=Выйти")
    assert reader.url.endswith("/login")


# ---- everybody can use it --------------------------------------------------------------------------------------


def test_axe_finds_nothing_serious_on_any_page(chromium: Any, address: str, world: World) -> None:
    held = waiting(world, STRANGER, UPDATE["ru"], "Дата рождения: 05.06.91\n" + NEW_PHONE["ru"], proof="none")
    asked, left = waiting(world, BORIS, WITHDRAWAL["ru"]), waiting(world, ALIYA, COMPLAINT)
    done = waiting(world, ALIYA, UPDATE["ru"], NEW_PHONE["ru"])
    paths = (
        "/", "/queue", f"/requests/{held}", f"/requests/{asked}", f"/requests/{done}", f"/requests/{held}/edit",
        f"/requests/{left}/answer", "/people", "/people/add", "/register", "/templates", "/templates/challenge/kk",
        "/health", "/requests/AAAAAA",
    )  # fmt: skip
    for width, scheme in ((360, "light"), (1280, "dark")):
        how = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme, "bypass_csp": True}
        outside = chromium.new_context(base_url=address, **how).new_page()
        outside.goto("/login")
        assert violations(outside) == []
        page = entered(chromium, address, **how)
        for path in paths:
            page.goto(path)
            assert violations(page) == [], (path, width, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        for steps in (
            [("/people", "#address", ALIYA, 'form[action="/people"] button')],
            [
                ("/people", "#address", BORIS, 'form[action="/people"] button'),
                ("", "", "", 'form[action$="/doom"] button'),
            ],
            [(f"/requests/{held}", "#person", BORIS, f'button[formaction="/requests/{held}/preview"]')],
            [(f"/requests/{left}/answer", "#text", "Добрый день", "main form button")],
            [("/people/add", "#email", "oops@", "main form button")],
        ):  # fmt: skip
            for path, field, value, button in steps:
                if path:
                    page.goto(path)
                    page.fill(field, value)
                page.click(button)
            assert violations(page) == [], (steps, width, scheme)


def test_by_keyboard_alone_a_request_is_decided(chromium: Any, address: str, world: World) -> None:
    number = waiting(world, ALIYA, COMPLAINT)
    page = chromium.new_context(base_url=address).new_page()
    page.goto("/login")

    def tab_to(script: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(f"(e => {script})(document.activeElement)"):
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
                return
        pytest.fail(f"no Tab leads to {script}")

    tab_to("e.id == 'name'")
    page.keyboard.type("aigerim")
    tab_to("e.id == 'password'")
    page.keyboard.type(browsers.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    tab_to(f"e.getAttribute('href') == '/requests/{number}'")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/requests/{number}")
    tab_to("e.id == 'reason'")
    for _ in range(3):  # nothing, obligation, kept_by_law, not_confirmed
        page.keyboard.press("ArrowDown")
    tab_to("e.id == 'note'")
    page.keyboard.type("Позвоните нам")
    tab_to("e.closest('form')?.action.endsWith('/refuse') && e.tagName == 'BUTTON'")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=refuse")
    assert world.show(number)["reason"] == "not_confirmed"


# ---- hostile mail ----------------------------------------------------------------------------------------------

NASTY = (
    '<script>document.title="owned"</script><img src="https://evil.example/p.gif" onerror="document.title=1">'
    '<svg onload="document.title=2"><style>*{display:none}</style></svg><base href="https://evil.example/">'
    '<meta http-equiv="refresh" content="0;url=https://evil.example/"><form action="https://evil.example/"><button>'
    '<a href="javascript:document.title=3">x</a><iframe src="https://evil.example/"></iframe>\u202eтекст\u202c'
)


def hostile(world: World, count: int) -> bytes:
    """Return a mail of some 2 MB whose HTML says another thing than its text; both hold what would harm a browser."""
    nested = "<div style='background:url(https://evil.example/x)'>" * count + NASTY + "</div>" * count
    plain = world.octets(STRANGER, UPDATE["ru"], "", proof="none")
    head = plain.partition(b"MIME-Version")[0]
    parts = [
        b"MIME-Version: 1.0", b"Content-Type: multipart/alternative; boundary=b", b"",
        b"--b", b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: 8bit", b"",
        f"{NEW_PHONE['ru']}\r\n{NASTY}".encode(), b"--b", b"Content-Type: text/html; charset=utf-8",
        b"Content-Transfer-Encoding: 8bit", b"", nested.encode(), b"--b--", b"",
    ]  # fmt: skip
    return head + b"\r\n".join(parts)


@pytest.mark.parametrize("alternative", [True, False], ids=["text and HTML", "HTML alone"])
def test_a_hostile_mail_is_text_and_fires_nothing(chromium: Any, address: str, world: World, alternative: bool) -> None:
    octets = hostile(world, 35_000)
    assert 1_800_000 < len(octets) < 3_000_000
    if not alternative:
        octets = re.sub(rb"--b\r\nContent-Type: text/plain.*?--b\r\n", b"--b\r\n", octets, count=1, flags=re.DOTALL)
    number = str(world.request(world.take(octets))["id"])
    page = entered(chromium, address, viewport={"width": 360, "height": 740})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"/requests/{number}")
    page.wait_for_timeout(300)
    assert "mailbot" in page.title() and page.url.endswith(number)
    assert all(url.startswith(address) for url in asked) and said == []
    assert page.evaluate("document.querySelectorAll('script, iframe, svg, img, base, object, style').length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    if alternative:
        assert '<script>document.title="owned"</script>' in page.locator(".words").first.inner_text()
