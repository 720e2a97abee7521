"""The command line: arguments → one App call → print → exit code. No rule stands here.

Heavy libraries are imported inside the commands, so that `mailbot --version` and `--help` stay quick.
"""

from __future__ import annotations

import gc
import sys

from mailbot.errors import MachineShort, MailbotError, is_short

YOUNG = 10_000  # objects between two looks for garbage: of what a command loads none ever is


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code (sysexits(3), listed in the README). Without `argv` the process is ours."""
    if argv is not None:
        return _run(argv)
    gc.set_threshold(YOUNG)
    try:
        return _run(None)
    finally:
        gc.freeze()  # at its end Python would look through everything once more, for as long as a pass takes


def _run(argv: list[str] | None) -> int:
    from mailbot.cli.arguments import parse

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever the locale says
    try:
        arguments = parse(argv)
        return int(arguments.run(arguments))
    except MailbotError as exc:
        print(f"mailbot: {exc}", file=sys.stderr)
        return exc.exit_code
    except KeyboardInterrupt:
        print("mailbot: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `mailbot requests list | head`
        sys.stderr.close()
        return 0
    except OSError as exc:
        if not is_short(exc):
            raise
        print(f"mailbot: {MachineShort(exc)}", file=sys.stderr)
        return MachineShort.exit_code
