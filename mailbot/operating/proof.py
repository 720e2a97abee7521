"""The proof: a zip of one request's evidence, or, built once before an erasure, of all that a person asked.

Names are fixed, the order and the times inside as well: the same evidence gives the same octets. Of a destruction's
proof the SHA-256 goes into the chain before anything is erased; `[evidence] keep` says whether the zip itself is kept,
sealed to the operator's key (mailbot/sealing.py). No octet of it touches a disk unsealed.
"""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from io import BytesIO
from typing import Any

from mailbot import sealing
from mailbot.errors import ConfigError, ConflictError, InputError
from mailbot.operating import audit, paper
from mailbot.operating.enclosures import Enclosure, enclosures
from mailbot.operating.evidence import Case, Gatherer, of_chain
from mailbot.operating.sheet import LANGUAGES, Speaker, evidence_sheet
from mailbot.operating.webpage import webpage
from mailbot.pipeline import Line
from mailbot.ports import Mailbox
from mailbot.store import journal, proofs
from mailbot.store.keys import sha256
from mailbot.store.unit import Unit

EARLIER = "earlier.zip.age"  # a proof that was built before, sealed as it was
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can bear


def of_request(line: Line, mailbox: Mailbox, number: str, languages: tuple[str, ...] = LANGUAGES) -> tuple[Case, bytes]:
    """Return what is said of a request and the zip of it. What happened until now is sealed first, then all is read.

    The mailbox is asked only while the person is on file. Raises InputError, MailboxUnavailable, MailboxRefused.
    """
    with line.store.reading() as connection:
        row = _found(connection, number)
        gone = proofs.is_gone(connection, row)
        rows = proofs.mails(connection, [row.id])
    audit.seal(line)
    verified = audit.verify(line.store).as_json()
    found = enclosures(line, None if gone else mailbox, rows)
    with line.store.snapshot() as connection:
        gatherer = Gatherer(line=line, connection=connection, found=found)
        case = gatherer.case(_found(connection, number), of_chain(connection, line.store.keys, verified))
    return case, _zipped(_files(case, languages, printed=paper.can_print()))


def _found(connection: Any, number: str) -> Any:
    row = journal.find(connection, number)
    if row is None:
        raise InputError(f"there is no request {number.upper()}")
    return row


def sealed(line: Line, number: str) -> bytes:
    """Return the sealed proof of the person whose request that was. Raises InputError where none is kept."""
    with line.store.reading() as connection:
        octets = proofs.octets(connection, proofs.person_of(connection, _found(connection, number)))
    if octets is None:
        raise InputError(f"of request {number.upper()} no sealed proof is kept")
    return octets


# ---- before an erasure -------------------------------------------------------------------------------------------


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
        rows = proofs.mails(connection, numbers)
    recipient = _recipient(line)
    found = enclosures(line, mailbox, rows)
    files = _person_files(line, person_id, numbers, found, printed=bool(recipient) and paper.can_print())
    octets = _zipped(files if earlier is None else {**files, EARLIER: earlier})
    built = proofs.Built(
        person_id=person_id, numbers=tuple(numbers), sha256=sha256(octets),
        sealed=sealing.seal(octets, recipient) if recipient else None,
    )  # fmt: skip
    with line.store.unit() as unit:
        if not proofs.is_whole(unit.connection, unit.keys, person_id):  # another process may have been quicker
            proofs.keep(unit, built)


def _person_files(
    line: Line, person_id: str, numbers: list[str], found: dict[int, Enclosure], *, printed: bool
) -> dict[str, bytes]:
    """Return a folder for each request, and what proves the consents, whatever was asked."""
    with line.store.snapshot() as connection:
        gatherer = Gatherer(line=line, connection=connection, found=found)
        chain = of_chain(connection, line.store.keys)
        person = gatherer.person(person_id, numbers)
        files = {"person.json": _json(person.said), **person.files}
        for number in numbers:
            for name, octets in _files(
                gatherer.case(_found(connection, number), chain), LANGUAGES, printed=printed
            ).items():
                files[name if name in person.files else f"{number}/{name}"] = octets
    return files


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


def sweep(line: Line) -> None:
    """Let go of sealed proofs whose time is over, and of those whose erasure was called off."""
    if line.store.paused or line.store.shadow:
        return
    with line.store.unit() as unit:
        proofs.lapse(unit)


# ---- the zip -----------------------------------------------------------------------------------------------------


def _files(case: Case, languages: tuple[str, ...], *, printed: bool) -> dict[str, bytes]:
    """Return the files of one request: what is said as JSON and as sheets, and what lies beside it."""
    files = {"evidence.json": _json(case.said), **case.files}
    for language in languages:
        sheet = evidence_sheet(case.said, language)
        files[f"cover.{language}.html"] = webpage(sheet)
        if printed:
            files[f"cover.{language}.pdf"] = paper.pdf(sheet, Speaker(language).word("page"))
    return files


def _json(said: dict[str, Any]) -> bytes:
    return f"{json.dumps(said, ensure_ascii=False, indent=1)}\n".encode("utf-8", "replace")


def _zipped(files: dict[str, bytes]) -> bytes:
    """Return the zip; SHA256SUMS, as sha256sum(1) reads it, names every other file."""
    sums = "".join(f"{sha256(files[name])}  {name}\n" for name in sorted(files))
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in sorted({**files, "SHA256SUMS": sums.encode()}.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o600 << 16, 3
            archive.writestr(entry, octets)
    return out.getvalue()
