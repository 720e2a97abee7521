"""The command that serves the web door for the site's forms."""

from __future__ import annotations

import argparse

from mailbot.app import opened
from mailbot.cli.output import tell
from mailbot.config import secret
from mailbot.errors import ConfigError


def intake(arguments: argparse.Namespace) -> int:
    """Serve POST /intake/SOURCE until SIGTERM."""
    try:
        import uvicorn

        from mailbot.console.intake import create
    except ImportError as exc:
        raise ConfigError("the web door needs the extra: pip install 'mailbot[web]'") from exc
    with opened(arguments.config) as app:
        served = create(app.line, lambda name: secret(arguments.config, f"intake_{name}", ""))
        tell(f"http://{arguments.host}:{arguments.port}/intake/: put a proxy that speaks TLS before it")
        uvicorn.run(served, host=arguments.host, port=arguments.port, access_log=False, server_header=False,
                    log_level="warning")  # fmt: skip
    return 0
