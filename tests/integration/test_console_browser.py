"""The console in Chromium, as an operator works it: with JavaScript and without it, on a narrow and a wide screen.

Debian's own Chromium is driven; where it is missing the tests skip by name, and fail where CI=true.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.world import ALIYA, BORIS, NEW_PHONE, STRANGER, UPDATE, WITHDRAWAL, World
from tests.support import browsers
from tests.support.browsers import entered


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for the module."""
    with browsers.chromium() as found:
        yield found


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("model"))


@pytest.fixture
def world(model: World, tmp_path: Path) -> World:
    return World.copied(model, tmp_path / "live")


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """Where the console is served."""
    with browsers.served(world) as found:
        yield found


@pytest.mark.parametrize("script", [True, False], ids=["javascript", "without"])
def test_a_day_at_the_desk(chromium: Any, address: str, world: World, script: bool) -> None:
    withdrawal = str(world.request(world.mail(BORIS, WITHDRAWAL["ru"]))["id"])
    refused = str(world.request(world.mail(STRANGER, UPDATE["ru"], NEW_PHONE["ru"]))["id"])
    undone = str(world.request(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"]))["id"])
    page = entered(chromium, address, java_script_enabled=script, viewport={"width": 360, "height": 740})
    page.goto("/queue")
    page.click(f"text=№ {withdrawal}")
    page.click(f'form[action="/requests/{withdrawal}/release"] button:not(.second)')
    assert "Выполнено." in page.locator("[role=status]").inner_text()
    second = entered(chromium, address, "dana", java_script_enabled=script)
    second.goto(f"/requests/{refused}")
    page.goto(f"/requests/{refused}")
    page.select_option("#reason", "unclear")
    page.click(f'form[action="/requests/{refused}/refuse"] button')
    second.select_option("#reason", "not_held")
    second.fill("#note", "Мы Вас не нашли")
    second.click(f'form[action="/requests/{refused}/refuse"] button')
    assert "изменился" in second.locator("h1").inner_text() and "Мы Вас не нашли" in second.content()
    page.goto(f"/requests/{undone}")
    page.click(f'form[action="/requests/{undone}/undo"] button')
    assert "Отменено." in page.locator("[role=status]").inner_text()
    page.goto("/register")
    with page.expect_download() as saved:
        page.click("button.second")
    export = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    assert {withdrawal, refused, undone} <= set(export.replace(",", " ").split())
    states = {each["id"]: each["state"] for each in world.requests("--all")}
    assert (states[withdrawal], states[refused], states[undone]) == ("applied", "refused", "undone")


def test_nothing_runs_over_and_nothing_is_fetched_elsewhere(chromium: Any, address: str, world: World) -> None:
    long = "https://example.org/" + "a" * 300 + ' <img src="https://example.org/x.gif" onerror="document.title=1">'
    number = str(world.request(world.mail(STRANGER, UPDATE["ru"], f"{NEW_PHONE['ru']}\n{long}"))["id"])
    page = entered(chromium, address, viewport={"width": 360, "height": 740})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in (
        "/",
        "/queue",
        f"/requests/{number}",
        "/people",
        "/register",
        "/templates",
        "/templates/challenge/kk",
        "/health",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        assert "mailbot" in page.title(), path
    assert asked and all(url.startswith(address) for url in asked)


def test_by_keyboard_alone(chromium: Any, address: str, world: World) -> None:
    number = str(world.request(world.mail(STRANGER, UPDATE["ru"], NEW_PHONE["ru"]))["id"])
    page = entered(chromium, address)
    page.goto(f"/requests/{number}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(40):
        page.keyboard.press("Tab")
        if (
            page.evaluate("document.activeElement.closest('form')?.getAttribute('action')")
            == f"/requests/{number}/close"
        ):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**done=close")
    assert world.show(number)["state"] == "ignored"
