"""Reading, loaded with the first mail that is read: for those who mostly find none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailbot.reading.claim import Claim
    from mailbot.reading.lexicon import Lexicon
    from mailbot.reading.machine import Machine
    from mailbot.reading.message import Message


def parse(octets: bytes, *, complete: bool = True) -> Message:
    """Do what `parse.parse` does."""
    from mailbot.reading.parse import parse

    return parse(octets, complete=complete)


def screen(message: Message, own_addresses: tuple[str, ...] = ()) -> Machine | None:
    """Do what `machine.screen` does."""
    from mailbot.reading.machine import screen

    return screen(message, own_addresses)


def classify(message: Message, lexicon: Lexicon) -> Claim:
    """Do what `classify.classify` does."""
    from mailbot.reading.classify import classify

    return classify(message, lexicon)
