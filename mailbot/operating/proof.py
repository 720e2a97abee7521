"""The proof of a person: built once before an erasure (proofzip.py), its SHA-256 in the chain before anything goes.

`[evidence] keep` says whether the zip itself is kept, sealed to the operator's key (mailbot/sealing.py). No octet of it
touches a disk unsealed.
"""

from __future__ import annotations

from datetime import datetime

from mailbot import sealing
from mailbot.errors import ConfigError, ConflictError, InputError
from mailbot.pipeline import Line
from mailbot.ports import Mailbox
from mailbot.store import journal, proofs
from mailbot.store.keys import sha256
from mailbot.store.unit import Unit


def sealed(line: Line, number: str) -> bytes:
    """Return the sealed proof of the person whose request that was. Raises InputError where none is kept."""
    with line.store.reading() as connection:
        octets = proofs.octets(connection, proofs.person_of(connection, journal.find(connection, number)))
    if octets is None:
        raise InputError(f"of request {number.upper()} no sealed proof is kept")
    return octets


def before_erasure(line: Line, mailbox: Mailbox, person_id: str) -> None:
    """Build the proof of a person and write its hash into the chain; one that still says everything is used again.

    One that doesn't gives way to a new one, and lies sealed inside it: mails may have left the mailbox since.
    Must come before the first of the person's mails leaves it. Raises MailboxUnavailable, MailboxRefused; ConfigError
    where it is to be sealed and can't be.
    """
    with line.store.reading() as connection:
        if proofs.is_whole(connection, line.store.keys, person_id):
            return
        earlier = proofs.octets(connection, person_id)
        numbers = proofs.numbers_of(connection, line.store.keys, person_id)
    from mailbot.operating import proofzip  # late: most passes erase nobody

    recipient = _recipient(line)
    octets = proofzip.of_person(line, mailbox, person_id, numbers, earlier)
    built = proofs.Built(
        person_id=person_id, numbers=tuple(numbers), sha256=sha256(octets),
        sealed=sealing.seal(octets, recipient) if recipient else None,
    )  # fmt: skip
    with line.store.unit() as unit:
        proofs.keep(unit, built)


def _recipient(line: Line) -> str:
    """Return the key to which proofs are sealed, "" where they are not kept. Raises ConfigError."""
    if line.rules.policy.evidence.keep == "journal":
        return ""
    if not line.age_key.strip():
        raise ConfigError(
            'policy.toml: evidence.keep = "sealed" needs mailbot.toml: operator.age_key: nobody is destroyed'
        )
    return line.age_key.strip()


def is_built(unit: Unit, person_id: str) -> bool:
    """Tell whether the proof of a person says everything, as this transaction sees it: else nobody is erased."""
    return proofs.is_whole(unit.connection, unit.keys, person_id)


def erased(unit: Unit, line: Line, person_id: str, number: str = "") -> datetime | None:
    """Note that the erasure follows now; return until when a sealed proof is kept, None where none is.

    `number` names a request that was opened for it just now. Raises ConflictError.
    """
    proof = proofs.of(unit.connection, person_id)
    if proof is None:
        raise ConflictError("what proves it was let go of meanwhile: nothing was erased, do it again")
    until = _years_on(unit.now, line.rules.policy.evidence.sealed_years) if proof.is_sealed else None
    proofs.follow(unit, person_id, until)
    if number:
        proofs.note(unit, proof)
    return until


def _years_on(now: datetime, years: int) -> datetime:
    day = 28 if (now.month, now.day) == (2, 29) else now.day
    return now.replace(year=now.year + years, day=day)
