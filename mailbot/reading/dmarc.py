"""Tell whether a signer speaks for a domain: identifier alignment by the DNS tree walk (RFC 9989 section 4.10).

The walk takes the place of lists of public suffixes: where an organisation begins is what its DMARC records say. A
domain without any record has no organisation beyond itself. DNS comes through the resolver that is handed in.
"""

from __future__ import annotations

import re

from mailbot.ports import Resolver

LABELS = 7  # of a longer name only so many are walked, after the name itself (RFC 9989 section 4.10)
_RECORD = re.compile(r"\s*v\s*=\s*DMARC1\s*(?:;|$)")
Tags = dict[str, str]


def aligned(signer: str, domain: str, resolve: Resolver) -> bool:
    """Tell whether a signature of `signer` counts for a From of `domain`, both lower-case A-labels.

    The same domain always does; another one of the same organisation where the record's adkim is not strict.
    Raises TemporaryError. Source: RFC 9989 sections 3.2.10.2, 4.10.1 and 4.10.2.
    """
    if signer == domain:
        return True
    records = walk(domain, resolve)
    if not records:
        return False
    organisation = _organisation(domain, records)
    policy = next((tags for name, tags in records if name == domain), None)
    policy = policy or next((tags for name, tags in records if name == organisation), records[0][1])
    if policy.get("adkim", "r").lower() == "s":
        return False
    return _organisation(signer, walk(signer, resolve)) == organisation


def walk(domain: str, resolve: Resolver) -> list[tuple[str, Tags]]:
    """Return the valid records from the domain upwards, each with its name; at most eight questions.

    Raises TemporaryError. Source: RFC 9989 section 4.10.
    """
    labels = domain.split(".")
    names = [domain, *(".".join(labels[at:]) for at in range(max(1, len(labels) - LABELS), len(labels)))]
    found: list[tuple[str, Tags]] = []
    for name in names:
        records = [record for record in resolve(f"_dmarc.{name}") if _RECORD.match(record)]
        if len(records) == 1:  # of several none counts
            found.append((name, tags_of(records[0])))
            if found[-1][1].get("psd", "").lower() in ("y", "n"):
                break
    return found


def _organisation(domain: str, records: list[tuple[str, Tags]]) -> str:
    """Return the organisational domain (RFC 9989 section 4.10.2)."""
    for name, tags in records:
        psd = tags.get("psd", "").lower()
        if psd == "n":
            return name
        if psd == "y" and name != domain:
            below = domain[: -len(name) - 1].rpartition(".")[2]
            return f"{below}.{name}"
    return records[-1][0] if records else domain


def tags_of(record: str) -> Tags:
    """Return the tags of a DMARC record; of a tag that stands twice the first. Raises nothing."""
    tags: Tags = {}
    for part in record.split(";"):
        name, _, value = part.partition("=")
        tags.setdefault(name.strip().lower(), value.strip())
    return tags
