"""A small IMAP server that behaves as Gmail documents: labels shown as folders, All Mail, Trash, X-GM-MSGID.

A mail is one thing with labels. Taken out of a label's folder it stays in All Mail; moved to Trash it loses every
label; only what is expunged in Trash is gone. It knows the commands that mailbot sends, and refuses others.
"""

from __future__ import annotations

import re
import shlex
import socket
import threading
from dataclasses import dataclass, field

ALL, TRASH, SENT = "[Gmail]/Вся почта", "[Gmail]/Корзина", "[Gmail]/Отправленные"
MARKS = {ALL: r"\All", TRASH: r"\Trash", SENT: r"\Sent"}


def utf7(name: str) -> str:
    """Return a folder's name in modified UTF-7 (RFC 3501 section 5.1.3)."""
    return re.sub(r"[^ -~]+", lambda m: "&" + m[0].encode("utf-7").decode()[1:-1].replace("/", ",") + "-", name)


@dataclass(slots=True)
class Held:
    """One mail."""

    octets: bytes
    labels: set[str]
    trashed: bool = False
    deleted: set[str] = field(default_factory=set)  # the folders in which it bears \\Deleted

    def lies(self, folder: str) -> bool:
        """Tell whether it is shown in a folder."""
        if self.trashed or folder == TRASH:
            return self.trashed and folder == TRASH
        return folder == ALL or folder in self.labels


class Gmail:
    """One running server; `mails` is by X-GM-MSGID, and a mail's UID is the same in every folder."""

    def __init__(self) -> None:
        self.folders = ["INBOX", "mailbot/Done", ALL, TRASH, SENT]
        self.mails: dict[int, Held] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def add(self, octets: bytes, *labels: str) -> int:
        """Put a mail in; return its X-GM-MSGID."""
        msgid = 1_700_000_000_000_000_000 + len(self.mails)
        self.mails[msgid] = Held(octets, set(labels))
        return msgid

    def stop(self) -> None:
        """End it."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        selected = ""
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"* OK Gimap ready\r\n")
            for line in lines:
                tag, command, *words = shlex.split(line.decode().replace("\\", "\\\\"))
                name = f"{command} {words[0]}".upper() if command.upper() == "UID" else command.upper()
                answers, said = self._answer(name, words, selected)
                if name == "SELECT" and said.startswith("OK"):
                    selected = words[0]
                connection.sendall(b"".join(answers) + f"{tag} {said} done\r\n".encode())
                if name == "LOGOUT":
                    return

    def _answer(self, name: str, words: list[str], selected: str) -> tuple[list[bytes], str]:
        if name == "CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1 UIDPLUS MOVE NAMESPACE X-GM-EXT-1\r\n"], "OK"
        if name == "NAMESPACE":
            return [b'* NAMESPACE (("" "/")) NIL NIL\r\n'], "OK"
        if name == "LIST":
            rows = [f'* LIST ({MARKS.get(each, "")}) "/" "{utf7(each)}"\r\n'.encode() for each in self.folders]
            return rows, "OK"
        if name == "SELECT":
            if words[0] not in map(utf7, self.folders):
                return [], "NO no such folder"
            return [b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1000] x\r\n"], "OK [READ-WRITE]"
        if name.startswith("UID "):
            folder = next(each for each in self.folders if utf7(each) == selected)
            return self._uid(name[4:], words[1:], folder)
        return [], "OK" if name in ("LOGIN", "NOOP", "LOGOUT") else "BAD what"

    def _uid(self, name: str, words: list[str], folder: str) -> tuple[list[bytes], str]:
        here = {uid: (msgid, held) for uid, (msgid, held) in enumerate(self.mails.items(), 1) if held.lies(folder)}
        if name == "SEARCH":
            return [
                f"* SEARCH {' '.join(str(uid) for uid in here if self._fits(here[uid], words[:]))}\r\n".encode()
            ], "OK"
        chosen = [uid for uid in here if any(_within(uid, span) for span in words[0].split(","))]
        if name == "FETCH":
            return [_fetched(uid, *here[uid], " ".join(words[1:])) for uid in chosen], "OK"
        for uid in chosen:
            _, held = here[uid]
            if name == "MOVE" and words[1] == utf7(TRASH):
                held.trashed, held.labels = True, set()
            elif name == "STORE":
                held.deleted.add(folder)
            elif name == "EXPUNGE" and folder in held.deleted:
                held.labels.discard(folder)
                held.octets = b"" if folder == TRASH else held.octets
        self.mails = {msgid: held for msgid, held in self.mails.items() if held.octets or not held.trashed}
        return [], "OK" if name in ("MOVE", "STORE", "EXPUNGE") else "BAD what"

    def _fits(self, mail: tuple[int, Held], words: list[str]) -> bool:
        """Tell whether a mail fits the first key, which is taken off the words; SEARCH matches parts of headers."""
        key = words.pop(0).upper()
        if key == "OR":
            found = [self._fits(mail, words), self._fits(mail, words)]
            return any(found)
        if key == "X-GM-MSGID":
            return mail[0] == int(words.pop(0))
        field_ = words.pop(0) if key == "HEADER" else key
        value = words.pop(0)
        lines = mail[1].octets.decode().split("\r\n\r\n")[0].lower().splitlines()
        return any(each.startswith(f"{field_.lower()}:") and value.lower() in each for each in lines)


def _within(uid: int, span: str) -> bool:
    first, _, last = span.partition(":")
    return int(first) <= uid <= int(last or first)


def _fetched(uid: int, msgid: int, held: Held, items: str) -> bytes:
    if "X-GM-MSGID" in items:
        return f"* {uid} FETCH (UID {uid} X-GM-MSGID {msgid})\r\n".encode()
    if "RFC822.SIZE" in items:
        size = len(held.octets)
        return f'* {uid} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE "02-Nov-2026 09:00:00 +0000")\r\n'.encode()
    head = held.octets.split(b"\r\n\r\n")[0] + b"\r\n\r\n"
    octets, name = (head, "BODY[HEADER]<0>") if "HEADER" in items else (held.octets, "BODY[]")
    return f"* {uid} FETCH (UID {uid} {name} {{{len(octets)}}}\r\n".encode() + octets + b")\r\n"
