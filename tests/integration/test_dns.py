"""The real resolver against a name server on this machine: answers, no answers, and what is remembered of them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from mailbot.errors import TemporaryError
from mailbot.intake.dns import Dns

RECORDS = {
    "s1._domainkey.example.org.": '"v=DKIM1; " "p=AAAA"',
    "_dmarc.example.org.": '"v=DMARC1; p=none"',
    "two.example.org.": ('"one"', '"two"'),
}


@dataclass(slots=True)
class NameServer:
    """Answers TXT questions; `rcode` fails them, `deaf` leaves them without an answer."""

    channel: socket.socket
    rcode: int = dns.rcode.NOERROR
    deaf: bool = False
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        return int(self.channel.getsockname()[1])

    def serve(self) -> None:
        while not self.over.is_set():
            try:
                octets, sender = self.channel.recvfrom(4096)
            except TimeoutError:
                continue
            query = dns.message.from_wire(octets)
            name = query.question[0].name.to_text()
            self.asked.append(name)
            if not self.deaf:
                self.channel.sendto(self._answer(query, name).to_wire(), sender)

    def _answer(self, query: dns.message.Message, name: str) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        reply.set_rcode(self.rcode)  # type: ignore[arg-type]
        if self.rcode == dns.rcode.NOERROR and name in RECORDS:
            texts = RECORDS[name]
            reply.answer.append(
                dns.rrset.from_text_list(name, 300, "IN", "TXT", [texts] if isinstance(texts, str) else texts)
            )
        elif self.rcode == dns.rcode.NOERROR and name != "empty.example.org.":
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply


@pytest.fixture
def server() -> Iterator[NameServer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", 0))
        channel.settimeout(0.05)
        made = NameServer(channel)
        thread = threading.Thread(target=made.serve)
        thread.start()
        yield made
        made.over.set()
        thread.join()


def resolver(server: NameServer) -> Dns:
    return Dns(nameservers=["127.0.0.1"], port=server.port, timeout_seconds=0.3)


def test_records_and_none(server: NameServer) -> None:
    resolve = resolver(server)
    assert resolve("s1._domainkey.example.org") == ["v=DKIM1; p=AAAA"]  # its strings joined
    assert sorted(resolve("two.example.org")) == ["one", "two"]
    assert resolve("empty.example.org") == []
    assert resolve("not.example.org") == []


def test_an_answer_is_asked_for_once(server: NameServer) -> None:
    resolve = resolver(server)
    for _ in range(3):
        resolve("_dmarc.example.org")
        resolve("not.example.org")
    assert sorted(server.asked) == ["_dmarc.example.org.", "not.example.org."]


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED])
def test_a_failure_that_may_pass(server: NameServer, rcode: int) -> None:
    server.rcode = rcode
    with pytest.raises(TemporaryError) as failure:
        resolver(server)("_dmarc.example.org")
    assert "example" not in str(failure.value)


def test_a_silent_domain_is_not_asked_again_at_once(server: NameServer) -> None:
    server.deaf = True
    resolve = resolver(server)
    for name in ("a.example.org", "a.example.org", "_dmarc.mail.example.org"):
        with pytest.raises(TemporaryError):
            resolve(name)
    assert set(server.asked) == {"a.example.org."}
    server.deaf = False
    assert resolve("not.example.com") == []  # another domain is


def test_no_server_at_all() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", 0))
        port = channel.getsockname()[1]
    with pytest.raises(TemporaryError):
        Dns(nameservers=["127.0.0.1"], port=port, timeout_seconds=0.3)("example.org")


@pytest.mark.parametrize("name", ["", "a..b", ".", "a" * 64 + ".org", ".".join(["abcdefgh"] * 40), "a\0b", "ы" * 70])
def test_a_name_that_can_t_be(server: NameServer, name: str) -> None:
    assert resolver(server)(name) == []
