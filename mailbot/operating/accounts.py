"""Who may open the console: accounts, the login with its lock, sessions and their ends. No page stands here.

Passwords are hashed with argon2id (RFC 9106); the second step, where an account asks it, is a code of RFC 6238. A login
says the same whatever was wrong. The tries are counted before the password is looked at, so guesses made side by side
are counted too; too many lock the account for a while, and the operator is told by mail.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import argon2
import pyotp

from mailbot.deciding.decision import Owed
from mailbot.errors import ConflictError, InputError
from mailbot.pipeline import Line, owe
from mailbot.settings import OperatorSettings
from mailbot.store import accounts
from mailbot.store.store import Store
from mailbot.store.unit import Unit

ROLES = ("operator", "reader")
SHORTEST, LONGEST = 12, 200  # letters of a password
MOST_FAILURES = 5
LOCKED = timedelta(minutes=15)
IDLE, ABSOLUTE = timedelta(minutes=30), timedelta(hours=12)  # a session ends after so long unused, and in any case
STEP = 30  # seconds of a code
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_TAKEN = ("mailbot", "operator", "hook", "law")  # who else an event may name
_hasher = argon2.PasswordHasher()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that logged in."""

    name: str
    role: str
    token: str

    @property
    def may_act(self) -> bool:
        """Whether this account may do more than read."""
        return self.role == "operator"


def add(line: Line, name: str, password: str, *, role: str = "operator", totp: bool = False) -> str:
    """Add an account; return the `otpauth:` address of its second step, "" where it has none.

    Raises InputError (a name or password that won't do), ConflictError (the name is taken).
    """
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise InputError("a name is 2 to 32 of a-z, 0-9, dot, hyphen, underscore, begins with a letter, and is no word")
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"a password has {SHORTEST} to {LONGEST} letters")
    if role not in ROLES:
        raise InputError(f"no such role: {role}; use one of {', '.join(ROLES)}")
    secret, hashed = pyotp.random_base32() if totp else "", _hasher.hash(password)
    with line.store.unit() as unit:
        if accounts.locked(unit, name) is not None:
            raise ConflictError(f"there is an account {name} already: `operator remove {name}` first")
        accounts.add(unit, name=name, role=role, password=hashed, totp=secret, totp_step=0, failures=0)
        unit.event("account_added", name, who="operator")
    issuer = f"mailbot {line.frame.mailbox}"
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer) if totp else ""


def listed(store: Store) -> list[dict[str, Any]]:
    """Return every account, without what proves it."""
    with store.reading() as connection:
        return [
            {"name": row.name, "role": row.role, "totp": bool(row.totp), "created_at": row.created_at,
             "locked_until": row.locked_until}
            for row in accounts.everyone(connection)
        ]  # fmt: skip


def remove(store: Store, name: str) -> None:
    """Take an account away; whoever is logged in under it is out at once. Raises InputError."""
    with store.unit() as unit:
        if not accounts.remove(unit, name):
            raise InputError(f"there is no account {name}")
        unit.event("account_removed", name, who="operator")


def login(line: Line, told: OperatorSettings, name: str, password: str, code: str = "") -> Session | None:
    """Return a new session; None where name, password or code is wrong, or the account is locked. Raises nothing."""
    account = _tried(line, told, name)
    right = _is_right(account.password if account else _nobody(), password[: LONGEST + 1])
    step = _step_of(account, code, line.store.clock()) if account else None
    if account is None or not right or step is None:
        if account is not None:
            _lock_when_full(line, told, name)
        return None
    token = line.store.new_id(52)
    with line.store.unit() as unit:
        now = accounts.locked(unit, name)  # of two who use one code at once, the second is too late
        if now is None or now.password != account.password or (account.totp and now.totp_step >= step):
            return None
        accounts.change(unit, name, failures=0, locked_until=None, totp_step=step)
        accounts.forget(unit, opened=unit.now - ABSOLUTE, used=unit.now - IDLE)
        accounts.open_session(unit, unit.keys.session(token), name)
        unit.event("login", who=name)
    return Session(name=name, role=account.role, token=token)


def _tried(line: Line, told: OperatorSettings, name: str) -> Any:
    """Count one try; return the account as it was, None where there is none or it is locked."""
    with line.store.unit() as unit:
        account = accounts.locked(unit, name)
        if account is None or (account.locked_until and account.locked_until > unit.now):
            return None
        failures = 0 if account.locked_until else account.failures
        if failures >= MOST_FAILURES:
            _lock(unit, line, told, name)
            return None
        accounts.change(unit, name, failures=failures + 1, locked_until=None)
        return account


def _lock_when_full(line: Line, told: OperatorSettings, name: str) -> None:
    with line.store.unit() as unit:
        account = accounts.locked(unit, name)
        if account is not None and account.failures >= MOST_FAILURES and account.locked_until is None:
            _lock(unit, line, told, name)


def _lock(unit: Unit, line: Line, told: OperatorSettings, name: str) -> None:
    """Lock an account and owe the operator a mail about it."""
    until = unit.now + LOCKED
    accounts.change(unit, name, locked_until=until)
    unit.event("account_locked", name)
    if told.mail and not line.is_own(told.mail):
        values = {"account": name, "failures": MOST_FAILURES, "until": until}
        language = told.language
        owe(unit, Owed(template="console-locked", role="operator", to=told.mail, language=language, values=values,
                       threads=False), line)  # fmt: skip


@cache
def _nobody() -> str:
    """Return the hash of a password that nobody has: an unknown name takes as long as a known one."""
    return _hasher.hash("no password of anybody")


def _is_right(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except argon2.exceptions.VerifyMismatchError:
        return False


def _step_of(account: Any, code: str, now: datetime) -> int | None:
    """Return the step to which a code belongs, 0 where none is asked; None where it is wrong or was used."""
    if not account.totp:
        return 0
    current, given = int(now.timestamp()) // STEP, "".join(code.split())
    for step in (current - 1, current, current + 1):  # a clock that is half a minute off
        made = pyotp.TOTP(account.totp).at(step * STEP)
        if hmac.compare_digest(made.encode(), given.encode("utf-8", "replace")) and step > account.totp_step:
            return step
    return None


def session(store: Store, token: str) -> Session | None:
    """Return the session of a token, None where it ended or never was; that it is used keeps it open."""
    key, now = store.keys.session(token), store.clock()
    with store.reading() as connection:
        row = accounts.session(connection, key)
    if row is None or now - row.seen_at > IDLE or now - row.opened_at > ABSOLUTE:
        return None
    if now - row.seen_at > timedelta(minutes=1):  # not a write for each page
        with store.unit() as unit:
            accounts.seen(unit, key)
    return Session(name=row.name, role=row.role, token=token)


def logout(store: Store, opened: Session) -> None:
    """End a session."""
    with store.unit() as unit:
        accounts.end(unit, unit.keys.session(opened.token))
        unit.event("logout", who=opened.name)


def acting(line: Line, opened: Session) -> Line:
    """Return the line on which every act bears that operator's name."""
    return replace(line, store=replace(line.store, operator=opened.name))
