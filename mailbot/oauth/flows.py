"""How somebody logs in: with a code that is typed on another device, or in a browser that comes back here.

The device flow is RFC 8628; the browser's is the authorization code with PKCE (RFC 7636, S256 alone) on a loopback
port (RFC 8252 section 7.3). Where the browser runs on another machine, the address that it ends at is pasted.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from urllib.parse import urlencode

from mailbot.errors import LoginRefused, LoginUnavailable
from mailbot.oauth.access import utc_now
from mailbot.oauth.browser import Listener
from mailbot.oauth.endpoint import ask
from mailbot.oauth.grant import Grant, begun
from mailbot.oauth.provider import Client, Said

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
INTERVAL = 5.0  # seconds between two questions, where the server names none (RFC 8628 section 3.2)
LONGEST = 1800.0  # seconds that somebody may take to type a code
Say = Callable[[str], None]
WAITING = ("authorization_pending", "slow_down")
ENDED = {
    "access_denied": "the login was refused on the page: run `mailbot login` again to allow it",
    "expired_token": "nobody typed the code in time: run `mailbot login` again",
}


def by_device(client: Client, say: Say, wait: Callable[[float], None] = time.sleep) -> Grant:
    """Tell a code and where to type it; return the grant once that was done. Raises LoginUnavailable, LoginRefused.

    Source: RFC 8628 sections 3.1 to 3.5.
    """
    provider = client.provider
    given = ask(provider.device_url, client.fields() | {"scope": provider.scope})
    code, typed, page = (str(given.get(name) or "") for name in ("device_code", "user_code", "verification_uri"))
    if not (code and typed and page):
        raise LoginRefused("the provider gave no code for another device: run `mailbot login --browser`")
    say(f"open {page} on any device and type {typed}")
    fields = client.fields() | {"grant_type": DEVICE, "device_code": code}
    interval, left = _number(given.get("interval"), INTERVAL), _number(given.get("expires_in"), LONGEST)
    while left > 0:
        wait(interval)
        left -= max(interval, 1.0)
        try:
            said = ask(provider.token_url, fields, bear=(*WAITING, *ENDED))
        except LoginUnavailable:  # it may be back before the code has expired
            interval *= 2
            continue
        error = said.get("error")
        if error in ENDED:
            raise LoginRefused(ENDED[error])
        if error is None:
            return begun(client, said, utc_now())
        interval += INTERVAL if error == "slow_down" else 0
    raise LoginRefused(ENDED["expired_token"])


def by_browser(client: Client, user: str, say: Say) -> Grant:
    """Tell an address to open in a browser; return the grant once it came back. Raises LoginUnavailable, LoginRefused.

    `user` is the account that the page proposes. Source: RFC 6749 section 4.1, RFC 7636 section 4.
    """
    provider, verifier, state = client.provider, secrets.token_urlsafe(64), secrets.token_urlsafe(32)
    with Listener(provider.redirect_host) as listener:
        asked = {
            "response_type": "code", "client_id": client.client_id, "redirect_uri": listener.url,
            "scope": provider.scope, "state": state, "code_challenge": challenge(verifier),
            "code_challenge_method": "S256", **({"login_hint": user} if user else {}),
        }  # fmt: skip
        page = f"{provider.authorize_url}{'&' if '?' in provider.authorize_url else '?'}{urlencode(asked)}"
        say(f"open this address in a browser, log in there and agree:\n\n{page}\n")
        say("a browser on another machine ends at a page that it can't open: paste the address of that page here")
        came = listener.wait(state, say)
    if "code" not in came:
        raise LoginRefused(ENDED["access_denied"])
    fields = {
        "grant_type": "authorization_code", "code": came["code"], "redirect_uri": listener.url,
        "code_verifier": verifier,
    }  # fmt: skip
    return begun(client, _exchanged(client, fields), utc_now())


def _exchanged(client: Client, fields: dict[str, str]) -> Said:
    said = ask(client.provider.token_url, client.fields() | fields, bear=("invalid_grant",))
    if "error" in said:
        raise LoginRefused("the code from the browser was not taken any more: run `mailbot login` again")
    return said


def challenge(verifier: str) -> str:
    """Return what proves later who asked. Source: RFC 7636 section 4.2 (S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def _number(value: object, default: float) -> float:
    try:
        given = float(str(value))
    except ValueError:
        return default
    return given if 0 < given <= LONGEST else default
