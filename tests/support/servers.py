"""What every server of the tests needs: free ports, a wait, a certificate, and skip or fail by name."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test by name on a laptop, fail it where CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI=true wants every server", pytrace=False)
    pytest.skip(what)


def free_ports(count: int) -> list[int]:
    """Return that many ports of 127.0.0.1 that nobody listens on right now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = 15) -> bool:
    """Wait until `ready`; False where the process ended or the time ran out."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            return False
        if ready():
            return True
        time.sleep(0.01)
    return False


def certificate(folder: Path, name: str = "127.0.0.1") -> tuple[Path, Path]:
    """Write a self-signed certificate for that IP address or host name; return (certificate, key)."""
    if shutil.which("openssl") is None:
        missing("openssl is not installed")
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    kind = "IP" if name[0].isdigit() else "DNS"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-addext", f"subjectAltName={kind}:{name}", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key
