"""Asks an endpoint of a provider: one form by POST, one JSON object back (RFC 6749 sections 3.2, 5.1 and 5.2).

Every failure leaves here as LoginUnavailable (try again) or LoginRefused (the operator must act). Of what the server
says only its error code, and the number that Microsoft puts before its words, ever stand in a sentence.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping
from http.client import HTTPException
from urllib.parse import urlencode, urlsplit

from mailbot import web
from mailbot.errors import LoginGone, LoginRefused, LoginUnavailable
from mailbot.oauth.provider import Said

SECONDS = 30.0  # of one call, from connecting to its last octet
MAX_ANSWER = 64 * 1024
GONE = "the login is gone (withdrawn, expired, or its password was changed): run `mailbot login` again"
_CODE = re.compile(r"[a-z_]{1,40}")
_NUMBER = re.compile(r"\bAADSTS[0-9]{1,9}\b")
_LATER = ("temporarily_unavailable", "server_error", "slow_down")
_GONE = ("invalid_grant", "interaction_required", "login_required", "consent_required")
_CLIENT = ("invalid_client", "unauthorized_client")


def ask(url: str, fields: Mapping[str, str], *, bear: tuple[str, ...] = ()) -> Said:
    """Return what the endpoint answered; an error of it whose code is in `bear` comes back as it is.

    Raises LoginUnavailable, LoginRefused.
    """
    status, said = _called(url, urlencode(fields).encode("ascii"))
    code = said.get("error")
    if isinstance(code, str) and code in bear:
        return said
    if status == 200 and said and code is None:
        return said
    raise _failure(urlsplit(url).hostname or "", status, said)


def _called(url: str, body: bytes) -> tuple[int, Said]:
    host = urlsplit(url).hostname
    headers = {
        "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", "User-Agent": "mailbot",
        "Connection": "close",
    }  # fmt: skip
    try:
        with web.calling(url, SECONDS) as connection:
            connection.request("POST", web.target(url), body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, _object(answer.read(MAX_ANSWER))
    except TimeoutError as exc:
        raise LoginUnavailable(f"{host} gave no token in time; the next pass tries again") from exc
    except ssl.SSLCertVerificationError as exc:
        raise LoginRefused(f"the certificate of {host} is not valid: no login is sent there") from exc
    except (OSError, HTTPException, ValueError) as exc:
        raise LoginUnavailable(f"{host} can't be reached for a token; the next pass tries again") from exc


def _object(octets: bytes) -> Said:
    """Return a JSON object; {} where it is none, as the error page of a proxy."""
    try:
        found = json.loads(octets)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _failure(host: str, status: int, said: Said) -> LoginUnavailable | LoginRefused:
    code = said.get("error")
    code = code if isinstance(code, str) and _CODE.fullmatch(code) else ""
    if status >= 500 or status in (200, 408, 429) or code in _LATER:
        return LoginUnavailable(f"{host} gives no token now ({code or status}); the next pass tries again")
    number = _NUMBER.search(str(said.get("error_description", "")))
    reason = f"{code or status}, {number[0]}" if number else str(code or status)
    if code in _GONE:
        return LoginGone(f"{GONE} ({host} says {reason})")
    if code in _CLIENT:
        return LoginRefused(
            f"{host} does not know the client ({reason}): check client_id, tenant and secret in [oauth]"
        )
    return LoginRefused(
        f"{host} refuses the login ({reason}): check [oauth] and the client's secret, then run `mailbot login`"
    )
