"""Every rule of `policy.toml` (Policy), its default and its sentence. Shapes alone: files are read in config.py."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from mailbot.section import Section, Text
from mailbot.sources import Form, Place

Handling = Literal["apply", "operator"]
Sha256 = Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
Said = dict[Literal["kk", "ru", "en"], str]  # a sentence in each language


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as exc:
        raise ValueError("there is no such time zone") from exc
    return name


def _local(hour: time) -> time:
    if hour.tzinfo is not None:
        raise ValueError("write the hour without an offset: the zone is clocks.timezone")
    return hour


def _country(code: str) -> str:
    if code != "KZ":  # the calendars are loaded late: they cost every short command a quarter of a second
        from holidays import list_supported_countries

        if code not in list_supported_countries():
            raise ValueError("no calendar of that country is known")
    return code


class TagSet(Section):
    update: list[Text] = Field(default=[], description="marks that ask for an update of one's data")
    withdrawal: list[Text] = Field(default=[], description="marks that withdraw the consent to processing")
    unsubscribe: list[Text] = Field(default=[], description="marks that stop the news")


class Tags(Section):
    kk: TagSet = Field(default=TagSet(), description="in Kazakh")
    ru: TagSet = Field(default=TagSet(), description="in Russian")
    en: TagSet = Field(default=TagSet(), description="in English")


class Former(Section):
    """A version of the policy that is no longer in force; who saw it may still write by its marks."""

    version: Text = Field(description="the version, as consents name it")
    since: date = Field(description="the day on which it came into force")
    until: date | None = Field(default=None, description="the last day on which it was in force")
    text_sha256: Sha256 = Field(default="", description="the SHA-256 of its text, where it is known")
    tags: Tags = Field(description="the marks that it promised: they stay valid")

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        if self.until is not None and self.until < self.since:
            raise ValueError("until is before since")
        return self


class Words(Section):
    yes: list[Text] = Field(min_length=1, description="a line of such words confirms")
    no: list[Text] = Field(min_length=1, description="a line of such words denies")
    undo: list[Text] = Field(min_length=1, description="a line of such words takes a change back")
    only_news: list[Text] = Field(
        min_length=1, description="a line of such words turns a withdrawal into an unsubscribe"
    )
    human: list[Text] = Field(min_length=1, description="a line of such words brings a person")
    resubscribe: list[Text] = Field(description="a whole subject that gives the news consent anew")
    courtesy: list[Text] = Field(description="thanks that need no answer")
    greetings: list[Text] = Field(description="a line that starts so is passed over before the tag is looked for")
    sign_offs: list[Text] = Field(description="a line that starts so ends the text")
    reply_prefixes: list[Text] = Field(description="what mail programs put before the subject of a reply")
    forward_prefixes: list[Text] = Field(description="what mail programs put before the subject of a forwarded mail")
    external_marks: list[Text] = Field(description="bracket words that gateways put before a subject")


class FieldRules(Section):
    preset: Literal["apply", "documents"] = Field(
        default="apply",
        description="`apply`: people correct everything themselves; `documents`: name and birth wait for the operator",
    )
    surname: Handling | None = Field(default=None, description="apply or operator; empty: by the preset")
    given_name: Handling | None = Field(default=None, description="apply or operator; empty: by the preset")
    patronymic: Handling | None = Field(default=None, description="apply or operator; empty: by the preset")
    email: Handling | None = Field(default=None, description="apply (after a yes from the new address) or operator")
    phone: Handling | None = Field(default=None, description="apply or operator; empty: by the preset")
    birth_date: Handling | None = Field(default=None, description="apply or operator; empty: by the preset")
    birth_place: Handling | None = Field(default=None, description="apply or operator; empty: by the preset")

    def handling(self, field: str) -> Handling:
        """Return what an update may do with that field."""
        own: Handling | None = getattr(self, field)
        if own is not None:
            return own
        documents = self.preset == "documents" and field not in ("email", "phone")
        return "operator" if documents else "apply"


class WithdrawalRules(Section):
    obligations: Literal["ask", "register", "none"] = Field(
        default="ask",
        description="who knows of an open course, debt or refund: `ask` the operator, the `register`, or `none`",
    )
    destroy_at: Annotated[time, AfterValidator(_local)] = Field(
        default=time(17, 0), description="the hour of the next working day at which the undo window ends"
    )


class ClockRules(Section):
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default="Asia/Almaty", description="the zone of all hours here"
    )
    held: int = Field(default=3, ge=1, le=30, description="working days for anything held, left, asked or challenged")
    proven: int = Field(
        default=1, ge=1, le=30, description="working days for a proven update or withdrawal that waits for the operator"
    )
    ends_at: Annotated[time, AfterValidator(_local)] = Field(
        default=time(18, 0), description="the hour at which a clock's last day ends"
    )


class UndoRules(Section):
    update_hours: int = Field(default=72, ge=1, le=720, description="how long an update can be taken back")


class LimitRules(Section):
    age_days: int = Field(default=14, ge=1, le=365, description="an older mail is held")
    replies_per_day: int = Field(default=3, ge=1, description="questions, reminders and receipts of one address a day")
    replies_per_30_days: int = Field(default=10, ge=1, description="the same in 30 days")
    replies_per_hour: int = Field(default=500, ge=1, description="answers to everybody in an hour")
    withdrawals_per_hour: int = Field(default=20, ge=1, description="more withdrawals an hour are held (breaker)")
    unproven_unsubscribes_per_hour: int = Field(
        default=20, ge=1, description="more unproven mails an hour that would stop the news are held (breaker)"
    )
    change_hours: int = Field(
        default=24, ge=0, le=720, description="a second change of an address within these hours is held"
    )


class AnswerRules(Section):
    received: bool = Field(default=True, description="a proven mail that waits for the operator gets a receipt")


class ProcessingRules(Section):
    """What an answer about somebody's data says beside the data, in each language."""

    purposes: Said = Field(default={}, description="why the data are processed")
    ways: Said = Field(default={}, description="how they are collected and processed")
    term: Said = Field(default={}, description="how long they are stored")
    recipients: Said = Field(default={}, description="who receives them, beside [[places]]")
    abroad: Said = Field(default={}, description="copies abroad; empty: by the host of the mailbox")


class SuppressionRules(Section):
    unproven_days: int = Field(
        default=90, ge=1, description="how long an unproven unsubscribe of an unknown address counts"
    )


class RetentionRules(Section):
    raw_days: int = Field(
        default=30, ge=1, le=3650,
        description="mails in mailbot/Done and our answers (in Sent too) go so many days after their request ended",
    )  # fmt: skip
    ledger_days: int = Field(
        default=90, ge=30, le=3650,
        description="so many days after it ended a request is blanked but for times, reasons and keyed hashes",
    )  # fmt: skip
    journal_years: int = Field(
        default=3,
        ge=1,
        le=100,
        description="events and requests older than these years leave the journal; its chain goes on",
    )
    backup_days: int = Field(
        default=30, ge=1, le=3650, description="backups older than these days leave the folder they were written into"
    )

    @model_validator(mode="after")
    def _details_outlive_the_mail(self) -> Self:
        if self.ledger_days < self.raw_days:
            raise ValueError("ledger_days is less than raw_days: a mail is found by what the ledger knows of it")
        return self


class LawRules(Section):
    """Which law's terms count, and who vouches for the numbers in its pack."""

    pack: Literal["kz-94v", "ru-152fz", "gdpr"] = Field(default="kz-94v", description="whose terms count, if stricter")
    read_on: date | Literal[""] = Field(
        default="", description="the day on which somebody read the law's text and compared the pack with it"
    )
    confirmed_by: str = Field(default="", description="who: until then no answer quotes an article's number")
    confirmed_on: date | Literal[""] = Field(default="", description="the day of that confirmation")


class EvidenceRules(Section):
    keep: Literal["journal", "sealed"] = Field(
        default="journal",
        description="of the zip built before somebody is destroyed: its hash (`journal`), or it, sealed (`sealed`)",
    )
    sealed_years: int = Field(
        default=3, ge=1, le=100, description="how long a sealed one is kept: until nobody can claim anything any more"
    )


class HolidayRules(Section):
    country: Annotated[str, AfterValidator(_country)] = Field(
        default="KZ", description="whose public holidays are days off"
    )
    add: list[date] = Field(default=[], description="further days off")
    remove: list[date] = Field(default=[], description="days that are worked after all")
    confirmed: list[Annotated[int, Field(ge=2000, le=2999)]] = Field(
        default=[], description="the years whose moved days you compared with the government's decree"
    )


class Policy(Section):
    """policy.toml."""

    version: Text = Field(description="the version of the published policy, as consents name it")
    text_sha256: Sha256 = Field(
        default="",
        description="the SHA-256 of that version's text: each consent then proves which text it was given to",
    )
    tags: Tags = Field(description="the marks that the policy promises, whole")
    former: list[Former] = Field(
        default=[], description="former versions of the policy with their dates; their marks stay valid"
    )
    aliases: Tags = Field(default=Tags(), description="other whole wordings of the same wish")
    words: Words = Field(description="the words that act, and what mail programs put around them")
    fields: FieldRules = FieldRules()
    withdrawal: WithdrawalRules = WithdrawalRules()
    clocks: ClockRules = ClockRules()
    undo: UndoRules = UndoRules()
    limits: LimitRules = LimitRules()
    answers: AnswerRules = AnswerRules()
    processing: ProcessingRules = ProcessingRules()
    suppression: SuppressionRules = SuppressionRules()
    retention: RetentionRules = RetentionRules()
    law: LawRules = LawRules()
    evidence: EvidenceRules = EvidenceRules()
    holidays: HolidayRules = HolidayRules()
    forms: list[Form] = Field(default=[], description="the site's own forms, whose mails bring people in")
    places: list[Place] = Field(default=[], description="where else the operator keeps the same people")

    @field_validator("forms", "places")
    @classmethod
    def _names_differ(cls, found: list[Any]) -> list[Any]:
        names = [one.name for one in found]
        if len(set(names)) < len(names):
            raise ValueError("two of them have the same name")
        return found

    @field_validator("former")
    @classmethod
    def _versions_differ(cls, former: list[Former], info: ValidationInfo) -> list[Former]:
        versions = [info.data.get("version"), *(one.version for one in former)]
        if len(set(versions)) < len(versions):
            raise ValueError("two versions of the policy have the same name")
        return former

    def version_at(self, at: datetime | None) -> str:
        """Return the version that was in force at a time, as `version_on` tells of its day here."""
        return self.version_on(at.astimezone(ZoneInfo(self.clocks.timezone)).date() if at is not None else None)

    def version_on(self, day: date | None) -> str:
        """Return the version that was in force on a day: a former one by its dates, else the present one.

        A former version whose end nobody noted ends where the next former one begins; the last of them is not guessed.
        """
        newest = sorted(self.former, key=lambda one: one.since, reverse=True)
        begun = [(place, one) for place, one in enumerate(newest) if day is not None and one.since <= day]
        if not begun or day is None:
            return self.version
        place, one = begun[0]
        ended = place == 0 if one.until is None else one.until < day
        return self.version if ended else one.version

    @property
    def texts(self) -> dict[str, str]:
        """The SHA-256 of each version's text, where it is known."""
        every = {self.version: self.text_sha256, **{one.version: one.text_sha256 for one in self.former}}
        return {version: sha256 for version, sha256 in every.items() if sha256}
