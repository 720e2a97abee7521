"""Measure explain of one 6 KB mail against one mail-parser parse of the same, side by side in one warm process.

Run `python -m tests.bench.explain_vs_parse`; the last line is one JSON object: the ratio, and milliseconds of this
machine (medians; CPU of both, wall time of explain).
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

import mailparser

from mailbot.operating.explain import explain
from tests.support.explained import RULES

ROUNDS = 200
NOW = datetime(2026, 11, 23, 9, 6, tzinfo=UTC)
TEXT = (
    """Добрый день!

Прошу записать мои новые данные.
Телефон: +7 701 234 56 78
Фамилия: Серикова

С уважением,
Алия Серикова

пн, 23 нояб. 2026 г. в 11:00, Example <info@example.com>:
"""
    + "> Здравствуйте, это строка прежнего письма.\n" * 16
)
HTML = "".join(f"<div>{line}</div>\n" for line in TEXT.split("\n"))
HEADER = f"""Return-Path: <aliya@example.kz>
Authentication-Results: mx.example.com; dkim=pass header.d=example.kz header.s=s header.b=abcd;
 spf=pass (mx.example.com: domain of aliya@example.kz designates 192.0.2.1 as permitted sender)
 smtp.mailfrom=aliya@example.kz; dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.kz
Received: from mail.example.kz (mail.example.kz [192.0.2.1]) by mx.example.com with ESMTPS id 1
 (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128); Mon, 23 Nov 2026 12:00:03 +0500
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.kz; s=s; h=from:to:subject:date:message-id;
 bh={"A" * 43}=; b={"B" * 60}
 {"C" * 70}
 {"D" * 70}
From: =?UTF-8?B?0JDQu9C40Y8=?= <aliya@example.kz>
To: info@example.com
Subject: =?UTF-8?B?{base64.b64encode("Актуализация персональных данных".encode()).decode()}?=
Date: Mon, 23 Nov 2026 12:00:00 +0500
Message-ID: <1@example.kz>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"
"""


def _part(kind: str, text: str) -> str:
    body = base64.encodebytes(text.encode()).decode()
    return f"--b\nContent-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{body}"


MAIL = f"{HEADER}\n{_part('plain', TEXT)}{_part('html', HTML)}--b--\n".replace("\n", "\r\n").encode()


def measured(*calls: Callable[[], object]) -> list[tuple[float, float]]:
    """Return the median CPU and wall time in ms of each call; they take turns, so that a busy moment hits all."""
    times: list[list[tuple[float, float]]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for call, taken in zip(calls, times, strict=True):
            cpu, wall = time.process_time(), time.perf_counter()
            call()
            taken.append((time.process_time() - cpu, time.perf_counter() - wall))
    return [(median(cpu for cpu, _ in taken) * 1000, median(wall for _, wall in taken) * 1000) for taken in times]


def measure() -> dict[str, float]:
    """Return the ratio, and what both take in milliseconds."""
    assert explain(MAIL, RULES, NOW, known=True)["decision"] == "apply"
    ours, theirs = measured(
        lambda: explain(MAIL, RULES, NOW, known=True), lambda: mailparser.parse_from_bytes(MAIL)
    )  # fmt: skip
    return {
        "explain_vs_parse": round(ours[0] / theirs[0], 2), "explain_cpu_ms": round(ours[0], 2),
        "explain_wall_ms": round(ours[1], 2), "parse_cpu_ms": round(theirs[0], 2), "mail_bytes": len(MAIL),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measure()))
