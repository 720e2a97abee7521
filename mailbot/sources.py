"""Where people come from: the shape of `[[forms]]` in policy.toml.

Shapes alone. A form is the site's own form, whose mails and posts (policy clause 5(1)) bring people in with consent.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from mailbot.section import Addr, Section, Text

Preset = Literal["", "tilda", "contact-form-7", "wpforms", "wix", "google-forms"]
Purpose = Literal["processing", "news"]
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
    message: list[Text] = Field(default_factory=list, description="labels of free text: below it nothing is believed")
    other: list[Text] = Field(default_factory=list, description="labels of other rows, which are no value of a field")
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
