"""No mail stops the line: ill mails in a Maildir, one pass over them, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from mailbot.cli import main
from tests.support import mails
from tests.support.site import COLUMNS, row

MAILS = 300


@pytest.mark.slow
def test_a_pass_over_ill_mails_decides_each_of_them(
    store_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box, out, folder = (tmp_path / name for name in ("box", "out", "conf"))
    for place in (box, out):
        for part in ("new", "cur", "tmp"):
            (place / part).mkdir(parents=True)
    people = tmp_path / "people.csv"
    people.write_text(f"{COLUMNS}\n{row('Serikova', 'Aliya', 'aliya@example.kz')}\n", encoding="utf-8")
    urls = ["--mailbox", f"maildir://{box}", "--courier", f"maildir://{out}", "--store", store_url]
    assert main(["init", str(folder), *urls, "--address", "info@example.com", "--operator", "Example",
                 "--contact", "+7 700 000 00 00", "--authserv", "mx.example.com", "--live"]) == 0  # fmt: skip
    assert main(["--config", str(folder), "people", "import", str(people)]) == 0
    for seed in range(MAILS):
        (box / "new" / f"1700000000.{seed:05d}.host").write_bytes(mails.mail(Random(1_000_000 + seed)))
    capsys.readouterr()

    assert main(["--config", str(folder), "poll", "--json"]) == 0

    counts = json.loads(capsys.readouterr().out)
    assert counts["fetched"] == MAILS
    assert counts["poisoned"] == counts["waiting"] == counts["owed"] == 0
    assert counts["applied"] > 0
    assert len(list((out / "new").iterdir())) == counts["sent"]
