"""`guard`: a mailing list in, the same list without everyone who must not be mailed out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.world import ALICE, ALIYA, BORIS, FAMILY, QUIET, STRANGER, UNSUBSCRIBE, WITHDRAWAL, World

COMMAND = Path(sys.executable).parent / "mailbot"


def piped(world: World, octets: bytes, *options: str) -> tuple[bytes, str, int]:
    """Run the installed command, its list on standard output."""
    path = world.root / "list.csv"
    path.write_bytes(octets)
    ran = subprocess.run(
        [COMMAND, "--config", world.folder, "guard", path, *options], capture_output=True, check=False, timeout=60
    )
    return ran.stdout, ran.stderr.decode(), ran.returncode


def guard(world: World, octets: bytes, *options: str) -> tuple[bytes, str, int]:
    """Run the same in this process, its list in a file."""
    path, clean = world.root / "list.csv", world.root / "clean.csv"
    path.write_bytes(octets)
    clean.unlink(missing_ok=True)
    ran = world.run("guard", path, *options, *(() if "--output" in options else ("--output", clean)))
    return clean.read_bytes() if clean.exists() else b"", ran.err, ran.code


def test_who_must_not_be_mailed_is_left_out_and_the_rest_is_byte_for_byte(world: World) -> None:
    world.mail(ALIYA, UNSUBSCRIBE["kk"])
    world.mail(BORIS, WITHDRAWAL["ru"])
    world.bring("surname,given_name,email,news\nБез,Даты,undated@example.com,yes\n,Gone,gone@example.com,yes\n")
    world.ok("people", "destroy", "gone@example.com", "--yes")
    rows = [
        b'\xef\xbb\xbf"N";E-mail;  x\r\n',
        f'1;{ALICE.upper()};"a;\r\nb"\r\n'.encode(),
        f"2;{ALIYA};\r\n".encode(),
        f"3;Boris <{BORIS}>;\r\n".encode(),
        f"4;{QUIET};\r\n".encode(),
        f'5;"{FAMILY}";  spaces stay \r\n'.encode(),
        b"6;undated@example.com;\r\n",
        b"7;gone@example.com;\r\n",
        f"8;{STRANGER};\r\n".encode(),
        b"9;;\r\n",
        f"10;{ALICE}, {ALIYA};".encode(),
    ]
    out, said, code = piped(world, b"".join(rows))
    assert guard(world, b"".join(rows)) == (out, said, code)
    assert code == 0 and out == b"".join(rows[i] for i in (0, 1, 5, 8))
    for words in (
        "kept 3", "left out 2 unsubscribed", "left out 1 blocked", "left out 1 without a consent", "left out 1 with a",
        "left out 1 withdrew", "left out 1 without an address", "of those kept, 1 are not on file",
    ):  # fmt: skip
        assert words in said, (words, said)
    assert "@" not in said


def test_each_button_of_the_list_works(world: World) -> None:
    out, _, code = guard(world, f"mail,n\n{ALICE},1\n{STRANGER},2\n".encode(), "--unsubscribe-column", "unsubscribe")
    head, first, second = out.decode().splitlines()
    assert code == 0 and head == "mail,n,unsubscribe" and first.startswith(f"{ALICE},1,<mailto:info@example.kz")
    for row, sender in ((first, ALICE), (second, STRANGER)):
        found = re.search(r"subject=(unsubscribe-[a-z2-7]{26})>", row)
        assert found
        assert world.mail(sender, found[1]).decision == "applied"
    assert not world.person(ALICE)["news"] and world.person(STRANGER)["suppressed"] == ["news"]
    assert guard(world, out)[0].decode().splitlines() == [head]


@pytest.mark.parametrize(
    "octets",
    [
        "\ufeff{left}\n{other}\n", 'size,mail\n5" pipe,{other}\n6" pipe,{left}\n', "mail\n'{left}'\n",
        "mail\n\u200b{left}\n", "mail\n{other}/{left}\n{stays}\n", "mail,n\n{other}|{left},1\n",
        '1,"{other}; {stays}; {left}"\n2,{stays}\n', 'n;mail\n1; "{other}; {left}"\n', "mail\n{left}!\n",
        "mail\nx@{left}\n", "mail\n{left}.\n", "mail\n\0{left}\n", "mail,n\n{other},1,{left}\n{stays},1\n",
        "mail\n{left},{other}\n", "mail\nNina <{left}>\n",
    ],
)  # fmt: skip
def test_who_left_never_slips_through(world: World, octets: str) -> None:
    world.mail(ALIYA, UNSUBSCRIBE["kk"])
    text = octets.format(left=ALIYA, other=STRANGER, stays=ALICE)
    out, said, code = guard(world, text.encode())
    assert b"aliya" not in out and code in (0, 66)
    assert "Traceback" not in said and "@" not in said


def test_a_name_that_the_list_cannot_hold_is_refused(world: World) -> None:
    octets = f"почта;имя\n{ALICE};Алия\n".encode("windows-1251")
    _, said, code = guard(world, octets, "--unsubscribe-column", "бас тарту қ")
    assert code == 66 and "letters" in said
    assert guard(world, f"mail,mail\n{STRANGER},{ALICE}\n".encode(), "--column", "mail")[2] == 66


def test_no_other_file_is_touched(world: World) -> None:
    target, victim = world.root / "clean.csv", world.root / "victim"
    victim.write_bytes(b"keep")
    target.symlink_to(victim)
    assert guard(world, f"mail\n{ALICE}\n".encode(), "--output", str(target))[2] == 0
    assert victim.read_bytes() == b"keep" and target.read_text() == f"mail\n{ALICE}\n"


def test_a_file_is_whole_or_not_there(world: World) -> None:
    target = world.root / "clean.csv"
    out, said, code = guard(world, f'mail\n{ALICE}\n"open\n'.encode(), "--output", str(target))
    assert (out, code) == (b"", 66) and "quote" in said and not target.exists()
    assert guard(world, f"mail\n{ALICE}\n".encode(), "--output", str(target))[2] == 0
    assert target.read_text() == f"mail\n{ALICE}\n" and target.stat().st_mode & 0o777 == 0o600
    assert list(world.root.glob(".guard-*")) == []


def test_a_column_that_is_not_certain_is_asked_for(world: World) -> None:
    octets = f"a,n,b\n{ALICE},1,{BORIS}\n".encode()
    assert guard(world, octets)[2] == 66
    assert guard(world, octets, "--column", "b")[0] == octets
    assert guard(world, octets, "--column", "b", "--unsubscribe-column", "a")[2] == 66


def test_a_long_list(world: World) -> None:
    rows = [b"email\n", *(f"person{n}@example.com\n".encode() for n in range(20_000)), f"{ALICE}\n".encode()]
    world.mail(ALICE, UNSUBSCRIBE["en"])
    out, said, code = guard(world, b"".join(rows))
    assert code == 0 and out == b"".join(rows[:-1]) and "kept 20000" in said
