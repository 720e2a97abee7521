"""Takes what a form of the site posts by web: the same row of the table as its mails, in one transaction.

A submission stands in the ledger as a mail does, in a folder of its own name; its own number (or its octets) is its
place there, so the same one posted twice is taken once. Serves policy clause 5(1).
"""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.errors import ConflictError, InputError, StoreFault
from mailbot.mail import take_read
from mailbot.pipeline import Line
from mailbot.ports import RawMail
from mailbot.reading.fold import fold
from mailbot.reading.forms import claim_of, pairs_of, submitted
from mailbot.reading.message import blank_message
from mailbot.reading.sender import Evidence
from mailbot.sources import Form

STATUS = {"applied": "taken", "challenged": "asked", "held": "held", "ignored": "ignored", "already": "already"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One submission as it was posted."""

    form: Form
    pairs: tuple[tuple[str, str], ...]  # label and value
    given_id: str  # the header Idempotency-Key, "" where there is none
    octets: bytes  # the body


def take(line: Line, posted: Posted) -> str:
    """Decide one submission and carry it out; return taken, asked, held, ignored or already.

    Raises StoreUnavailable; ConflictError in shadow mode: nobody could bring the submission again after it;
    InputError where it holds no way to reach the person, or its number was another submission's.
    """
    line.store.follow_key()
    if line.store.shadow:
        raise ConflictError("shadow mode changes nothing: `mailbot live` first")
    number, now = _number(line, posted), line.store.clock()
    name = posted.form.name
    octets = number.to_bytes(8, "big") + posted.octets  # two people may type the same
    raw = RawMail(
        octets=octets, folder=f"intake {name}", uid=number, uidvalidity=1, received_at=now, size_bytes=len(octets),
        posted=posted.octets,
    )  # fmt: skip
    if line.store.holds_another(raw):
        raise InputError("its number was used for another submission: nothing was taken")
    submission = submitted(
        pairs_of(posted.pairs), line.rules.forms.of(name), now.astimezone(line.rules.deadlines.zone).date()
    )
    email, unclear = submission.extract.fields.get("email"), {one.field for one in submission.extract.unclear}
    if "email" in unclear or not (email or submission.extract.phones):
        raise InputError("no e-mail address or phone that can be taken")  # no mail keeps it for the operator
    claim = claim_of(submission)
    message = blank_message(message_id=f"<{number:016x}@{name}.intake>", from_fields=1)
    evidence = Evidence(level="authenticated", because=f"{posted.form.web} of the form", address=None)
    said = (message, None, claim, evidence)
    try:
        return STATUS[take_read(raw, said, line)]
    except StoreFault:  # the same submission came twice at the same moment: by now the other one is written
        return STATUS[take_read(raw, said, line)]


def _number(line: Line, posted: Posted) -> int:
    """Return the place of a submission: 63 bits of a keyed hash of its own number, or of all it says.

    Without a number the same words are the same submission for a day: a person may come back and type them again.
    What is sealed (hmac) stays the same for ever: else an old body could be sent again by whoever saw it.
    """
    label = fold(posted.form.submission_id)
    own = next((value for key, value in posted.pairs if label and fold(key) == label and value.strip()), "")
    given = own.strip() or posted.given_id.strip()
    day = b"" if posted.form.web == "hmac" else line.store.clock().date().isoformat().encode()
    said = b"id\0" + given.encode("utf-8", "surrogatepass") if given else b"body\0" + day + posted.octets
    return line.store.keys.submission(posted.form.name, said)
