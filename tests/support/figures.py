"""A strict reader of Prometheus's text format, version 0.0.4: each rule of its page that our output can break."""

from __future__ import annotations

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?\}})? (-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)")
HEAD = re.compile(rf"# (HELP|TYPE) ({NAME}) (.+)")


def read(text: str) -> dict[str, float]:
    """Return each sample by its name with its labels. Raises ValueError with the line that breaks a rule."""
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    found: dict[str, float] = {}
    told: dict[str, dict[str, str]] = {}
    for line in text[:-1].split("\n"):
        head, sample = HEAD.fullmatch(line), SAMPLE.fullmatch(line)
        if head is not None:
            kind, name, says = head.groups()
            if kind in told.setdefault(name, {}) or list(told)[-1] != name:
                raise ValueError(f"said twice or not together: {line}")
            if kind == "TYPE" and says not in ("counter", "gauge"):
                raise ValueError(f"no such type: {line}")
            told[name][kind] = says
        elif sample is not None:
            name, labels, value = sample.groups()
            if set(told.get(name, {})) != {"HELP", "TYPE"} or list(told)[-1] != name:
                raise ValueError(f"not below its own head: {line}")
            key = f"{name}{{{labels}}}" if labels else name
            if key in found:
                raise ValueError(f"twice: {line}")
            found[key] = float(value)
        else:
            raise ValueError(f"neither head nor sample: {line}")
    return found
