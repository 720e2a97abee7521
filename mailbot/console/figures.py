"""`/metrics`: the figures for Prometheus, for whoever is logged in or bears the secret of `secrets/metrics_token`.

Not for loopback as such: behind a proxy every call comes from there.
"""

from __future__ import annotations

import hmac

from starlette.responses import Response

from mailbot.config import secret
from mailbot.console.visit import Visit
from mailbot.errors import ConfigError
from mailbot.operating import metrics
from mailbot.operating.check_secrets import SHORTEST


def figures(visit: Visit) -> Response:
    """Hand the figures out. Raises ConfigError, StoreUnavailable."""
    if visit.opened is None and not _bears(visit):
        says = "log in, or send Authorization: Bearer with what stands in secrets/metrics_token\n"
        return Response(says, 401, media_type="text/plain", headers={"WWW-Authenticate": "Bearer"})
    return Response(metrics.text(visit.line.store), media_type=metrics.CONTENT_TYPE)


def _bears(visit: Visit) -> bool:
    """Tell whether a call bears the secret (RFC 6750 section 2.1); where there is none, or a short one, none does."""
    try:
        wanted = (secret(visit.console.app.folder, "metrics_token", "") or "").encode()
    except ConfigError:
        return False  # `check` tells it; who asks here learns nothing
    scheme, _, given = visit.request.headers.get("authorization", "").partition(" ")
    same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), wanted)
    return same and scheme.lower() == "bearer" and len(wanted) >= SHORTEST
