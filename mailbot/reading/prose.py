"""Read one sentence without a label: a clear wish to change a field, or a plain statement of the writer's own.

What is asked, supposed, doubted or somebody else's is not taken; what is stated and doubtful is unclear. It takes no
rows (rows.py) and judges no words (roles.py). Serves policy section 2 (the seven fields).
"""

from __future__ import annotations

import re

from mailbot.reading.births import take_birth
from mailbot.reading.callednames import find_names
from mailbot.reading.contacts import find_contacts
from mailbot.reading.dates import find_dates
from mailbot.reading.found import NAMES, Found
from mailbot.reading.nameprose import take_absent, take_names
from mailbot.reading.roles import collapse, judge
from mailbot.reading.sentence import Sentence
from mailbot.reading.stated import settle, take_contacts
from mailbot.reading.wording import Word, words_of

_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_READ = frozenset(("phone", "email", *NAMES, "birth"))  # without a value, something may still be doubted
_CONTACTS = ("phone", "email")
_SIGNED = frozenset(("courtesy",))
_EMPTY = frozenset(("filler", "both", "and", "polite", "courtesy"))


def read_sentence(text: str, found: Found) -> None:
    """Take what one sentence states. Raises: nothing."""
    typed = words_of(text, latin=found.language == "kk" and not _CYRILLIC.search(text))
    heard = frozenset().union(*(word.says for word in typed))
    spots = find_contacts(text)
    if "birth" in heard:
        dates = find_dates(text, typed, found.language, today=found.today)
        spots = [s for s in spots if not any(s.start < d.end and d.start < s.end for d in dates)] + dates
    nameless = collapse(typed, spots)
    if heard & {*NAMES, "full_name", "new", "right", "old", "as", "change", "took"}:
        spots += find_names(text, typed, spots)
    if not spots and not heard & _READ and not found.waiting:
        found.before = _SIGNED if found.before and _is_signed(typed) else heard or found.before
        return
    spots.sort(key=lambda spot: spot.start)
    words = collapse(typed, spots)
    heard = frozenset().union(*(word.says for word in words))
    sentence = Sentence(text, words, spots, judge(words, spots), heard, nameless)
    if not spots or heard - _EMPTY:
        settle(sentence, found)
    for kind in _CONTACTS:
        take_contacts(kind, sentence, found)
    if "birth" in heard and not sentence.asked:
        take_birth(sentence, found)
    take_names(sentence, found)
    take_absent(sentence, found)
    for name in ("phone", "email", *NAMES):
        if name in heard:
            found.last = name
    if heard - _EMPTY:
        found.before = heard


def _is_signed(typed: list[Word]) -> bool:
    """Tell a line that is a name and nothing else: what stands below it is a signature."""
    names = [word.text for word in typed if word.text[0].isalpha()]
    return 0 < len(names) < 5 and all(name[0].isupper() for name in names) and len(typed) - len(names) < 3
