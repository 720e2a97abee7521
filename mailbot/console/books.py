"""The pages that only show: the register of a year with its CSV, templates with preview, the health. Reads alone."""

from __future__ import annotations

import csv
import io
from typing import Any

from starlette.responses import Response

from mailbot.answering.catalogue import catalogue, preview
from mailbot.console.visit import Visit
from mailbot.console.words import LANGUAGES
from mailbot.errors import InputError
from mailbot.operating.check import check
from mailbot.operating.finding import Parts
from mailbot.operating.register import HEAD, cells, rows

MOST = 200  # entries on a page; the export has them all


def _asked(visit: Visit) -> tuple[int, dict[str, str]]:
    """Return the year and the filters that were chosen. Raises InputError."""
    query = visit.request.query_params
    zone = visit.console.pages.zone
    year = query.get("year") or str(visit.line.store.clock().astimezone(zone).year)
    if not (year.isdecimal() and year.isascii() and len(year) == 4):
        raise InputError("a year is four digits")
    return int(year), {name: query.get(name, "") for name in ("kind", "state", "late")}


def _entries(visit: Visit) -> tuple[int, dict[str, str], list[dict[str, Any]]]:
    """Return the year, the filters, and the entries that pass them, newest last."""
    year, chosen = _asked(visit)
    every = rows(visit.line, year, visit.language)
    return year, chosen, [each for each in every if all(not v or each[k] == v for k, v in chosen.items())]


def register(visit: Visit) -> Response:
    """Show a year's requests by kind, outcome and lateness."""
    year, chosen, found = _entries(visit)
    latest = found[::-1][:MOST]
    return visit.page("register.html", {"year": year, "chosen": chosen, "entries": latest, "count": len(found)})


def export(visit: Visit) -> Response:
    """Hand the same entries on as CSV, all of them."""
    year, _, found = _entries(visit)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEAD)
    writer.writerows(cells(each) for each in found)
    saved = {"Content-Disposition": f'attachment; filename="register-{year}.csv"'}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8", headers=saved)


def templates(visit: Visit) -> Response:
    """List what is mailed, when, and whose text is in use."""
    used = visit.console.app.writer.templates
    listed = [
        {"name": name, "rows": ", ".join(entry.rows), "says": entry.says[visit.language], "own": sorted(used.own(name))}
        for name, entry in catalogue().items()
    ]
    return visit.page("templates.html", {"listed": listed, "problems": used.check()})


def template(visit: Visit) -> Response:
    """Show one template as it would be mailed, filled with sample values. Raises InputError."""
    name, language = visit.request.path_params["name"], visit.request.path_params["language"]
    if name not in catalogue() or language not in LANGUAGES:
        raise InputError("there is no such template")
    mail = preview(visit.console.app.writer.templates, name, language)
    return visit.page("template.html", {"name": name, "tongue": language, "subject": mail.subject, "body": mail.body})


def health(visit: Visit) -> Response:
    """Show what `mailbot check` finds."""
    app = visit.console.app
    parts = Parts(
        settings=app.settings, line=visit.line, mailbox=app.mailbox, courier=app.courier,
        templates=app.writer.templates, folder=app.folder, hook_secret=app.hook_secret,
    )  # fmt: skip
    with visit.console.mailbox:
        findings = list(check(parts))
    order = ("wrong", "note", "ok")
    return visit.page("health.html", {"findings": sorted(findings, key=lambda each: order.index(each.level))})
