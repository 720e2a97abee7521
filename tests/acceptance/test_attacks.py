"""The attacks on a mailbox that acts by itself, 1 to 7: who wrote a mail, and when.

The attacks are numbered as in the published table. A defence that was taken out makes its test fail.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import cycle
from typing import Any

import pytest

from mailbot.reading.header import ONCE_ONLY
from tests.acceptance.world import (
    ALICE,
    ALIYA,
    BORIS,
    BOX,
    CSV,
    HOST,
    NEW_PHONE,
    NO_OBLIGATIONS,
    OWNER,
    PHONE,
    STRANGER,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    World,
    printable,
)
from tests.support.signing import mail, resolver, sign, zone

every_language = pytest.mark.parametrize("language", ["kk", "ru", "en"])


# ---- 1: who wrote it can be read in two ways ----

FROMS = [
    f"From: {ALIYA}\r\nFrom: {STRANGER}",
    f"From: {STRANGER}\r\nFrom: {ALIYA}",
    f"From: {ALIYA}\r\nfrom : {ALIYA}",
    f"From: {ALIYA}, {STRANGER}",
    f"From: {STRANGER}, {ALIYA}\r\nSender: {ALIYA}",
    f"From: {ALIYA};{STRANGER}",
    f"From: {ALIYA} {STRANGER}",
    f"From: Friends: {ALIYA}, {STRANGER};",
    f"From: Friends: {ALIYA};",
    "From: undisclosed-recipients:;",
    f"From: {ALIYA} <{STRANGER}>",
    f"From: {STRANGER} <{ALIYA}>",
    f"From: alice@example.org)bob@{ALIYA}",
    f'From: "{ALIYA}," {STRANGER}',
    f"From: <{ALIYA}> <{STRANGER}>",
    f"From: <{ALIYA}> {STRANGER}",
    f"From: <<{ALIYA}>>",
    f"From: <{ALIYA}",
    f"From: {ALIYA}>",
    f"From: Aliya ({STRANGER} <{ALIYA}>",
    "From: aliya(@example.org)@example.com",
    "From: <aliya@example.com(x).example.org>",
    f"From: =?utf-8?q?{ALIYA}?=",
    "From: =?utf-8?q?aliya?=@example.com",
    "From: <=?utf-8?q?aliya=40example.com?=>",
    f"From: =?utf-8?q?=3C{STRANGER}=3E?= <{ALIYA}>",
    f"From: =?utf-8?q?A=0D=0ABcc=3A_{STRANGER}?= <{ALIYA}>",
    f"From: =?utf-8?b?QQ0KRnJvbTogYkBleGFtcGxlLm9yZw==?= <{ALIYA}>",
    f"From: =?utf-8?q?A=00?= <{ALIYA}>",
    f'From: "Aliya <{STRANGER}>" <{ALIYA}>',
    "From: aliya@example.com@example.org",
    f"From: <@relay.example.org:{ALIYA}>",
    f"From: {ALIYA}\r\n , {STRANGER}",
    "From:",
    "From: <>",
    "From: Aliya",
    "X-From: nobody",
]


def test_01_two_from_fields_several_mailboxes_or_a_group(world: World) -> None:
    before = world.on_file()
    wishes = cycle([*WITHDRAWAL.values(), *UPDATE.values(), *UNSUBSCRIBE.values()])
    mails = [world.octets(ALIYA, next(wishes), NEW_PHONE["ru"], from_line=line) for line in FROMS]
    proofs = world.proofs(*mails)
    assert [line for line, proof in zip(FROMS, proofs, strict=True) if proof != "none"] == []
    passed = world.deliver(*mails)
    assert passed.counts["held"] == len(FROMS) and not passed.answers
    assert set(world.reasons()) == {"sender_unclear", "header_twice"}
    assert world.on_file() == before
    assert all(world.lies(letter) == "INBOX" for letter in passed.letters)
    assert world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"]).decision == "applied", "the same with one sound From"


@pytest.mark.parametrize("on_top", [True, False])
def test_01_a_once_only_header_twice(world: World, on_top: bool) -> None:
    """A second Subject on top keeps a signature valid that covers the lower one."""
    before = world.on_file()
    wishes = cycle([WITHDRAWAL["kk"], UPDATE["ru"], UNSUBSCRIBE["en"]])
    mails = []
    for name in sorted(ONCE_ONLY):
        octets = world.octets(ALIYA, next(wishes), NEW_PHONE["ru"], headers=["Reply-To: " + ALIYA, "Cc: " + BORIS])
        line = next((row for row in octets.split(b"\r\n") if row.lower().startswith(name.encode() + b":")), b"")
        line = line or f"{name}: <mail-1@example.com>".encode()
        again = line.title() if on_top else line
        times = 1 if name.encode() + b":" in octets.lower() else 2
        border, rest = octets.split(b"From: ", 1)
        changed = border + (again + b"\r\n") * times + b"From: " + rest
        mails.append(
            changed if on_top else octets.replace(b"MIME-Version", (again + b"\r\n") * times + b"MIME-Version")
        )
    assert set(world.proofs(*mails)) == {"none"}
    passed = world.deliver(*mails)
    assert passed.counts["held"] == len(mails) == len(ONCE_ONLY) and not passed.answers
    assert set(world.reasons()) == {"header_twice"}
    assert world.on_file() == before


def test_01_null_octets_and_bare_line_breaks_prove_nothing(world: World) -> None:
    """What two programs read differently is never proven; at most the address on file is asked."""
    before = world.on_file()
    line = f"From: {ALIYA}\r\n".encode()
    damaged = [
        line.replace(b"\r\n", b"\0\r\n"),
        line.replace(b"aliya", b"ali\0ya"),
        f"From: {STRANGER}\0{ALIYA}\r\n".encode(),
        line.replace(b"\r\n", b"\rX-More: y\r\n"),
        f"From: {STRANGER}\rFrom: {ALIYA}\r\n".encode(),
        line + b"this is no header field\r\n",
        line + b"X-Long: " + b"x" * 300_000 + b"\r\n",
        line + b"X-Null: a\0b\r\n",
    ]
    mails = [world.octets(ALIYA, UPDATE["ru"], NEW_PHONE["ru"]).replace(line, new) for new in damaged]
    mails += [b"\r\n" + mails[0].replace(b"\0", b""), mails[0].replace(b"\0", b"").replace(b"Subject:", b"Subject:\0")]
    assert set(world.proofs(*mails)) == {"none"}
    passed = world.deliver(*mails)
    assert not passed.counts["applied"]
    assert {answer.to for answer in passed.answers} <= {ALIYA} and len(passed.answers) <= 1
    assert world.on_file() == before


# ---- 2: names and look-alikes ----

LOOK_ALIKES = [
    (f'"{ALIYA}" <{STRANGER}>', "example.org"),
    (f'"Әлия Сәрсенова {BOX}" <{STRANGER}>', "example.org"),
    (f"=?utf-8?q?Aliya_{ALIYA.replace('@', '=40')}?= <{STRANGER}>", "example.org"),
    ("\N{CYRILLIC SMALL LETTER A}liya@example.com", "example.com"),
    ("\N{FULLWIDTH LATIN SMALL LETTER A}liya@example.com", "example.com"),
    ("ali\N{LATIN SMALL LETTER DOTLESS I}ya@example.com", "example.com"),
    ("aliya@ex\N{CYRILLIC SMALL LETTER A}mple.com", "xn--exmple-4nf.com"),
    ("aliya@exampl\N{FULLWIDTH LATIN SMALL LETTER E}.com", "example.com"),
    ("aliya@example.com.example.org", "example.com.example.org"),
    ("aliya+x@example.com", "example.com"),
    ("ali.ya@example.com", "example.com"),
]


def test_02_names_and_look_alikes_are_nobody_on_file(world: World) -> None:
    """People are looked up by the addr-spec alone, letter by letter."""
    before = world.on_file()
    mails = [
        f"Authentication-Results: {HOST}; dmarc=pass header.from={domain}\r\n".encode()
        + world.octets(STRANGER, wish[language], NEW_PHONE[language], proof="", from_line=f"From: {who}")
        for (who, domain), language in zip(LOOK_ALIKES, cycle(["kk", "ru", "en"]), strict=False)
        for wish in (UPDATE, WITHDRAWAL)
    ]
    passed = world.deliver(*mails)
    assert passed.counts["held"] == len(mails), passed.counts
    assert set(world.reasons()) <= {"person_unknown", "person_unknown_unproven"}
    after = world.on_file()
    assert {**after, "suppression": []} == {**before, "suppression": []}
    assert ALIYA not in [answer.to for answer in passed.answers] and BOX not in [answer.to for answer in passed.answers]


def test_02_another_case_of_the_address_is_the_same_person(world: World) -> None:
    """And he is answered at the spelling on file, not at the one that wrote."""
    taken = world.mail("ALIYA@EXAMPLE.COM", UPDATE["ru"], NEW_PHONE["ru"])
    assert taken.decision == "applied" and taken.answer.to == ALIYA


@pytest.mark.parametrize("letter", ["\u202e", "\u2066\u200b", "\u2028\u0085", "\x1b[H", "\x9b\x07"])
def test_02_no_control_or_bidi_character_reaches_the_terminal(world: World, letter: str) -> None:
    place = f"Аст{letter}ана"
    headers = [f"X-Note: {letter}", f"References: <a{letter}b@example.org>"]
    mails = [
        world.octets(ALIYA, UPDATE["ru"], f"Место рождения: {place}", headers=headers),
        world.octets(
            BORIS, UPDATE["ru"], f"Место рождения: {place}", proof="weak", message_id=f"<m{letter}x@example.com>"
        ),
        world.octets(
            STRANGER, UPDATE["ru"], f"Мой адрес {letter} был {ALICE}", from_line=f'From: "{letter}" <{STRANGER}>'
        ),
        world.octets(STRANGER, WITHDRAWAL["ru"], from_line=f"From: str{letter}anger@example.org", proof="none"),
    ]
    passed = world.deliver(*mails)
    world.bring(
        CSV.splitlines()[0] + f"\nЖа{letter}на,Ка,,zhana@example.com,,,Та{letter}раз,no,2025-01-01,{letter}src\n"
    )
    for sent in (*passed.answers, *passed.told):
        assert printable(sent.text) and printable(sent.subject)
    shown = [world.ok("requests", "list", "--all"), world.ok("requests", "list", "--all", "--json")]
    for request in shown[1].objects:
        shown += [world.ok("requests", "show", request["id"]), world.ok("requests", "show", request["id"], "--json")]
    for address in (ALIYA, "zhana@example.com"):
        shown += [world.ok("people", "show", address), world.ok("people", "show", address, "--json")]
    (world.root / "folder").mkdir()
    for number, octets in enumerate(mails):
        (world.root / "folder" / f"{number}.eml").write_bytes(octets)
    shown += [world.ok("explain", world.root / "folder", "--text", *how) for how in ((), ("--json",))]
    assert [ran.out for ran in shown if not printable(ran.out)] == []


# ---- 3: an answer that is led elsewhere ----

ELSEWHERE = "thief@example.org"


@every_language
@pytest.mark.parametrize("wishes", [UPDATE, WITHDRAWAL])
def test_03_a_reply_to_elsewhere_is_asked_back_at_the_address_on_file(
    world: World, wishes: dict[str, str], language: str
) -> None:
    before = world.person(ALIYA)
    taken = world.mail(ALIYA, wishes[language], NEW_PHONE[language], headers=[f"Reply-To: {ELSEWHERE}"])
    assert taken.decision == "challenged" and world.request(taken)["reason"] == "sender_weak"
    assert taken.answer.to == ALIYA and "Cc" not in taken.answer.mail
    after = world.person(ALIYA)
    assert {**after, "news": True, "suppressed": []} == before, "nothing but the news of a withdrawal"
    assert after["news"] is (wishes is UPDATE)


REPLY_TOS = [
    ELSEWHERE,
    f"{ALIYA}, {ELSEWHERE}",
    f'"{ALIYA}" <{ELSEWHERE}>',
    f"=?utf-8?q?{ALIYA.replace('@', '=40')}?= <{ELSEWHERE}>",
    f"Friends: {ELSEWHERE};",
    "nobody",
    f"{ALIYA}.example.org",
    f"<{ELSEWHERE}> {ALIYA}",
    "\N{CYRILLIC SMALL LETTER A}liya@example.com",
]


@pytest.mark.parametrize("reply_to", REPLY_TOS)
def test_03_however_the_other_address_is_written(world: World, reply_to: str) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], headers=[f"Reply-To: {reply_to}"])
    assert taken.decision == "challenged" and taken.answer.to == ALIYA
    assert world.person(ALIYA)["phones"] == ["+77010000001"]


def test_03_no_answer_goes_to_any_other_header(world: World) -> None:
    """Answers go to the address on file, or to a proven writer about his own address, and nowhere else."""
    others = ("Cc", "Bcc", "Sender", "Errors-To", "Return-Receipt-To", "Disposition-Notification-To", "Mail-Reply-To",
              "Mail-Followup-To", "X-Original-From", "Resent-From", "Resent-To")  # fmt: skip
    headers = [f"{name}: {ELSEWHERE}" for name in others]
    mails = [
        world.octets(ALIYA, UPDATE["kk"], NEW_PHONE["kk"], headers=headers),
        world.octets(BORIS, WITHDRAWAL["ru"], headers=headers, proof="weak"),
        world.octets(ALICE, UNSUBSCRIBE["en"], headers=[*headers, f"Reply-To: {ELSEWHERE}"]),
        world.octets(ALICE, "Какие мои персональные данные вы храните?", headers=[*headers, f"Reply-To: {ELSEWHERE}"]),
        world.octets(STRANGER, UNSUBSCRIBE["ru"], headers=headers),
        world.octets(STRANGER, WITHDRAWAL["en"], headers=[*headers, f"Reply-To: {ELSEWHERE}"]),
    ]
    passed = world.deliver(*mails)
    assert sorted({answer.to for answer in passed.answers}) == sorted({ALIYA, BORIS, ALICE, STRANGER})
    for answer in passed.answers:
        assert ELSEWHERE.encode() not in world.raw(answer)
    assert world.person(ALICE)["news"] is False, "an unsubscribe is done whoever asks; its receipt goes to the file"


# ---- 4: From is typed, not proven ----


@every_language
@pytest.mark.parametrize("proof", ["none", "fail", "weak"])
def test_04_a_spoofed_withdrawal_stops_the_news_and_asks_once(world: World, language: str, proof: str) -> None:
    world.policy(NO_OBLIGATIONS)
    before = world.person(ALIYA)
    first = world.mail(ALIYA, WITHDRAWAL[language], proof=proof)
    assert first.decision == "challenged" and [a.to for a in first.answers] == [ALIYA]
    more = world.deliver(*(world.octets(ALIYA, WITHDRAWAL[language], f"{n}", proof=proof) for n in range(5)))
    assert not more.answers, "one question is enough"
    assert {**world.person(ALIYA), "news": True, "suppressed": []} == before
    world.later(days=20)
    world.poll()
    assert {**world.person(ALIYA), "news": True, "suppressed": []} == before, "silence is no consent"
    assert {sent.to for sent in world.sent()} <= {ALIYA, OWNER}


@every_language
def test_04_a_spoofed_update_changes_nothing(world: World, language: str) -> None:
    before = world.on_file()
    body = {
        "kk": "Жаңа поштам: thief@example.org",
        "ru": "Новая почта: thief@example.org",
        "en": "New e-mail: thief@example.org",
    }
    passed = world.deliver(
        world.octets(ALIYA, UPDATE[language], f"{body[language]}\n{NEW_PHONE[language]}", proof="none"),
        world.octets(ALIYA, UPDATE[language], NEW_PHONE[language], proof="fail"),
    )
    assert [answer.to for answer in passed.answers] == [ALIYA]
    assert world.on_file() == before
    assert PHONE not in passed.answers[0].text and "thief" not in passed.answers[0].text


@every_language
def test_04_a_spoofed_unsubscribe_is_done_and_can_be_taken_back(world: World, language: str) -> None:
    before = world.person(ALIYA)
    taken = world.mail(ALIYA, UNSUBSCRIBE[language], proof="none", headers=[f"Reply-To: {ELSEWHERE}"])
    assert taken.decision == "applied" and taken.answer.to == ALIYA
    assert world.person(ALIYA)["news"] is False
    undo = {"kk": "қайтару", "ru": "отменить", "en": "undo"}[language]
    assert undo.upper() in taken.answer.text
    assert world.answer(ALIYA, undo, proof="none").decision == "applied"
    assert world.person(ALIYA) == before


# ---- 5: forged results ----

PASS = "dmarc=pass header.from=example.com"
FORGED = [
    [f"Authentication-Results: {HOST}; {PASS}"],
    [f"Authentication-Results: {HOST}; {PASS}"] * 30,
    [f"Authentication-Results:\r\n {HOST};\r\n\t{PASS}"],
    [f"Authentication-Results: ({HOST}) {HOST} (x); {PASS}", f"Received: from a by {HOST}; now"],
    [f"Received: from a by {HOST} with LMTP; now", f"Authentication-Results: {HOST}; {PASS}"],
    [f"Received: by {HOST}; now", f"Authentication-Results: {HOST}; {PASS}", f"Received: from b by {HOST}; now"],
    [f"AUTHENTICATION-RESULTS : {HOST} 1; {PASS}"],
    [f"ARC-Authentication-Results: i=1; {HOST}; {PASS}", f"ARC-Seal: i=1; cv=none; d={HOST}; s=a; b=QQ==",
     "ARC-Message-Signature: i=1; a=rsa-sha256; d=example.com; s=a; h=from; bh=QQ==; b=QQ=="],
    [f"X-Authentication-Results: {HOST}; {PASS}", f"Received-SPF: pass ({HOST}) client-ip=192.0.2.1"],
    ["DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=a; h=from:subject; bh=QQ==; b=QQ=="],
]  # fmt: skip
ON_TOP = [  # by a host in front of ours that writes on top, and is nobody's
    f"Authentication-Results: {HOST}.example.org; {PASS}",
    f"Authentication-Results: x{HOST}; {PASS}",
    f"Authentication-Results: mx.example.org ({HOST}); {PASS}",
    f"Authentication-Results: ({HOST};) mx.example.org; {PASS}",
    "Authentication-Results: m\N{CYRILLIC SMALL LETTER HA}.example.kz; " + PASS,
    f"Authentication-Results: {PASS}",
    f"Authentication-Results: {HOST} 2; {PASS}",
    f"Authentication-Results: {HOST}; none (; {PASS})",
    f"Authentication-Results: {HOST}; dkim=none reason=\"; {PASS}\"",
    f"Authentication-Results: {HOST}; dmarc=fail header.from=example.com; {PASS}",
    f"Authentication-Results: {HOST}; dmarc=pass header.from=example.org",
    f"Authentication-Results: {HOST}; dmarc=fail header.from=example.com\r\nAuthentication-Results: {HOST}; {PASS}",
    f"Authentication-Results: {HOST}; none\r\nAuthentication-Results: {HOST}; {PASS}",
]  # fmt: skip


def test_05_forged_results_prove_nothing(world: World) -> None:
    before = world.on_file()
    mails = [world.octets(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], proof="", headers=lines) for lines in FORGED]
    mails += [f"{top}\r\n".encode() + world.octets(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], proof="") for top in ON_TOP]
    levels = world.proofs(*mails)
    assert [n for n, level in enumerate(levels) if level == "authenticated"] == []
    passed = world.deliver(*mails)
    assert not passed.counts["applied"] and [answer.to for answer in passed.answers] == [ALIYA]
    assert world.on_file() == before
    real = f"Authentication-Results: {HOST}; {PASS}\r\n".encode() + mails[0]
    assert world.take(real).decision == "applied", "the host's own field, in its place"


def test_05_of_a_host_that_writes_below_the_field_above_is_forged(world: World) -> None:
    octets = world.octets(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], proof="")
    field = f"Authentication-Results: {HOST}; {PASS}\r\n".encode()
    border, rest = octets.split(b"From: ", 1)
    forged = [
        field + octets,
        border + b"Received: from x by mail.example.com; now\r\n" + field + b"From: " + rest,
        border + b"DKIM-Signature: v=1; d=example.com\r\n" + field + b"From: " + rest,
        octets.replace(b"by mx.example.kz", b"by mx.example.org").replace(b"From: ", field + b"From: ", 1),
    ]
    below = ["--trust", f"{HOST}:below"]
    assert world.proofs(*forged, options=below) == ["none"] * 4
    assert world.proofs(border + field + b"From: " + rest, options=below) == ["authenticated"]


# ---- 6: a signature of somebody else ----


def test_06_a_valid_signature_of_another_domain_proves_nothing(world: World) -> None:
    results = [
        "dkim=pass header.d=example.org",
        "dkim=pass header.d=example.org header.i=aliya@example.com",
        "dkim=pass header.d=example.org header.d=example.com",
        "dkim=pass header.d=badexample.com",
        "dkim=pass header.d=com",
        "dkim=pass header.d=mail.example.com",
        "dkim=pass header.d=example.org; spf=pass smtp.mailfrom=example.com",
        "dkim=fail header.d=example.com; dkim=pass header.d=example.org",
    ]
    before = world.on_file()
    mails = [
        f"Authentication-Results: {HOST}; {result}\r\n".encode()
        + world.octets(ALIYA, UPDATE["ru"], NEW_PHONE["ru"], proof="")
        for result in results
    ]
    assert "authenticated" not in world.proofs(*mails)
    passed = world.deliver(*mails)
    assert not passed.counts["applied"] and {answer.to for answer in passed.answers} == {ALIYA}
    assert world.on_file() == before


def signed(world: World, *, behind: bool, fields: dict[str, str] | None = None, **how: Any) -> bytes:
    """Return a withdrawal that example.com signed; `behind` a host that tells so, else to be checked here."""
    world.count += 1
    values = {"From": ALIYA, "To": BOX, "Date": format_datetime(world.now()), "Subject": WITHDRAWAL["en"]}
    values |= {"Message_ID": f"<signed-{world.count}@example.com>", **(fields or {})}
    octets = sign(mail(body="Please.\r\n", **values), domain="example.com", **how)
    hop = f"Received: from mail.example.com by {HOST}; {format_datetime(world.now())}\r\n"
    told = f"Authentication-Results: {HOST}; {PASS}; dkim=pass header.d=example.com\r\n" if behind else ""
    return f"{told}{hop}".encode() + octets


def checks_here(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the world look up the keys of example.com and example.org."""
    monkeypatch.setenv("MAILBOT_TRUST__DNS", "true")
    world.dns = resolver({**zone(domain="example.com"), **zone(domain="example.org")})


@pytest.mark.parametrize("behind", [False, True])
def test_06_a_signature_must_cover_the_request(world: World, monkeypatch: pytest.MonkeyPatch, behind: bool) -> None:
    """Checked here or believed of the host: l=, an unsigned Subject, To, Date or Message-ID prove too little."""
    checks_here(world, monkeypatch)
    world.policy(NO_OBLIGATIONS)
    names = ("from", "to", "subject", "date", "message-id", "content-type")
    mails = [signed(world, behind=behind, length=True) + b"and more\r\n"]
    for left_out in ("subject", "to", "date", "message-id"):
        mails.append(signed(world, behind=behind, signed=[name for name in names if name != left_out]))
    mails.append(mails[1].replace(b"Subject: ", b"Subject: Re: ", 1))
    alien = sign(mail(From=ALIYA, Subject=WITHDRAWAL["en"]), domain="example.org", identity=b"@example.org")
    mails.append(alien)
    passed = world.deliver(*mails)
    assert not passed.counts["applied"] and {answer.to for answer in passed.answers} <= {ALIYA}
    assert world.person(ALIYA)["state"] == "active"
    twice = (
        b"Subject: " + WITHDRAWAL["en"].encode() + b"\r\n" + signed(world, behind=behind, fields={"Subject": "Hello"})
    )
    assert world.take(twice).decision == "held", "a second Subject on top keeps the signature valid"
    assert world.person(ALIYA)["state"] == "active"
    assert world.take(signed(world, behind=behind)).decision == "applied", "one that covers all"


# ---- 7: an old mail again ----


def rebuilt(octets: bytes) -> bytes:
    """Return the same mail as another server would have delivered it."""
    return b"X-Delivered: again\r\n" + octets.replace(b"from mail.", b"from another.")


def test_07_an_old_withdrawal_after_a_new_consent_destroys_nobody(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    first = world.mail(ALIYA, WITHDRAWAL["ru"])
    old = world.octets(ALIYA, WITHDRAWAL["ru"], date=world.now())  # sent to us never, to somebody else that day
    world.later(days=10)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None
    today = datetime.now(UTC)  # a list knows no consent of a day that has not come yet, in the tests neither
    world.sql("UPDATE suppression SET since = ?", f"{today:%Y-%m-%d %H:%M:%S.%f}")
    world.bring(CSV.replace("2025-01-10", f"{today + timedelta(hours=12):%Y-%m-%dT%H:%M}+00:00"))
    assert world.person(ALIYA)["processing"] is True
    world.later(days=2)
    assert world.take(rebuilt(first.letter.octets)).decision == "already"
    assert world.take(first.letter.octets).decision == "already"
    taken = world.take(old)
    assert taken.decision == "held" and world.request(taken)["reason"] == "older_than_consent"
    world.later(days=10)
    world.poll()
    person = world.person(ALIYA)
    assert person["state"] == "active" and person["processing"] is True


def test_07_the_same_mail_again_is_already_done(world: World) -> None:
    """After an undo the withdrawal that was undone can't be sent a second time."""
    first = world.mail(ALIYA, WITHDRAWAL["ru"])
    assert world.answer(ALIYA, "отменить").decision == "applied"
    before, sent = world.on_file(), len(world.sent())
    assert world.take(rebuilt(first.letter.octets)).decision == "already"
    assert world.take(rebuilt(rebuilt(first.letter.octets))).decision == "already"
    assert world.take(first.letter.octets).decision == "held", "put back by the operator: a second look"
    other = rebuilt(first.letter.octets).replace(b"Content-Transfer", b"X-Note: x\r\nContent-Transfer") + b"\r\nmore"
    assert world.take(other).decision == "held", "the same Message-ID with another text"
    assert world.on_file() == before
    assert [mail.to for mail in world.sent()[sent:] if mail.to != OWNER] in ([], [ALIYA]), "at most told that it waits"


@pytest.mark.parametrize("behind", [False, True])
def test_07_a_signed_mail_to_somebody_else_or_of_another_day_is_asked_back(
    world: World, monkeypatch: pytest.MonkeyPatch, behind: bool
) -> None:
    checks_here(world, monkeypatch)
    world.policy(NO_OBLIGATIONS)
    old = format_datetime(world.now() - timedelta(days=4))
    others = [{"To": "info@example.org"}, {"To": f"Info {BOX} <info@example.org>"}, {"Date": old}]
    passed = world.deliver(*(signed(world, behind=behind, fields=fields) for fields in others))
    assert passed.counts["challenged"] == 3 and [answer.to for answer in passed.answers] == [ALIYA]
    assert world.person(ALIYA)["state"] == "active"
    assert world.take(signed(world, behind=behind)).decision == "applied"
