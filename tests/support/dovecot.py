"""A real Dovecot 2.3 on free ports of 127.0.0.1: IMAP plain and with TLS, LMTP, one fresh mailbox per user name.

Any user name logs in with the password `secret`, so a new name is a new mailbox.
"""

from __future__ import annotations

import getpass
import grp
import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from imapclient import IMAPClient

from tests.support.servers import certificate, free_ports, missing, wait_for

CONFIG = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
protocols = {protocols}
listen = 127.0.0.1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
ssl_dh =
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
mail_fsync = never
first_valid_uid = 0
first_valid_gid = 0
mail_max_userip_connections = 100
auth_failure_delay = 0
lmtp_rcpt_check_quota = no
postmaster_address = postmaster@example.kz
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = {separator}
  prefix = {prefix}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
{chroot}
}}
service imap-login {{
{chroot}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
"""
OAUTH = """
auth_mechanisms = plain login xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {base}/oauth2.conf
}}
"""
INTROSPECTION = """
introspection_mode = post
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
"""
LMTP = """
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""
AS_USER = """
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
"""


class Dovecot:
    """One running server; `stop()` ends it and takes its folder away."""

    host = "127.0.0.1"
    password = "secret"

    def __init__(self, separator: str = "/", prefix: str = "", introspection: str = "", more: str = "") -> None:
        """Start it, with `more` settings; `introspection`: the URL at which access tokens are shown to be good.

        Raises RuntimeError with Dovecot's log where it doesn't start.
        """
        self._more = more
        self.base = Path(tempfile.mkdtemp(prefix="dovecot-"))
        self.separator, self.prefix, self._introspection = separator, prefix, introspection
        self.certificate, self._key = certificate(self.base)
        self._root = os.geteuid() == 0
        owner = pwd.getpwnam("nobody") if self._root else pwd.getpwuid(os.geteuid())
        self._uid, self._gid = owner.pw_uid, owner.pw_gid
        (self.base / "mail").mkdir()
        if self._root:
            self.base.chmod(0o755)
            os.chown(self.base / "mail", self._uid, self._gid)
        for _ in range(5):  # another process may have taken a port meanwhile
            if self._start():
                return
            self._end()
        log = self.base / "dovecot.log"
        raise RuntimeError(log.read_text() if log.exists() else "dovecot did not start")

    def _start(self) -> bool:
        self.port, self.tls_port, self.lmtp_port = free_ports(3)
        user, group = getpass.getuser(), grp.getgrgid(self._gid).gr_name
        text = CONFIG if not self._root else CONFIG + LMTP
        text += "" if self._root else AS_USER
        if self._introspection:
            text += OAUTH
            (self.base / "oauth2.conf").write_text(INTROSPECTION.format(url=self._introspection), encoding="ascii")
        text += self._more.replace("{", "{{").replace("}", "}}")
        values = {"base": self.base, "cert": self.certificate, "key": self._key, "password": self.password}
        values |= {"imap": self.port, "imaps": self.tls_port, "lmtp": self.lmtp_port, "user": user, "group": group}
        values |= {"uid": self._uid, "gid": self._gid, "separator": self.separator, "prefix": self.prefix}
        values |= {"protocols": "imap lmtp" if self._root else "imap", "chroot": "" if self._root else "  chroot ="}
        config = self.base / "dovecot.conf"
        config.write_text(text.format(**values), encoding="utf-8")
        self._process = subprocess.Popen(
            [_program(), "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return wait_for(self._greets, self._process)

    def _greets(self) -> bool:
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as connection:
                return connection.recv(4) == b"* OK"
        except OSError:
            return False

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(timeout=20)

    def stop(self) -> None:
        """End the server and remove its mail."""
        self._end()
        shutil.rmtree(self.base, ignore_errors=True)

    def user(self) -> str:
        """Return a new user name, which is a new and empty mailbox."""
        return f"u{uuid.uuid4().hex[:12]}@example.kz"

    def url(self, user: str, folder: str = "INBOX") -> str:
        """Return the mailbox URL without TLS, as `mailbot init` takes it."""
        return f"imap://{user}:{self.password}@{self.host}:{self.port}/{quote(folder)}"

    def deliver(self, user: str, octets: bytes) -> None:
        """Deliver one mail as a mail server does: LMTP, or a drop into the Maildir where we are not root."""
        if not self._root:
            self.append(user, octets)
            return
        with smtplib.LMTP(self.host, self.lmtp_port) as lmtp:
            lmtp.sendmail("sender@example.com", [user], octets)

    @contextmanager
    def login(self, user: str) -> Iterator[IMAPClient]:
        """Yield a second client of that mailbox, logged in."""
        client = IMAPClient(self.host, self.port, ssl=False, timeout=15)
        client.normalise_times = False
        try:
            client.login(user, self.password)
            yield client
        finally:
            client.logout()

    def append(self, user: str, octets: bytes, received_at: datetime | None = None, folder: str = "INBOX") -> int:
        """Put a mail into a folder (made when missing) with that INTERNALDATE; return its UID."""
        with self.login(user) as client:
            if folder != "INBOX" and not client.folder_exists(folder):
                client.create_folder(folder)
            answer = client.append(folder, octets, msg_time=received_at)
        found = re.search(rb"\[APPENDUID \d+ (\d+)\]", answer)
        assert found is not None
        return int(found[1])

    def kick(self, user: str) -> None:
        """Cut every connection of that user."""
        command = ["doveadm", "-c", str(self.base / "dovecot.conf"), "kick", user]
        subprocess.run(command, check=False, capture_output=True)

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        """Return where Dovecot keeps that folder; for ASCII folder names."""
        home = self.base / "mail" / user / "Maildir"
        return home if folder == "INBOX" else home / ("." + folder.replace(self.separator, "."))

    def new_uidvalidity(self, user: str) -> None:
        """Make the server forget its UIDs, as a restored or moved mailbox does: another UIDVALIDITY."""
        home = self.maildir(user)
        listed = home / "dovecot-uidlist"
        old = re.search(r"\bV(\d+)", listed.read_text(encoding="ascii", errors="replace"))
        for path in home.glob("dovecot*"):
            path.unlink()
        validity = int(old[1]) + 1000 if old else 1000
        listed.write_text(f"3 V{validity} N1 G{uuid.uuid4().hex}\n", encoding="ascii")
        os.chown(listed, self._uid, self._gid)


def _program() -> str:
    return shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin") or ""


def start(separator: str = "/", prefix: str = "", introspection: str = "", more: str = "") -> Dovecot:
    """Start a server; skips by name where Dovecot is not installed or not a 2.3."""
    program = _program()
    if not program:
        missing("Dovecot is not installed (dovecot-imapd, dovecot-lmtpd)")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if not version.startswith("2.3"):
        missing(f"Dovecot 2.3 is wanted, here is {version.split()[0]}")
    return Dovecot(separator, prefix, introspection, more)
