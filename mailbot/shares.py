"""How hosts share mailboxes evenly: how many are one host's, what it leaves, what it may take. Pure: nothing is asked.

A host that can't read a mailbox is barred from it; a command that needs a turn for a moment is a host that would hold
none. Neither makes another host give away what nobody else would read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Host:
    """A living host: how many mailboxes it could read, and the turns of how many it has."""

    able: int
    has: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the mailboxes that this host knows are spread."""

    me: str
    total: int
    mine: dict[str, int]  # our turns, with their numbers
    hosts: dict[str, Host]  # by name, ourselves among them
    barred: Collection[tuple[str, str]] = ()  # (host, mailbox) that it can't read now

    @property
    def share(self) -> int:
        """The most that any host has to have so that all mailboxes are read, those that can read fewer counted in."""
        left, share = self.total, 0
        ables = sorted(host.able for host in self.hosts.values())
        for place, able in enumerate(ables):
            share = -(-left // (len(ables) - place))
            if able >= share:
                return share
            left -= able
        return ables[-1] if ables else 0

    @property
    def free(self) -> int:
        """How many nobody living has."""
        return max(0, self.total - sum(host.has for host in self.hosts.values()))

    def room(self, has: int) -> int:
        """Return how many more this host, which has so many, may take at once: whoever has fewest comes first."""
        ours = min(self.share, self.hosts[self.me].able)
        rivals = [host.has for name, host in self.hosts.items() if name != self.me and host.has < self._aim(host)]
        return max(0, ours - has) if has <= min(rivals, default=has) else 0

    def _aim(self, host: Host) -> int:
        return min(self.share, host.able)

    def others(self, mailbox: str, fewer_than: float = float("inf")) -> bool:
        """Tell whether another host has room for a mailbox that it can read, and has fewer than so many."""
        return any(
            host.has < min(host.able, fewer_than) and name != self.me and (name, mailbox) not in self.barred
            for name, host in self.hosts.items()
        )

    def over(self, ours: Sequence[str], leaving: int = 0) -> list[str]:
        """Return which of the mailboxes that are ours, and stay so, are to be left to hosts that have two less.

        So many more are being left already.
        """
        many = len(ours) - min(self.share, self.hosts[self.me].able)
        fewer = len(ours) - self.free - leaving - 1  # what is free goes to them first
        return [box for box in ours if self.others(box, fewer)][: max(many, 1)]
