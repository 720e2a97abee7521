"""What is encrypted to the operator's key opens with it alone."""

from __future__ import annotations

import io

import pytest

from mailbot import sealing
from mailbot.errors import ConfigError, InputError


def test_what_was_sealed_opens_with_its_own_key_alone() -> None:
    public, secret = sealing.new_pair()
    sealed = sealing.seal("Әлия".encode(), public)
    assert "Әлия".encode() not in sealed and sealing.unseal(sealed, f" {secret}\n").decode() == "Әлия"
    with pytest.raises(InputError, match="another key"):
        sealing.unseal(sealed, sealing.new_pair()[1])


@pytest.mark.parametrize("harm", [lambda octets: octets[:-1], lambda octets: octets[:-1] + b"\0", lambda _: b""])
def test_altered_octets_do_not_open(harm: object) -> None:
    public, secret = sealing.new_pair()
    with pytest.raises(InputError):
        sealing.unseal(harm(sealing.seal(b"x" * 70_000, public)), secret)  # type: ignore[operator]


def test_files_are_sealed_piece_by_piece(tmp_path: object) -> None:
    public, secret = sealing.new_pair()
    sealed, opened = io.BytesIO(), io.BytesIO()
    sealing.seal_file(io.BytesIO(b"y" * 1_000_000), sealed, public)
    sealing.unseal_file(io.BytesIO(sealed.getvalue()), opened, secret)
    assert opened.getvalue() == b"y" * 1_000_000
    with pytest.raises(InputError):
        sealing.unseal_file(io.BytesIO(sealed.getvalue()[:-100]), io.BytesIO(), secret)


def test_a_wrong_key_is_a_sentence_that_does_not_repeat_it() -> None:
    assert not sealing.is_recipient("age1nothing")
    with pytest.raises(ConfigError, match="not an age key"):
        sealing.seal(b"x", "age1nothing")
    with pytest.raises(InputError) as said:
        sealing.unseal(b"x", "AGE-SECRET-KEY-1WRONG")
    assert "WRONG" not in str(said.value)
