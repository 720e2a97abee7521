"""dmarc: the tree walk of RFC 9989, who is one organisation, and which record rules."""

from __future__ import annotations

import pytest

from mailbot.errors import TemporaryError
from mailbot.reading.dmarc import aligned, tags_of, walk

NONE = "v=DMARC1; p=none"


def zone(**records: str | list[str]) -> dict[str, list[str]]:
    """Records by domain, `_` for a dot."""
    return {
        f"_dmarc.{name.replace('_', '.')}": [text] if isinstance(text, str) else text for name, text in records.items()
    }


def is_aligned(signer: str, domain: str, records: dict[str, list[str]]) -> bool:
    return aligned(signer, domain, lambda name: records.get(name, []))


def asked(domain: str, records: dict[str, list[str]] | None = None) -> list[str]:
    names: list[str] = []

    def resolve(name: str) -> list[str]:
        names.append(name.removeprefix("_dmarc."))
        return (records or {}).get(name, [])

    walk(domain, resolve)
    return names


def test_the_walk_goes_up_to_the_top() -> None:
    assert asked("mail.example.org") == ["mail.example.org", "example.org", "org"]
    assert asked("org") == ["org"]


def test_of_a_long_name_seven_labels_are_walked_after_the_name_itself() -> None:
    names = asked("a.b.c.d.e.f.g.h.i.j.example.org")
    assert names[0] == "a.b.c.d.e.f.g.h.i.j.example.org"
    assert names[1:] == ["f.g.h.i.j.example.org".split(".", n)[-1] if n else "f.g.h.i.j.example.org" for n in range(7)]
    assert len(names) == 8


@pytest.mark.parametrize("psd", ["y", "n", "Y"])
def test_the_walk_ends_where_psd_says_so(psd: str) -> None:
    assert asked("a.b.example.org", zone(b_example_org=f"{NONE}; psd={psd}")) == ["a.b.example.org", "b.example.org"]


@pytest.mark.parametrize(
    "records", [["v=spf1 -all"], ["v=DMARC2; p=none"], ["p=none; v=DMARC1"], ["V=dmarc1"], [NONE, NONE], ["xv=DMARC1"]]
)
def test_what_is_no_record(records: list[str]) -> None:
    assert walk("example.org", lambda _name: records) == []


def test_other_texts_beside_the_record_do_no_harm() -> None:
    found = walk("example.org", lambda name: ["v=spf1", " v = DMARC1 ; psd=n"] if name == "_dmarc.example.org" else [])
    assert found == [("example.org", {"v": "DMARC1", "psd": "n"})]


@pytest.mark.parametrize(
    ("signer", "domain", "records", "expected"),
    [
        ("example.org", "example.org", {}, True),  # the same domain needs no record
        ("example.org", "mail.example.org", {}, False),
        ("example.org", "mail.example.org", zone(example_org=NONE), True),
        ("mail.example.org", "example.org", zone(example_org=NONE), True),
        ("a.example.org", "b.example.org", zone(example_org=NONE), True),
        ("a.example.org", "b.example.org", zone(b_example_org=NONE), False),  # the signer's walk finds nothing
        ("example.com", "example.org", zone(example_org=NONE, example_com=NONE), False),
        # the author domain's own record rules, then the organisation's
        ("example.org", "mail.example.org", zone(example_org=f"{NONE}; adkim=s"), False),
        ("example.org", "mail.example.org", zone(example_org=f"{NONE}; adkim=s", mail_example_org=NONE), True),
        ("example.org", "mail.example.org", zone(example_org=NONE, mail_example_org=f"{NONE}; adkim=S"), False),
        # a public suffix with psd=y parts its children
        ("b.com.kz", "a.com.kz", zone(com_kz=f"{NONE}; psd=y"), False),
        ("a.com.kz", "x.a.com.kz", zone(com_kz=f"{NONE}; psd=y"), True),
        ("com.kz", "a.com.kz", zone(com_kz=f"{NONE}; psd=y"), False),
        # psd=n: an organisation of its own, below another one
        ("example.org", "unit.example.org", zone(example_org=NONE, unit_example_org=f"{NONE}; psd=n"), False),
        ("x.unit.example.org", "unit.example.org", zone(example_org=NONE, unit_example_org=f"{NONE}; psd=n"), True),
        # a record of the top-level domain, without psd=y, makes all below it one organisation: its owner says so
        ("b.example", "a.example", zone(example=NONE), True),
    ],
)
def test_who_speaks_for_whom(signer: str, domain: str, records: dict[str, list[str]], expected: bool) -> None:
    assert is_aligned(signer, domain, records) is expected


def test_no_answer_is_no_answer() -> None:
    def fails(name: str) -> list[str]:
        raise TemporaryError(name)

    with pytest.raises(TemporaryError):
        aligned("example.org", "mail.example.org", fails)
    assert aligned("example.org", "example.org", fails)


def test_tags() -> None:
    assert tags_of("v=DMARC1; P=Reject;; adkim = s ; adkim=r; x") == {
        "v": "DMARC1", "p": "Reject", "adkim": "s", "": "", "x": "",
    }  # fmt: skip
