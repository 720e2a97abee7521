"""Writes what is owed. The templates and their library are loaded with the first answer: most passes owe none."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mailbot.answering.mime import Frame
from mailbot.config import packaged

if TYPE_CHECKING:
    from mailbot.answering.reply import Rendered, Templates
    from mailbot.deciding.decision import Owed


class Writer:
    """What renders the answers of one installation, whose own templates lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        """Raises ConfigError where the packaged templates are missing."""
        packaged("templates")
        self._folder = folder

    @cached_property
    def templates(self) -> Templates:
        """The templates of all languages."""
        from mailbot.answering.reply import Templates

        return Templates([self._folder])

    def __call__(self, owed: Owed, frame: Frame) -> Rendered:
        """Return the mail that is owed; raises what `render` does."""
        from mailbot.answering.reply import render

        return render(owed, frame, self.templates)
