"""A new key reaches every keyed hash that the store holds: each column of a hash's length is in one of two lists."""

from __future__ import annotations

from sqlmodel.sql.sqltypes import AutoString

from mailbot.store.dump import tables
from mailbot.store.rotation import HASHES

STAY = {  # plain SHA-256, links and seals that a former key proves, or no hash at all
    "mail.sha256", "policy_text.sha256", "proof.sha256", "event.link", "event_cut.link", "event_cut.seal",
    "operator_account.totp",
    "canary.key",  # of a trial mail: one that is on its way in that minute is sent again
    "console_session.key",  # goes: whoever had the console open logs in again
}  # fmt: skip


def test_every_column_of_a_hash_is_rotated_or_named_here() -> None:
    rotated = {f"{table.__table__.name}.{column}" for table, columns in HASHES for column in columns}
    known = {f"{table.name}.{column.name}" for table in tables() for column in table.columns}
    long = {
        f"{table.name}.{column.name}"
        for table in tables() for column in table.columns
        if isinstance(column.type, AutoString) and column.type.length == 64
    }  # fmt: skip
    assert rotated <= known and known >= STAY
    assert not rotated & STAY
    assert long <= rotated | STAY
    assert rotated - long == {"reply.digest"}, "a hash has 64 letters: its column says so"
