"""What the store knows that bears on one mail's decision. Filled by store/, read by the rows; data alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from mailbot.deciding.decision import Outcome, Purpose, State
from mailbot.reading.claim import FIELD_NAMES, Kind, Language
from mailbot.reading.orders import Orders


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """One person on file under the address in question."""

    id: str
    surname: str = ""
    given_name: str = ""
    emails: tuple[str, ...] = ()  # addr-specs on file, the primary one first
    phones: tuple[str, ...] = ()  # E.164
    fields: dict[str, Any] = field(default_factory=dict)  # surname to birth_place, as on file
    blocked: str = ""  # "", "withdrawal", "dispute" or "obligation"
    consent_at: datetime | None = None  # latest consent given, of any purpose
    address_changed_at: datetime | None = None
    open_obligations: int = 0
    obliged_until: date | None = None  # the latest day of an open obligation, None where none is known
    news: bool = False

    @property
    def on_file(self) -> list[str]:
        """Return the names of what is on file of the person, as FIELD_NAMES orders them; never the values."""
        have = {**self.fields, "email": self.emails, "phone": self.phones}
        return [name for name in FIELD_NAMES if have.get(name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """An earlier request, as far as a later mail may bear on it."""

    id: str
    kind: Kind | None
    state: State
    outcome: Outcome
    level: str  # the proof it counts as: none, weak or authenticated
    received_at: datetime
    address: str = ""  # from which it came
    language: Language = "ru"
    person_id: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)  # the claim's extract, as stored
    undo_until: datetime | None = None
    undo_clean: bool = True  # the fields it changed weren't changed since
    open: tuple[str, ...] = ()
    for_operator: tuple[str, ...] = ()  # fields of it that wait for the operator
    stopped_news: bool = False  # news consents ended by it
    told_lately: bool = False  # a repeat of it was answered within a day
    destroy_at: datetime | None = None
    due_at: datetime | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """The mail of ours whose token this mail brings back."""

    token: str
    template: str
    role: str
    waits_for: str  # "", "confirm", "new_address", "ask"
    is_open: bool  # the question was not answered yet and its time is not over
    from_addressee: bool  # this mail's writer is the address to which the token was sent
    address: str  # to which it was sent
    is_theirs: bool  # it went to an address of the person whom its request is about
    asked_again: bool
    asks: int = 0  # how often its request was asked for data already
    new_address: str = ""  # what a yes would put on file
    request: RequestFacts
    person: PersonFacts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceFacts:
    """A mail of ours that came back undelivered."""

    reply_id: int
    request_id: str  # that has to wait because of it, "" for none
    proven: bool = False  # that request is a proven update or withdrawal
    status: str  # RFC 3463, "" where it is not told
    why: str  # the other server's words, without any address


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutFacts:
    """Whose token of our List-Unsubscribe a mail brings."""

    address: str  # folded, "" where it is nobody's
    person_id: str | None = None  # the one person on file there


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestFacts:
    """The operator's list that a mail answers."""

    token: str  # of the list
    from_addressee: bool  # this mail's writer is the address to which the list went, and the settings still name it
    is_proven: bool  # that address brought a token of ours back before
    proves: bool  # it asked for nothing but that
    said: Orders = field(default_factory=Orders)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything `decide` may know beside the mail itself."""

    now: datetime
    received_at: datetime
    people: tuple[PersonFacts, ...] = ()  # on file under the writer's address
    token: TokenFacts | None = None
    digest: DigestFacts | None = None
    wrong_tokens: int = 0  # token-shaped strings that no mail of ours bears
    misused: bool = False  # one of those, or a token of ours that was sent to another address
    replies_to_us: bool = False  # In-Reply-To or References names a mail of our outbox
    replies_to_stranger: bool = False  # it answers a mail that is neither ours to him nor his own in our ledger
    at_bounce_address: bool = False  # it came to the envelope sender of a mail of ours, where no person writes
    bounced: BounceFacts | None = None  # the mail of ours that came back
    opt_out: OptOutFacts | None = None  # its subject is what our newsletters' List-Unsubscribe asks for
    complained: str = ""  # the address whose feedback report this is
    id_reused: bool = False  # this Message-ID came from this address before with another text
    earlier: RequestFacts | None = None  # the open or undoable request of the same person and kind
    # Addresses with an open question about a request of this kind; unknown of one person of whom `earlier` is None.
    asked: frozenset[str] = frozenset()
    named: tuple[tuple[str, PersonFacts], ...] = ()  # the one address on file that the text names, and its person
    withdrawals_last_hour: int = 0
    news_stopped_unproven: int = 0  # how often in the last hour; unknown where this mail is proven
    suppressed: tuple[Purpose, ...] = ()  # of the writer; known where nobody on file has the news, or a token came
    suppressed_since: dict[str, datetime] = field(default_factory=dict)  # purpose -> since when; of a form's address
    was_shadow: bool = False  # it waits since shadow mode
    canary: bool = False  # it is our own trial mail, by a mark that nobody else knows
    vouched: bool = False  # the operator made sure who is asking, and for whom
