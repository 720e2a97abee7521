"""Tell whose a value is: the writer's, somebody else's, or the number of an order, a card, a document.

The nearest clause that tells counts; «Мой муж сменил номер, теперь …» goes on with the husband. It judges neither new
nor old (roles.py). Serves policy section 2: a number that isn't the writer's is never taken.
"""

from __future__ import annotations

from mailbot.reading.wording import STEMS, Word, key_of

EDGES = frozenset(",;()")
QUOTES = frozenset("«»\"“”„'(:–—-")
_STEMS = frozenset(STEMS)
_JOINTS = frozenset(("but", "and"))
_BEFORE = frozenset(("на", "по", "с", "со", "от", "до", "из", "к", "через", "at", "from", "via", "on", "for", "by"))
_DEAR = ("курмет", "уважаем", "dear", "дорог")
_SELF = ("сво", "оз")  # «дала свой номер»: hers
_MY = frozenset(("мои", "моя", "мое", "моего", "моеи", "моему", "моим", "наш", "наша"))
_NO_OWNERS = frozenset(("it's", "that's", "here's", "there's", "what's", "let's", "today's", "this's"))
_ITS = frozenset(("его", "ее", "их"))  # «её номер», but «его сотрите»
_FROM = frozenset(("с", "со", "от", "из", "from"))
_AWAY = ("нан", "нен", "дан", "ден", "тан", "тен")
_OBLIQUE = ("не", "нен", "га", "ге", "нан", "де", "да", "мен", "нин", "на", "дан", "ден", "ине", "инен")


def is_edge(word: Word) -> bool:
    """Tell whether a clause ends at a word. Raises: nothing."""
    return word.text in EDGES or (bool(word.says & _JOINTS) and not word.says & {"own", "delete"})


def whose(words: list[Word], place: int, after: list[Word]) -> str:
    """Return mine or other, told by the nearest clause before a value that tells, else by the words behind it."""
    clause: list[Word] = []
    own = _of_clause(after)
    if own == "other" or any("own" in word.says for word in after):
        return own
    maybe, clauses = "", 0
    for number in range(place - 1, -2, -1):
        if number < 0 or is_edge(words[number]):
            found = _of_clause(clause[::-1])
            if found == "other" and (not maybe or _is_subject(clause[::-1])):
                return found
            if found == "mine" and any("own" in word.says and not _is_self(word) for word in clause):
                return found
            maybe = maybe or found
            clause, clauses = [], clauses + bool(clause)
            if clauses > 4:
                break
        else:
            clause.append(words[number])
    return maybe or own or _of_clause(words[place + 1 :])


def _is_possessive(clause: list[Word], owner: int, place: int) -> bool:
    """Tell «Муж мой родился …», where «мой» is said of the husband."""
    return place == owner + 1 and key_of(clause[place].text) in _MY and clause[place].says >= {"own"}


def _is_self(word: Word) -> bool:
    """Tell «свою», which is whoever opens the sentence: «Тётя указала свою почту»."""
    return key_of(word.text).startswith(_SELF)


def _is_subject(clause: list[Word]) -> bool:
    """Tell whether a clause starts with somebody else: «Мой муж сменил номер, теперь …»."""
    return any("owner" in word.says for word in clause[:3])


def _of_clause(clause: list[Word]) -> str:
    owner = own = -1
    for place, word in enumerate(clause):
        if is_owner(clause, place):
            owner = place
        elif "own" in word.says and not (owner >= 0 and (_is_self(word) or _is_possessive(clause, owner, place))):
            own = place
    says = frozenset().union(*(word.says for word in clause))
    if owner >= 0 and own <= owner and "took" not in says:
        return "other"
    return "mine" if own >= 0 or says & {"new", "right", "change", "reach"} else ""


def is_owner(clause: list[Word], place: int) -> bool:
    """Tell whether a word names somebody else: a relative, an office, «Айданың нөмірі», "Bob's", «звоните Олегу».

    Raises: nothing.
    """
    word = clause[place]
    if place and key_of(clause[place - 1].text).startswith(_DEAR):
        return False
    if "owner" in word.says and key_of(word.text) in _ITS:
        return bool(clause[place + 1 : place + 2]) and bool(
            clause[place + 1].says & (_STEMS | {"new", "old", "filler"})
        )
    if "owner" in word.says or ("yours" in word.says and _has_number(clause, place)):
        return True
    if word.says or not word.text[:1].isalpha():
        return False
    key = key_of(word.text)
    if key.endswith(("'s", "s'")):
        return key not in _NO_OWNERS
    if key.endswith(("атин", "етин", "йтин")) or key in ("один", "господин"):
        return False  # «хабарласатын телефон»
    if key.endswith("мнин"):  # «келіншегімнің»
        return True
    follows, before = clause[place + 1 : place + 2], clause[place - 1 : place]
    if key.endswith(("нин", "дин", "тин")):
        return bool(follows and follows[0].says & {"phone", "email"})
    if before and key_of(before[0].text) == "у":
        return key not in ("себя", "вас")
    led = bool(follows) and "reach" in follows[0].says and key_of(follows[0].text) not in ("i", "я", "мен")
    called = bool(before and "reach" in before[0].says) or bool(led and place)
    return called and word.text[0].isupper() and word.text[1:].islower()


def _has_number(clause: list[Word], place: int) -> bool:
    """Tell «ваш номер», «ваш +7 …» from «ваша база»."""
    for word in clause[place + 1 : place + 4]:
        if word.spot >= 0 or word.says & _STEMS:
            return True
        if not word.says & {"filler", "new", "old"}:
            return False
    return place + 1 == len(clause)


def is_mention(before: list[Word], after: list[Word]) -> bool:
    """Tell «на номер …», «с номера …», «… нөміріне»: the sentence only uses the value. Raises: nothing."""
    return _led(before, after, _BEFORE, _OBLIQUE)


def is_away(before: list[Word], after: list[Word]) -> bool:
    """Tell «с номера …», «… нөмірінен», "from …": something came from the value. Raises: nothing."""
    with_it = bool(before) and key_of(before[-1].text).endswith(("ом", "ем", "ей", "ой"))  # «хожу с номером …»
    return not with_it and _led(before, after, _FROM, _AWAY)


def _led(before: list[Word], after: list[Word], leading: frozenset[str], endings: tuple[str, ...]) -> bool:
    for word in reversed(before):
        key = key_of(word.text)
        if key in leading:
            return True
        if word.says & {"phone", "email"} and key.endswith(endings):
            return True
        if word.text not in QUOTES and not word.says & (_STEMS | {"filler", "own", "new", "old"}):
            break
    return bool(after and after[0].says & {"phone", "email"} and key_of(after[0].text).endswith(endings))


def is_thing(before: list[Word], after: list[Word]) -> bool:
    """Tell the number of an order, a card, a document. Raises: nothing."""
    for place in range(len(before) - 1, -1, -1):
        word = before[place]
        if "thing" in word.says or word.text in "№#":
            return True
        named = bool(place) and "thing" in before[place - 1].says  # «Шарт нөмірі», "tracking number"
        if is_edge(word) or (word.says & {"phone", "email"} and not named):
            break
    return bool(after and "thing" in after[0].says)


def is_wish(before: list[Word]) -> bool:
    """Tell whether the clause that leads to a value asks for something: «…, дозвониться можно по 8 701 …».

    Raises: nothing.
    """
    start = next((place for place in range(len(before) - 1, -1, -1) if is_edge(before[place])), -1)
    return any(word.says & {"reach", "change"} for word in before[start + 1 :])


def each_clause(words: list[Word]) -> list[frozenset[str]]:
    """Return what each clause says. Raises: nothing."""
    clauses: list[list[Word]] = [[]]
    for word in words:
        if is_edge(word):
            clauses.append([])
        else:
            clauses[-1].append(word)
    return [says_of(clause) for clause in clauses]


def says_of(words: list[Word]) -> frozenset[str]:
    """Return what words say; «или» alone is no doubt of a value. Raises: nothing."""
    return frozenset().union(*(word.says - {"doubt"} if "either" in word.says else word.says for word in words))
