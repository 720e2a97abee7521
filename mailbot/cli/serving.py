"""The commands that serve the web: the door for the site's forms, and the operator's console."""

from __future__ import annotations

import argparse

from mailbot.app import opened
from mailbot.cli.output import tell
from mailbot.config import secret
from mailbot.errors import ConfigError, UsageError
from mailbot.section import is_loopback


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


def console(arguments: argparse.Namespace) -> int:
    """Serve the operator's pages until SIGTERM. Raises UsageError where a password could be read on its way."""
    try:
        from mailbot.console.site import serve
    except ImportError as exc:
        raise ConfigError("the console needs the extra: pip install 'mailbot[web]'") from exc
    tls = bool(arguments.certfile and arguments.keyfile)
    if bool(arguments.certfile) != bool(arguments.keyfile):
        raise UsageError("--certfile and --keyfile go together")
    if not is_loopback(arguments.host) and not (tls or arguments.proxy):
        raise UsageError(f"--host {arguments.host}: name --certfile and --keyfile, or --proxy HOST that speaks TLS")
    hosts = [*arguments.name, *([arguments.proxy] if arguments.proxy else [])]
    if not is_loopback(arguments.host) and not hosts:
        raise UsageError(f"--host {arguments.host}: name the host that the browser calls with --name HOST")
    secure = tls or bool(arguments.proxy)
    with opened(arguments.config) as app:
        name = hosts[0] if hosts else arguments.host
        at = f"https://{name}/" if arguments.proxy else f"http{'s' if tls else ''}://{name}:{arguments.port}/"
        tell(f"{at}: log in with an account of `mailbot operator add`; stop with Ctrl-C")
        serve(app, arguments.host, arguments.port, hosts=hosts, secure=secure,
              certfile=arguments.certfile, keyfile=arguments.keyfile)  # fmt: skip
    return 0
