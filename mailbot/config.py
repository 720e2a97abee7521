"""Loads `mailbot.toml` and `policy.toml` of an installation, the environment over them, and its secrets.

Each failure is a ConfigError that names file, key and rule. Secrets are read on demand and never stand in an
error. No connection is made here; the settings themselves are in settings.py and policy.py.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from mailbot.errors import ConfigError, MailbotError, TemporaryError, is_short
from mailbot.policy import Policy
from mailbot.section import Section
from mailbot.settings import Settings

SETTINGS_FILE = "mailbot.toml"
POLICY_FILE = "policy.toml"
ENV_PREFIX = "MAILBOT_"


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
    return _load(Settings, path, _environment(lambda section: section not in Policy.model_fields))


def load_policy(folder: Path | None) -> Policy:
    """Return `policy.toml` of that folder over the packaged one, key by key; None: the packaged one.

    Raises ConfigError.
    """
    default = packaged("config") / POLICY_FILE
    if folder is None:
        return _load(Policy, default, {})
    path = folder / POLICY_FILE
    if not path.is_file():
        raise ConfigError(
            f"{path}: there is no such file; `mailbot restore` brings yours back, an empty one means the packaged rules"
        )
    own = _environment(lambda section: section in Policy.model_fields)
    return _load(Policy, path, own, under=_read(default))


def secret(folder: Path, name: str, file: str) -> str | None:
    """Return a password, or None: environment, the named file, a systemd credential, `secrets/` in that order.

    `name` is like `mailbox_password`, or `hook_NAME` of a place. Raises ConfigError where a named file can't be read.
    """
    section, key = name.split("_", 1)
    given = os.environ.get(f"{ENV_PREFIX}{section}__{key}".upper().replace("-", "_"))
    if given:
        return given
    if file:
        where = (
            f"{POLICY_FILE}: places: {key}: hook.secret" if section == "hook" else f"{SETTINGS_FILE}: {section}.{key}"
        )
        return _secret_text(folder / file, f"{folder / where}_file")
    credentials = os.environ.get("CREDENTIALS_DIRECTORY", "")
    for place in (Path(credentials) / name if credentials else None, folder / "secrets" / name):
        if place is not None and place.is_file():
            return _secret_text(place, str(place))
    return None


def _unreadable(exc: Exception) -> type[MailbotError]:
    """Return what it is: a machine that is short of something for a moment is no wrong setting."""
    return TemporaryError if is_short(exc) else ConfigError


def own_secret(folder: Path, name: str) -> Path | None:
    """Return the file in `secrets/` that `secret` reads; None where the environment or a credential goes before it."""
    section, key = name.split("_", 1)
    credentials = os.environ.get("CREDENTIALS_DIRECTORY", "")
    given = os.environ.get(f"{ENV_PREFIX}{section}__{key}".upper())
    elsewhere = given or (credentials and (Path(credentials) / name).is_file())
    return None if elsewhere else folder / "secrets" / name


def _secret_text(path: Path, named: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as exc:
        raise _unreadable(exc)(f"{named}: can't be read ({exc.strerror})") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{named}: can't be read (not UTF-8 text)") from exc


LISTS = ("addresses", "erase", "authserv", "internal", "sealers", "add", "remove")  # settings that are lists


def _environment(wanted: Callable[[str], bool]) -> dict[str, dict[str, Any]]:
    """Return the settings that MAILBOT_SECTION__KEY gives, of the sections wanted; lists are parted by commas."""
    sections: dict[str, dict[str, Any]] = {}
    for name, value in os.environ.items():
        section, _, key = name.removeprefix(ENV_PREFIX).lower().partition("__")
        secrets = section in ("hook", "intake", "metrics") or key in ("password", "key", "client_secret")
        if name.startswith(ENV_PREFIX) and key and not secrets and wanted(section):
            lists = section == "words" or key in LISTS
            sections.setdefault(section, {})[key] = (
                [v.strip() for v in value.split(",") if v.strip()] if lists else value
            )
    return sections


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as exc:
        raise _unreadable(exc)(f"{path}: can't be read as UTF-8 text") from exc
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
