"""Debian's own Chromium at a console that is served for real, and axe-core, which looks a page over for everybody."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from mailbot.console.site import create
from tests.acceptance.world import World
from tests.support.consoles import PASSWORD, opened
from tests.support.servers import free_ports, missing

AXE = Path(__file__).parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def chromium() -> Iterator[Any]:
    """Start one browser; where it is missing the test skips by name, and fails where CI=true."""
    path = shutil.which("chromium")
    if path is None:
        missing("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def served(world: World) -> Iterator[str]:
    """Serve the console of an installation; return where."""
    (port,) = free_ports(1)
    with opened(world) as site:
        server = uvicorn.Server(uvicorn.Config(create(site.app), host="127.0.0.1", port=port, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        end = time.monotonic() + 15
        while not server.started and time.monotonic() < end:
            time.sleep(0.02)
        assert server.started
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join()


def entered(chromium: Any, address: str, name: str = "aigerim", **how: Any) -> Any:
    """Return a page of a browser that logged in."""
    page = chromium.new_context(base_url=address, **how).new_page()
    page.goto("/")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("main button")
    assert page.locator("h1").inner_text() == "Обзор"
    return page


def violations(page: Any) -> list[str]:
    """Return what axe-core finds serious on a page. Its context must pass over the page's own policy (bypass_csp)."""
    if not AXE.exists():
        missing("axe-core is not installed")
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
