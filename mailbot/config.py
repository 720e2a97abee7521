"""Every setting, its default and its sentence: `mailbot.toml` (Settings) and `policy.toml` (Policy).

Loading merges file and environment (`MAILBOT_SECTION__KEY`) and turns each failure into a ConfigError that
names file, key and rule. Secrets are read on demand and never stand in an error. No connection is made here.
"""

from __future__ import annotations

import os
import tomllib
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from mailbot.errors import ConfigError

SETTINGS_FILE = "mailbot.toml"
POLICY_FILE = "policy.toml"
ENV_PREFIX = "MAILBOT_"
Handling = Literal["apply", "operator"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Section(BaseModel):
    """A table of the file: an unknown key is an error, values never stand in messages."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class MailboxSettings(Section):
    url: Text = Field(description="the mailbox that is read: imaps://USER@HOST/INBOX or maildir:///PATH")
    addresses: list[Text] = Field(
        min_length=1, description="every address this mailbox receives mail for; the first one writes the answers"
    )
    password_file: str = Field(default="", description="file that holds the mailbox's password")
    ca_file: str = Field(default="", description="certificate authority of a private mail server")
    timeout_seconds: int = Field(default=60, ge=1, le=600, description="how long one answer of the server may take")
    max_bytes: int = Field(default=10_000_000, ge=10_000, description="of a larger mail only the header is read")


class CourierSettings(Section):
    url: Text = Field(
        description="the server that takes our answers: smtps://USER@HOST, smtp://USER@HOST:587 or maildir:///PATH"
    )
    password_file: str = Field(default="", description="file that holds the courier's password; empty: the mailbox's")
    ca_file: str = Field(default="", description="certificate authority of a private mail server")
    timeout_seconds: int = Field(default=60, ge=1, le=600, description="how long one answer of the server may take")


class StoreSettings(Section):
    url: Text = Field(
        default="sqlite:///mailbot.sqlite",
        description="sqlite:///PATH (relative to this folder) or postgresql://USER@HOST/DB",
    )


class OperatorSettings(Section):
    name: str = Field(default="", description="who answers for the data, as it stands under each answer")
    contact: str = Field(default="", description="how people reach a human: a phone number or a page")
    mail: str = Field(
        default="", description="where mailbot tells and asks the operator; never the mailbox's own address"
    )
    language: Literal["kk", "ru", "en"] = Field(
        default="ru", description="the language in which mailbot writes to the operator"
    )


class TrustSettings(Section):
    authserv: list[Text] = Field(
        default_factory=list,
        description="who writes Authentication-Results: NAME, NAME:below (under its own Received), *.NAME (varying)",
    )
    internal: list[Text] = Field(
        default_factory=list,
        description="domains whose users can't forge each other inside this provider, so their mail needs no result",
    )


class ScheduleSettings(Section):
    poll_seconds: int = Field(default=60, ge=5, le=86_400, description="how often `mailbot run` looks into the mailbox")


class TemplateSettings(Section):
    folder: str = Field(
        default="templates", description="your own templates, used before the packaged ones; may be missing"
    )


class Settings(Section):
    """mailbot.toml."""

    mailbox: MailboxSettings
    courier: CourierSettings
    store: StoreSettings = StoreSettings()
    operator: OperatorSettings = OperatorSettings()
    trust: TrustSettings = TrustSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    templates: TemplateSettings = TemplateSettings()


class TagSet(Section):
    update: list[Text] = Field(default_factory=list, description="marks that ask for an update of one's data")
    withdrawal: list[Text] = Field(default_factory=list, description="marks that withdraw the consent to processing")
    unsubscribe: list[Text] = Field(default_factory=list, description="marks that stop the news")


class Tags(Section):
    kk: TagSet = Field(default=TagSet(), description="in Kazakh")
    ru: TagSet = Field(default=TagSet(), description="in Russian")
    en: TagSet = Field(default=TagSet(), description="in English")


class Words(Section):
    yes: list[Text] = Field(description="a line of such words confirms")
    no: list[Text] = Field(description="a line of such words denies")
    undo: list[Text] = Field(description="a line of such words takes a change back")
    only_news: list[Text] = Field(description="a line of such words turns a withdrawal into an unsubscribe")
    human: list[Text] = Field(description="a line of such words brings a person")
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
    destroy_at: time = Field(
        default=time(17, 0), description="the hour of the next working day at which the undo window ends"
    )


class ClockRules(Section):
    timezone: str = Field(default="Asia/Almaty", description="the zone of all hours here")
    held: int = Field(default=3, ge=1, le=30, description="working days for anything held, left, asked or challenged")
    proven: int = Field(
        default=1, ge=1, le=30, description="working days for a proven update or withdrawal that waits for the operator"
    )
    ends_at: time = Field(default=time(18, 0), description="the hour at which a clock's last day ends")


class UndoRules(Section):
    update_hours: int = Field(default=72, ge=1, le=720, description="how long an update can be taken back")


class LimitRules(Section):
    age_days: int = Field(default=14, ge=1, le=365, description="an older mail is held")
    replies_per_day: int = Field(default=3, ge=1, description="questions, reminders and receipts of one address a day")
    replies_per_30_days: int = Field(default=10, ge=1, description="the same in 30 days")
    replies_per_hour: int = Field(default=500, ge=1, description="answers to everybody in an hour")
    withdrawals_per_hour: int = Field(default=20, ge=1, description="more withdrawals an hour are held (breaker)")
    unproven_unsubscribes_per_hour: int = Field(
        default=20, ge=1, description="more unproven unsubscribes an hour are held (breaker)"
    )
    change_hours: int = Field(
        default=24, ge=0, le=720, description="a second change of an address within these hours is held"
    )


class AnswerRules(Section):
    received: bool = Field(default=True, description="a proven mail that waits for the operator gets a receipt")


class SuppressionRules(Section):
    unproven_days: int = Field(
        default=90, ge=1, description="how long an unproven unsubscribe of an unknown address counts"
    )


class HolidayRules(Section):
    country: str = Field(default="KZ", description="whose public holidays are days off")
    add: list[date] = Field(default_factory=list, description="further days off")
    remove: list[date] = Field(default_factory=list, description="days that are worked after all")


class Policy(Section):
    """policy.toml."""

    version: Text = Field(description="the version of the published policy, as consents name it")
    tags: Tags = Field(description="the marks that the policy promises, whole")
    aliases: Tags = Field(default=Tags(), description="other whole wordings of the same wish")
    words: Words = Field(description="the words that act, and what mail programs put around them")
    fields: FieldRules = FieldRules()
    withdrawal: WithdrawalRules = WithdrawalRules()
    clocks: ClockRules = ClockRules()
    undo: UndoRules = UndoRules()
    limits: LimitRules = LimitRules()
    answers: AnswerRules = AnswerRules()
    suppression: SuppressionRules = SuppressionRules()
    holidays: HolidayRules = HolidayRules()


Model = TypeVar("Model", bound=Section)


def packaged(name: str) -> Path:
    """Return the packaged `templates` or `config` folder, in an installed wheel and in a checkout alike.

    Raises ConfigError where neither is there (a broken installation).
    """
    here = Path(__file__).resolve().parent
    for place in (here / "_packaged" / name, here.parent / name):
        if place.is_dir():
            return place
    raise ConfigError(f"mailbot's own folder {name} is missing: install mailbot again")


def load_settings(folder: Path) -> Settings:
    """Return `mailbot.toml` of that folder with the environment over it. Raises ConfigError."""
    path = folder / SETTINGS_FILE
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file; `mailbot init` writes one")
    return _load(Settings, path, _environment())


def load_policy(folder: Path | None) -> Policy:
    """Return `policy.toml` of that folder over the packaged one, key by key; None: the packaged one.

    Raises ConfigError.
    """
    default = packaged("config") / POLICY_FILE
    if folder is None:
        return _load(Policy, default, {})
    path = folder / POLICY_FILE
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file; `mailbot init` writes one")
    return _load(Policy, path, {}, under=_read(default))


def secret(folder: Path, name: str, file: str) -> str | None:
    """Return a password, or None: environment, the named file, a systemd credential, `secrets/` in that order.

    `name` is like `mailbox_password`. Raises ConfigError where a named file can't be read.
    """
    section, key = name.split("_", 1)
    given = os.environ.get(f"{ENV_PREFIX}{section}__{key}".upper())
    if given:
        return given
    if file:
        try:
            return (folder / file).read_text(encoding="utf-8").strip()
        except OSError as exc:
            raise ConfigError(
                f"{folder / SETTINGS_FILE}: {section}.{key}_file: can't be read ({exc.strerror})"
            ) from exc
    credentials = os.environ.get("CREDENTIALS_DIRECTORY", "")
    for place in (Path(credentials) / name if credentials else None, folder / "secrets" / name):
        if place is not None and place.is_file():
            return place.read_text(encoding="utf-8").strip()
    return None


def _environment() -> dict[str, dict[str, Any]]:
    sections: dict[str, dict[str, Any]] = {}
    for name, value in os.environ.items():
        section, _, key = name.removeprefix(ENV_PREFIX).lower().partition("__")
        if name.startswith(ENV_PREFIX) and key and not key.startswith(("password", "key")):
            lists = key in ("addresses", "authserv", "internal")
            sections.setdefault(section, {})[key] = (
                [v.strip() for v in value.split(",") if v.strip()] if lists else value
            )
    return sections


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: can't be read as UTF-8 text") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path}: not TOML: {exc}") from exc


def _over(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _load(
    model: type[Model], path: Path, extra: dict[str, dict[str, Any]], under: dict[str, Any] | None = None
) -> Model:
    data = _over(_over(under or {}, _read(path)), extra)
    try:
        return model.model_validate(data)
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {key}: {_rule(first)}") from exc


def _rule(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such setting"
    if error["type"] == "missing":
        return "this setting must be given"
    return str(error["msg"])
