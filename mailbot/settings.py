"""Every setting of `mailbot.toml` (Settings), its default and its sentence. Shapes alone: config.py reads the files."""

from typing import Literal, Self

from pydantic import Field, model_validator

from mailbot.section import Addr, MaybeAddr, MaybeWebAddress, Section, Text


class MailboxSettings(Section):
    url: Text = Field(description="the mailbox that is read: imaps://USER@HOST/INBOX or maildir:///PATH")
    addresses: list[Addr] = Field(
        min_length=1, description="every address this mailbox receives mail for; the first one writes the answers"
    )
    password_file: str = Field(default="", description="file that holds the mailbox's password")
    ca_file: str = Field(default="", description="certificate authority of a private mail server")
    timeout_seconds: int = Field(default=60, ge=1, le=600, description="how long one answer of the server may take")
    max_bytes: int = Field(default=10_000_000, ge=10_000, description="of a larger mail only the header is read")
    erase: list[Literal["inbox", "sent", "drafts", "junk"]] = Field(
        default=[],
        description="folders that a destroyed person's mails leave beside mailbot/Done: inbox, sent, drafts, junk",
    )
    do_folders: bool = Field(
        default=False, description="mailbot/Do holds a folder a verb: moving a mail there is your decision"
    )


class CourierSettings(Section):
    url: Text = Field(
        description="the server that takes our answers: smtps://USER@HOST, smtp://USER@HOST:587 or maildir:///PATH"
    )
    password_file: str = Field(default="", description="file that holds the courier's password; empty: the mailbox's")
    ca_file: str = Field(default="", description="certificate authority of a private mail server")
    timeout_seconds: int = Field(default=60, ge=1, le=600, description="how long one answer of the server may take")
    verp: bool = Field(
        default=False, description="each answer leaves as LOCAL+KEY@DOMAIN, so that any bounce finds its request"
    )
    connections: int = Field(
        default=3, ge=1, le=8,
        description="at once, to a server 10 ms away or more; after a kill one answer of each may be repeated",
    )  # fmt: skip


class OauthSettings(Section):
    provider: Literal["", "google", "microsoft", "custom"] = Field(
        default="",
        description="who gives the tokens that log in without a password: google, microsoft, custom; empty: a password",
    )
    client_id: str = Field(default="", description="the id of your own client (app registration) at that provider")
    client_secret_file: str = Field(
        default="", description="file with the client's secret; empty: secrets/oauth_client_secret, or none"
    )
    tenant: str = Field(
        default="organizations",
        pattern=r"^[A-Za-z0-9.-]+$",
        description="microsoft: whose accounts: an id or domain of your organisation, organizations or common",
    )
    token_url: MaybeWebAddress = Field(default="", description="custom: where tokens are given")
    authorize_url: MaybeWebAddress = Field(default="", description="custom: the page where you agree, in a browser")
    device_url: MaybeWebAddress = Field(default="", description="custom: where the code for another device is given")
    scope: str = Field(default="", description="custom: what is asked for, with what gives a refresh token")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.provider and not self.client_id:
            raise ValueError("client_id is missing: register a client at the provider")
        if self.provider == "custom" and not (self.token_url and (self.authorize_url or self.device_url)):
            raise ValueError("custom needs token_url, and authorize_url or device_url")
        return self


class StoreSettings(Section):
    url: Text = Field(
        default="sqlite:///mailbot.sqlite",
        description="sqlite:///PATH (relative to this folder), postgresql://USER@HOST/DB, for many …/DB?schema=NAME",
    )


class OperatorSettings(Section):
    name: str = Field(default="", description="who answers for the data, as it stands under each answer")
    contact: str = Field(default="", description="how people reach a human: a phone number or a page")
    mail: MaybeAddr = Field(
        default="", description="where mailbot tells and asks the operator; never the mailbox's own address"
    )
    deputy: MaybeAddr = Field(
        default="", description="who is told of what is late, and of everything while you are away (`mailbot away`)"
    )
    language: Literal["kk", "ru", "en"] = Field(
        default="ru", description="the language in which mailbot writes to the operator"
    )
    digest_at: str = Field(
        default="09:00",
        pattern=r"(?:([01]\d|2[0-3]):[0-5]\d)?",
        description="from which hour on the day's list of what waits is mailed; empty: at once with each pass",
    )
    age_key: str = Field(
        default="",
        description="the public key (age1…) that backups and sealed proofs are encrypted to; its secret lies with you",
    )


class TrustSettings(Section):
    authserv: list[Text] = Field(
        default=[],
        description="who writes Authentication-Results: NAME, NAME:below (under its own Received), *.NAME (varying)",
    )
    internal: list[Text] = Field(
        default=[],
        description="domains whose users can't forge each other inside this provider, so their mail needs no result",
    )
    dns: bool = Field(
        default=True,
        description="whether DNS may be asked for keys and DMARC records, to check signatures that nobody checked",
    )
    sealers: list[Text] = Field(
        default=[],
        description="domains of forwarders whose ARC seals are believed; everybody else's count for nothing",
    )


class ScheduleSettings(Section):
    poll_seconds: int = Field(default=60, ge=5, le=86_400, description="how often `mailbot run` looks into the mailbox")


class TemplateSettings(Section):
    folder: str = Field(
        default="templates", description="your own templates, used before the packaged ones; may be missing"
    )


class HealthSettings(Section):
    heartbeat_file: str = Field(
        default="", description="a file that gets the time after each pass that succeeded, and nothing else"
    )
    heartbeat_url: MaybeWebAddress = Field(
        default="", description="an address of yours that is called after each pass that succeeded; no data go there"
    )
    silent_minutes: int = Field(
        default=60, ge=2, le=43_200, description="after so long without a pass that succeeded the operator is mailed"
    )
    metrics_file: str = Field(
        default="", description="a file that gets the figures for Prometheus after each pass (textfile collector)"
    )


class LogSettings(Section):
    format: Literal["text", "json"] = Field(
        default="text", description="how `run` and `poll` log: text, or one JSON object a line"
    )


class Settings(Section):
    """mailbot.toml."""

    mailbox: MailboxSettings
    courier: CourierSettings
    oauth: OauthSettings = OauthSettings()
    store: StoreSettings = StoreSettings()
    operator: OperatorSettings = OperatorSettings()
    trust: TrustSettings = TrustSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    templates: TemplateSettings = TemplateSettings()
    health: HealthSettings = HealthSettings()
    log: LogSettings = LogSettings()
