"""The scenario with every row of the table, which several of these tests carry out."""

from __future__ import annotations

import pytest

from tests.support.dovecot import Dovecot
from tests.support.killed import Commands
from tests.support.postgres import Postgres
from tests.support.runs import Stage
from tests.support.smtp import SmtpServer
from tests.torture.scenario import laid


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stage(
    request: pytest.FixtureRequest, dovecot: Dovecot, smtp: SmtpServer, commands: Commands,
    tmp_path_factory: pytest.TempPathFactory,
) -> Stage:  # fmt: skip
    """The scenario on one database."""
    postgres: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    return laid(tmp_path_factory.mktemp("scenario"), dovecot, smtp, commands, postgres)
