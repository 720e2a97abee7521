"""The zip of a proof: of one request's evidence, or of all that a person asked.

Names are fixed, the order and the times inside as well: the same evidence gives the same octets.
"""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import Any

from mailbot.operating import audit, paper
from mailbot.operating.enclosures import enclosures
from mailbot.operating.evidence import Case, Gatherer, of_chain
from mailbot.operating.sheet import LANGUAGES, Speaker, evidence_sheet
from mailbot.operating.webpage import webpage
from mailbot.pipeline import Line
from mailbot.ports import Mailbox
from mailbot.store import journal, proofs
from mailbot.store.keys import sha256

EARLIER = "earlier.zip.age"  # a proof that was built before, sealed as it was
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can bear


def of_request(line: Line, mailbox: Mailbox, number: str, languages: tuple[str, ...] = LANGUAGES) -> tuple[Case, bytes]:
    """Return what is said of a request and the zip of it. What happened until now is sealed first, then all is read.

    The mailbox is asked only while the person is on file. Raises InputError, MailboxUnavailable, MailboxRefused.
    """
    with line.store.reading() as connection:
        row = journal.find(connection, number)
        gone = proofs.is_gone(connection, row)
        rows = proofs.mails(connection, [row.id])
    audit.seal(line)
    verified = audit.verify(line.store).as_json()
    found = enclosures(line, None if gone else mailbox, rows)
    with line.store.snapshot() as connection:
        gatherer = Gatherer(line=line, connection=connection, found=found)
        case = gatherer.case(journal.find(connection, number), of_chain(connection, line.store.keys, verified))
    return case, _zipped(_files(case, languages, printed=paper.can_print()))


def of_person(line: Line, mailbox: Mailbox, person_id: str, numbers: list[str], earlier: bytes | None) -> bytes:
    """Return the zip about a person: a folder for each request, what proves the consents, and an earlier proof.

    Raises MailboxUnavailable, MailboxRefused.
    """
    printed = line.rules.policy.evidence.keep == "sealed" and paper.can_print()  # else it is dropped at once
    with line.store.reading() as connection:
        rows = proofs.mails(connection, numbers)
    found = enclosures(line, mailbox, rows)
    with line.store.snapshot() as connection:
        gatherer = Gatherer(line=line, connection=connection, found=found)
        chain = of_chain(connection, line.store.keys)
        person = gatherer.person(person_id, numbers)
        files = {"person.json": _json(person.said), **person.files}
        for number in numbers:
            case = gatherer.case(journal.find(connection, number), chain)
            for name, octets in _files(case, LANGUAGES, printed=printed).items():
                files[name if name in person.files else f"{number}/{name}"] = octets
    return _zipped(files if earlier is None else {**files, EARLIER: earlier})


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
