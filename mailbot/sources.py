"""Where people come from and where else they are: the shapes of `[[forms]]` and `[[places]]` in policy.toml.

Shapes alone. A form is the site's own form, whose mails and posts (policy clause 5(1)) bring people in with consent;
a place is where else the operator keeps the same people (policy clause 6(2)), which mailbot can't reach by itself.
"""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mailbot.section import Addr, Section, Text, WebAddress

Preset = Literal["", "tilda", "contact-form-7", "wpforms", "wix", "google-forms"]
Purpose = Literal["processing", "news"]
PlacePreset = Literal["", "site-forms", "newsletter", "messenger", "table", "course", "accounting"]
PlaceEvent = Literal["update", "unsubscribe", "withdrawal"]
HookEvent = Literal["person.updated", "person.unsubscribed", "person.stopped", "person.destroyed"]
FieldName = Literal["surname", "given_name", "patronymic", "email", "phone", "birth_date", "birth_place"]
PLACE_PRESETS: dict[str, dict[str, object]] = {  # what is taken where a place does not say it itself
    "site-forms": {"on": ["withdrawal"]},
    "newsletter": {},
    "messenger": {"identifier": "phone"},
    "table": {},
    "course": {"on": ["update", "withdrawal"]},
    "accounting": {"on": ["update", "withdrawal"]},
}
HOOK_WORDS = ("id", "event", "at", "request", "place", "identifier")  # what {…} in a hook may stand for, beside fields
_WORD = re.compile(r"\{([a-z_]+)\}")
Short = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


class FormFields(Section):
    surname: list[Text] = Field(default=[], description="labels before the surname")
    given_name: list[Text] = Field(default=[], description="labels before the given name")
    patronymic: list[Text] = Field(default=[], description="labels before the patronymic")
    full_name: list[Text] = Field(default=[], description="labels before a whole name")
    email: list[Text] = Field(default=[], description="labels before the e-mail address")
    phone: list[Text] = Field(default=[], description="labels before the phone number")
    birth_date: list[Text] = Field(default=[], description="labels before the date of birth")
    birth_place: list[Text] = Field(default=[], description="labels before the place of birth")
    message: list[Text] = Field(default=[], description="labels of free text: below it nothing is believed")
    other: list[Text] = Field(default=[], description="labels of other rows, which are no value of a field")
    news: list[Text] = Field(default=[], description="labels of a box that must be ticked for the news")


class Form(Section):
    """One form of the site, and how its mails are known."""

    name: Short = Field(description="a short name, which the consent bears as its source")
    preset: Preset = Field(default="", description="whose labels are taken where `fields` names none")
    senders: list[Addr] = Field(default=[], description="the From addresses of its mails")
    web: Literal["", "bearer", "hmac"] = Field(
        default="", description="how POST /intake/NAME is proven, where the form comes by web"
    )
    submission_id: str = Field(default="", description="the label of a submission's own number, in what comes by web")
    subject: list[Text] = Field(default=[], description="words, of which one must stand in the subject")
    fields: FormFields = Field(default=FormFields(), description="the labels of each field in the mail")
    marks: dict[str, Text] = Field(
        default={}, description="labels and values that every mail bears: a form id, a hidden field"
    )
    reply_domain: str = Field(default="", description="the domain that Reply-To must have")
    purposes: list[Purpose] = Field(default=["processing"], min_length=1, description="what the form consents to")
    consent: str = Field(default="", description="the version of the consent's text; empty: the policy's version")
    keep_mail: bool = Field(default=False, description="whether the mail is kept in the store as long as the consent")

    @model_validator(mode="after")
    def _comes_somehow(self) -> Self:
        if not self.senders and not self.web:
            raise ValueError("name its senders, or set web to bearer or hmac")
        return self


class Hook(Section):
    """The web address that is told of what was done, so that a place follows by itself."""

    preset: Literal["generic", "listmonk"] = Field(default="generic", description="how the request is built")
    url: WebAddress = Field(description="https://…, or http:// to this machine alone; listmonk: its root")
    events: list[HookEvent] = Field(
        default=["person.updated", "person.unsubscribed", "person.stopped", "person.destroyed"],
        min_length=1,
        description="what it is told; the rest is the operator's to do",
    )
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = Field(default="POST", description="the HTTP method")
    headers: dict[str, str] = Field(
        default={}, description="further headers; {secret} stands for the secret, here alone"
    )
    body: str = Field(default="", description="a template of the body; empty: the event as JSON")
    fields: list[FieldName] = Field(
        default=[], description="what the place holds: an update of these is sent, of others it needs nothing"
    )
    secret_file: str = Field(default="", description="file with the secret; empty: secrets/hook_NAME")
    timeout_seconds: int = Field(default=15, ge=1, le=120, description="how long one answer may take")

    @model_validator(mode="after")
    def _sends_no_more_than_said(self) -> Self:
        for name in _WORD.findall(self.url + self.body):
            if name not in HOOK_WORDS and name not in self.fields:
                raise ValueError(f"{{{name}}} stands neither for one of its fields nor for {', '.join(HOOK_WORDS)}")
        if self.method == "DELETE" and self.events != ["person.destroyed"]:
            raise ValueError('DELETE erases at once, and a stop may be taken back: events = ["person.destroyed"]')
        for key, value in self.headers.items():
            if not re.fullmatch(r"[A-Za-z0-9-]+", key) or not value.isprintable() or not value.isascii():
                raise ValueError('a header is NAME = "printable ASCII"')
            if set(_WORD.findall(value)) - {"secret", "id", "event"}:
                raise ValueError("a header may hold {secret}, {id} and {event} alone")
        return self


class Place(Section):
    """One place where the operator keeps the same people."""

    name: Short = Field(description="a short name, for `requests tick ID NAME`")
    preset: PlacePreset = Field(
        default="", description="what kind of place it is, with its usual `on` and `identifier`"
    )
    title: str = Field(default="", description="what people are told it is called; empty: by the preset")
    holds: str = Field(default="", description="what lies there")
    how: str = Field(default="", description="how to change or erase it there")
    on: list[PlaceEvent] = Field(
        default=["update", "unsubscribe", "withdrawal"], min_length=1, description="what it must follow"
    )
    identifier: Literal["email", "phone", "id"] = Field(
        default="email", description="by what a person is found there; id: as `people place` told it"
    )
    kept_by_law: str = Field(default="", description="which law keeps the data there after a withdrawal, and why")
    kept_for: str = Field(default="", description="until when or how long")
    hook: Hook | None = Field(default=None, description="the web address that is told")

    @model_validator(mode="before")
    @classmethod
    def _by_preset(cls, found: object) -> object:
        return {**PLACE_PRESETS.get(str(found.get("preset")), {}), **found} if isinstance(found, dict) else found

    @model_validator(mode="after")
    def _says_all(self) -> Self:
        if bool(self.kept_by_law) != bool(self.kept_for):
            raise ValueError("kept_by_law and kept_for belong together: the reason and the term")
        if self.hook and self.hook.preset == "listmonk" and self.identifier != "email":
            raise ValueError('listmonk finds people by their address: identifier = "email"')
        return self
