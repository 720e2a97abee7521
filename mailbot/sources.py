"""Where people come from and where else they are: the shapes of `[[forms]]` and `[[places]]` in policy.toml.

Shapes alone. A form is the site's own form, whose mails (policy clause 5(1)) bring people in with their consent; a
place is where else the operator keeps the same people, which mailbot can't reach by itself.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mailbot.section import Addr, Section, Text

Preset = Literal["", "tilda", "contact-form-7", "wpforms", "wix", "google-forms"]
PlacePreset = Literal["", "site-forms", "newsletter", "messenger", "table", "course", "accounting"]
Purpose = Literal["processing", "news"]
PlaceEvent = Literal["update", "unsubscribe", "withdrawal"]
FieldName = Literal["surname", "given_name", "patronymic", "email", "phone", "birth_date", "birth_place"]
Short = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]


class FormFields(Section):
    surname: list[Text] = Field(default_factory=list, description="labels before the surname")
    given_name: list[Text] = Field(default_factory=list, description="labels before the given name")
    patronymic: list[Text] = Field(default_factory=list, description="labels before the patronymic")
    full_name: list[Text] = Field(default_factory=list, description="labels before a whole name")
    email: list[Text] = Field(default_factory=list, description="labels before the e-mail address")
    phone: list[Text] = Field(default_factory=list, description="labels before the phone number")
    birth_date: list[Text] = Field(default_factory=list, description="labels before the date of birth")
    birth_place: list[Text] = Field(default_factory=list, description="labels before the place of birth")
    news: list[Text] = Field(default_factory=list, description="labels of a box that must be ticked for the news")


class Form(Section):
    """One form of the site, and how its mails are known."""

    name: Short = Field(description="a short name, which the consent bears as its source")
    preset: Preset = Field(default="", description="whose labels are taken where `fields` names none")
    senders: list[Addr] = Field(default_factory=list, description="the From addresses of its mails")
    web: Literal["", "bearer", "hmac"] = Field(
        default="", description="how POST /intake/NAME is proven, where the form comes by web"
    )
    submission_id: str = Field(default="", description="the label of a submission's own number, in what comes by web")
    subject: list[Text] = Field(default_factory=list, description="words, of which one must stand in the subject")
    fields: FormFields = Field(default=FormFields(), description="the labels of each field in the mail")
    marks: dict[str, Text] = Field(
        default_factory=dict, description="labels and values that every mail bears: a form id, a hidden field"
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
    url: Text = Field(description="https://…, or http:// to this machine alone")
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = Field(default="POST", description="the HTTP method")
    headers: dict[str, str] = Field(default_factory=dict, description="further headers; {secret} stands for the secret")
    body: str = Field(default="", description="a template of the body; empty: the event as JSON")
    fields: list[FieldName] = Field(default_factory=list, description="which changed fields an update may send")
    secret_file: str = Field(default="", description="file with the secret; empty: secrets/hook_NAME")
    timeout_seconds: int = Field(default=15, ge=1, le=120, description="how long one answer may take")


class Place(Section):
    """One place where the operator keeps the same people."""

    name: Short = Field(description="a short name, for `requests tick ID NAME`")
    preset: PlacePreset = Field(default="", description="what kind of place it is")
    title: str = Field(default="", description="what people are told it is called; empty: by the preset")
    holds: str = Field(default="", description="what lies there")
    how: str = Field(default="", description="how to change or erase it there")
    on: list[PlaceEvent] = Field(
        default=["update", "unsubscribe", "withdrawal"], min_length=1, description="what it must follow"
    )
    identifier: Literal["email", "phone", "id"] = Field(default="email", description="by what a person is found there")
    kept_by_law: str = Field(default="", description="which law keeps the data there after a withdrawal, and why")
    kept_for: str = Field(default="", description="until when or how long")
    hook: Hook | None = Field(default=None, description="the web address that is told")

    @model_validator(mode="after")
    def _law_has_a_term(self) -> Self:
        if bool(self.kept_by_law) != bool(self.kept_for):
            raise ValueError("kept_by_law and kept_for belong together: the reason and the term")
        return self
