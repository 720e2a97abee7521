"""A real authorization server on 127.0.0.1: authorization code with PKCE, device codes, refresh tokens, introspection.

It follows RFC 6749, 7636 and 8628 to the letter and refuses what does not: a test that logs in here has proven that
mailbot speaks them. What it may be told: how a person at its pages behaves (`person`), whether refresh tokens rotate
(`rotates`; an older one is then good until the newer was used, `strict`: never), and what it says instead (`says`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.receiver import Behaviour

CLIENT, SECRET, SCOPE = "mailbot-of-example", "a secret of the client", "mail offline"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(slots=True)
class Issued:
    """An access token."""

    user: str
    ends_at: float


@dataclass(slots=True)
class TokenServer:
    """The server's memory, and how it behaves."""

    url: str = ""
    user: str = "info@example.kz"
    client: str = CLIENT
    person: Literal["agrees", "denies", "waits"] = "agrees"
    rotates: bool = False
    strict: bool = False
    lasts: int = 3600  # seconds of an access token
    interval: float = 0.05  # of the device flow, in seconds
    says: list[Behaviour | tuple[int, dict[str, Any]]] = field(default_factory=list)  # to the next questions at /token
    codes: dict[str, dict[str, str]] = field(default_factory=dict)  # authorization codes, with what was asked
    devices: dict[str, str] = field(default_factory=dict)  # device codes, with what was typed: "", or the user
    refresh: dict[str, str] = field(default_factory=dict)  # refresh tokens that are good, with the user
    previous: dict[str, str] = field(default_factory=dict)  # a newer refresh token, with the one it came for
    access: dict[str, Issued] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)  # each question at /token, as it came
    shown: list[str] = field(default_factory=list)  # each access token that Dovecot asked about

    @property
    def grants(self) -> list[str]:
        """The kinds of what was asked for at /token."""
        return [each.get("grant_type", "") for each in self.asked]

    def settings(self, way: Literal["device", "browser"] = "device") -> str:
        """Return the [oauth] of an installation that logs in here."""
        page = (
            f'device_url = "{self.url}/device"' if way == "device" else f'authorize_url = "{self.url}/page?tone=kind"'
        )
        return (
            f'\n[oauth]\nprovider = "custom"\nclient_id = "{CLIENT}"\nscope = "{SCOPE}"\n'
            f'token_url = "{self.url}/token"\n{page}\n'
        )

    def new_refresh(self, user: str = "") -> str:
        """Return a refresh token, as after a login."""
        token = secrets.token_urlsafe(24)
        self.refresh[token] = user or self.user
        return token

    def tokens(self, user: str, refresh: str = "") -> dict[str, Any]:
        """Return the answer with a new access token, and the refresh token where there is a new one."""
        access = secrets.token_urlsafe(24)
        self.access[access] = Issued(user, time.time() + self.lasts)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": self.lasts, "scope": SCOPE}
        return answer | ({"refresh_token": refresh} if refresh else {})

    def expire(self) -> None:
        """Let every access token end now, before its time."""
        self.access.clear()

    def is_good(self, token: str, user: str) -> bool:
        """Tell whether a mail server may let that user in with it."""
        found = self.access.get(token)
        return found is not None and found.user == user and time.time() < found.ends_at

    def agree(self, address: str) -> str:
        """Be the person in the browser: open the page that was asked for; return where it sends the browser."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query, strict_parsing=True).items()}
        assert asked["response_type"] == "code" and asked["client_id"] == self.client and asked["scope"] == SCOPE
        assert asked["code_challenge_method"] == "S256" and asked["tone"] == "kind"
        back = urlsplit(asked["redirect_uri"])
        assert back.scheme == "http" and back.hostname == "127.0.0.1"
        if self.person == "denies":
            return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def type_code(self, user_code: str) -> None:
        """Be the person with another device: type the code."""
        (device_code,) = [code for code in self.devices if user_code == _typed(code)]
        self.devices[device_code] = self.user

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Return status and object for a form that was posted."""
        if path == "/introspect":
            self.shown.append(asked.get("token", ""))
            found = self.access.get(self.shown[-1])
            good = found is not None and time.time() < found.ends_at
            return 200, {"active": True, "username": found.user} if found and good else {"active": False}
        if asked.get("client_id") != self.client or asked.get("client_secret", SECRET) != SECRET:
            return 401, {"error": "invalid_client"}
        if path == "/device":
            code = secrets.token_urlsafe(24)
            self.devices[code] = ""
            page = {"verification_uri": f"{self.url}/code", "user_code": _typed(code), "interval": self.interval}
            return 200, {"device_code": code, "expires_in": 900, **page}
        kinds = {"refresh_token": self._renew, "authorization_code": self._exchange, DEVICE: self._poll}
        return kinds[asked["grant_type"]](asked)

    def _renew(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        old = asked["refresh_token"]
        user = self.refresh.get(old)
        if user is None:
            return 400, {"error": "invalid_grant", "error_description": f"AADSTS70008: {self.user} must log in"}
        self.refresh.pop(self.previous.pop(old, ""), None)  # it was used, so what it came for is not needed any more
        if not self.rotates:
            return 200, self.tokens(user)
        new = self.new_refresh(user)
        if self.strict:
            del self.refresh[old]
        else:
            self.previous[new] = old
        return 200, self.tokens(user, new)

    def _exchange(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        wanted = self.codes.pop(asked["code"], None)
        digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
        proven = wanted and base64.urlsafe_b64encode(digest).decode().rstrip("=") == wanted["code_challenge"]
        sound = 43 <= len(asked["code_verifier"]) <= 128  # RFC 7636 section 4.1
        if not proven or not sound or not wanted or asked["redirect_uri"] != wanted["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, self.tokens(self.user, self.new_refresh())

    def _poll(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if asked["device_code"] not in self.devices:
            return 400, {"error": "expired_token"}
        if self.person == "denies":
            return 400, {"error": "access_denied"}
        user = self.devices[asked["device_code"]] or (self.user if self.person == "agrees" else "")
        if not user:
            return 400, {"error": "authorization_pending"}
        del self.devices[asked["device_code"]]
        return 200, self.tokens(user, self.new_refresh(user))


def _typed(device_code: str) -> str:
    return hashlib.sha256(device_code.encode()).hexdigest()[:8].upper()


@contextmanager
def token_server(certificate: tuple[Path, Path] | None = None) -> Iterator[TokenServer]:
    """Serve until the block ends."""
    memory, lock = TokenServer(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            with lock:
                said = None
                if self.path == "/token":
                    memory.asked.append(asked)
                    said = memory.says.pop(0) if memory.says else None
                if said is None:
                    said = memory.answer(self.path, asked)
            if callable(said):
                said(self)
                return
            octets = json.dumps(said[1]).encode()
            self.send_response(said[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    memory.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
