"""`check` learns from recent mail who writes results into this mailbox, and says what to set."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.world import BOX, HOST, World

GOOGLE_HOP = "Received: from out.{domain} (out.{domain}. [203.0.113.5]) by mx.example.com with ESMTPS id x; now"
INNER = "Received: by 2002:a05:6402:1 with SMTP id x; now"


def trust(world: World, *entries: str) -> None:
    """Set `[trust] authserv`."""
    settings = world.folder / "mailbot.toml"
    text = re.sub(
        r"(?m)^authserv = .*$", f"authserv = {list(entries)!r}".replace("'", '"'), settings.read_text("utf-8")
    )
    settings.write_text(text, encoding="utf-8")


def fill(
    world: World, *heads: list[str], domains: tuple[str, ...] = ("a.example", "b.example", "c.example", "d.example")
) -> None:
    """Put one mail of each domain into INBOX, each under each of those header lines."""
    for head in heads:
        for domain in domains:
            lines = [
                *(line.format(domain=domain) for line in head),
                f"From: x@{domain}",
                f"To: {BOX}",
                "Subject: x",
                "",
                "x",
            ]
            world.put("\r\n".join(lines).encode())


def says(world: World) -> list[tuple[str, str]]:
    """Return the lines on trust."""
    found = [line for line in world.run("check", "--json").objects if line["check"] == "trust"]
    return [(line["level"], line["says"]) for line in found]


def test_results_on_top(empty: World) -> None:
    trust(empty)
    fill(empty, [f"Authentication-Results: {HOST}; spf=pass", "Received: from a by b; now"])
    assert (
        "note",
        f'{HOST} wrote results into 4 of the last 4 mails, on top: set [trust] authserv = ["{HOST}"]',
    ) in says(empty)
    trust(empty, HOST)
    assert says(empty) == [("ok", f"results of {HOST}: in 4 of the last 4 mails")]


def test_results_below(empty: World) -> None:
    trust(empty)
    fill(empty, [INNER, GOOGLE_HOP, "Authentication-Results: mx.example.com; spf=pass", "DKIM-Signature: x"])
    assert any('authserv = ["mx.example.com:below"]' in text for _, text in says(empty))


def test_hosts_with_changing_names(empty: World) -> None:
    trust(empty)
    heads = [
        [f"Authentication-Results: mx{n}.sas.example.net; spf=pass", "Received: from a by b; now"] for n in range(4)
    ]
    for number, head in enumerate(heads):
        fill(empty, head, domains=(f"d{number}.example", f"e{number}.example"))
    assert any('authserv = ["*.sas.example.net"]' in text for _, text in says(empty))


def test_a_wrong_setting(empty: World) -> None:
    trust(empty, "mx.other.example")
    fill(empty, [f"Authentication-Results: {HOST}; spf=pass", "Received: from a by b; now"])
    found = says(empty)
    assert ("note", "none of the last 4 mails bears a result of mx.other.example in its place") in found
    assert any(f'authserv = ["{HOST}"]' in text for _, text in found)


def test_results_that_name_no_host(empty: World) -> None:
    trust(empty)
    fill(empty, ["Received: from a by b; now", "Authentication-Results: spf=pass smtp.mailfrom={domain}; dmarc=pass"])
    assert ("note", "the results in 4 of the last 4 mails name no host: not believed") in says(empty)


HOP = "Received: from a by b; now"
FORGED = "Authentication-Results: mx.evil.example; dmarc=pass"


@pytest.mark.parametrize(
    ("head", "domains"),
    [
        ([HOP, FORGED], ("a.example", "b.example", "c.example")),  # what a stranger sends along lies below the border
        ([FORGED, HOP], ("a.example",) * 5),  # one sender alone, however often
        ([FORGED, HOP], ("a.example", "b.example")),  # too few to learn from
    ],
)
def test_what_is_not_proposed(empty: World, head: list[str], domains: tuple[str, ...]) -> None:
    trust(empty)
    fill(empty, head, domains=domains)
    assert not any("wrote results" in text for _, text in says(empty))


def test_a_few_forged_fields_among_much_mail(empty: World) -> None:
    trust(empty)
    fill(empty, ["Received: from a by b; now"], domains=tuple(f"d{n}.example" for n in range(8)))
    fill(empty, ["Authentication-Results: mx.evil.example; dmarc=pass", "Received: from a by b; now"])
    assert not any("wrote results" in text for _, text in says(empty))


def test_without_results_signatures_are_checked_here(empty: World, monkeypatch: pytest.MonkeyPatch) -> None:
    trust(empty)
    assert says(empty) == [
        (
            "note",
            "nobody tells who wrote, so every update and withdrawal is asked back: set [trust] authserv, or "
            "[trust] dns = true so that signatures are checked here",
        )
    ]
    monkeypatch.setenv("MAILBOT_TRUST__DNS", "true")
    assert says(empty) == [("ok", "mail without such a result: its signature is checked here, by DNS")]
