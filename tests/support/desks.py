"""The operator's desk of an installation under test: her address proven, her list mailed at once or once a day."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from mailbot.app import open_store
from mailbot.config import load_settings
from mailbot.store import digest


def tell_at(folder: Path, hour: str) -> None:
    """Set from which hour on the list is mailed; "" is at once."""
    path = folder / "mailbot.toml"
    text = re.sub(r"(?m)^digest_at = .*\n", "", path.read_text(encoding="utf-8"))
    path.write_text(text.replace("[operator]\n", f'[operator]\ndigest_at = "{hour}"\n'), encoding="utf-8")


def not_meanwhile(folder: Path) -> None:
    """Have the list mailed in twelve hours, or by the end of the day: later on each day that a clock may jump to."""
    now = datetime.now(ZoneInfo("Asia/Almaty"))
    then = now + timedelta(hours=12)
    tell_at(folder, f"{then:%H:%M}" if then.date() == now.date() else "23:59")


def prove(folder: Path) -> None:
    """Take the operator's and the deputy's address as proven, as their answers to our first mail do."""
    settings = load_settings(folder)
    addresses = [each for each in (settings.operator.mail, settings.operator.deputy) if each]
    store = open_store(folder, settings)
    try:
        with store.unit() as unit:
            digest.know(unit, addresses)
            unit.set_note(digest.PROVEN, json.dumps([unit.keys.suppression(each) for each in addresses]))
    finally:
        store.engine.dispose()


def at_once(folder: Path) -> None:
    """Do both: most tests look at what one pass tells."""
    tell_at(folder, "")
    prove(folder)
