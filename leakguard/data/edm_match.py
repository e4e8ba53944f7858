"""Looks for values of an index in texts: how many, and which belong to one record.

Addresses are cut out by their `@`, numbers by their form; names are found by their first word, of
which it is remembered whether any name begins with it. Only what then is left is hashed.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from leakguard import limits
from leakguard.data import values
from leakguard.data.edm import Content, has, hasher
from leakguard.data.edm_tally import Hit

_LOCAL = re.compile(r"[^\s@\"'<>(),;:\[\]=|/\\]{1,64}")
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,24}")
# Each begins with what is rare: a look behind it at every place takes five times as long.
_PHONES = re.compile(r"\d[\d ()./-]{6,24}\d(?!\w)")
_IBANS = re.compile(r"[a-z]{2}\d\d(?: ?[a-z0-9]{2,4}){3,8}(?!\w)")
_NUMBERS = re.compile(r"\d[a-z0-9-]*(?<!-)")
_BEFORE_NUMBER = re.compile(r"[a-z0-9-]{0,16}")
_DOMAINS = re.compile(r"(?<![\w.-])(?:[a-z0-9-]+\.)+[a-z]{2,24}(?![\w-])")
_WORDS = re.compile(r"[^\W_]+|\n")
_SPACES = bytes(byte if chr(byte).isalnum() and byte < 128 else 32 for byte in range(256))
"""All but letters and digits of ASCII, as spaces."""
_CUT = " \x01 "
"""What stands where an address was: no word and no line."""
_FORMS = ((values.IBAN, _IBANS), (values.PHONE, _PHONES))


class Seeker:
    """One index, and what is known of words already. For one thread."""

    def __init__(self, content: Content, key: bytes) -> None:
        self.content = content
        self._arrays = content.arrays
        self._hash = hasher(key, content.salt)
        self._types = {column.type for column in content.columns}
        self._firsts: dict[str, bool] = {}
        self._pairs: dict[str, tuple[tuple[int, ...], bool]] = {}

    def hits(self, text: str) -> Iterator[Hit]:
        """The values in a text as `values.plain` gives it; by kind, not in its order."""
        if values.EMAIL in self._types or values.WORDS in self._types:
            found, text = self._addresses(text)
            yield from found
        if values.DOMAIN in self._types:
            found, text = self._domains(text)
            yield from found
        for kind, pattern in _FORMS:
            if kind in self._types:
                yield from self._formed(kind, pattern, text)
        if values.NUMBER in self._types:
            yield from self._numbers(text)
        if values.WORDS in self._types:
            yield from self._names(text)

    def _addresses(self, text: str) -> tuple[list[Hit], str]:
        """The e-mail addresses, and the text without any: a name in one is not another value."""
        parts = text.split("@")
        if len(parts) == 1:
            return [], text
        found: list[Hit] = []
        line = 0
        wanted = values.EMAIL in self._types
        for number in range(len(parts) - 1):
            left, right = parts[number], parts[number + 1]
            line += left.count("\n")
            local = _LOCAL.match(left[:-65:-1])
            domain = _DOMAIN.match(right) if local else None
            if not local or not domain:
                continue
            if wanted:
                address = f"{local[0][::-1]}@{domain[0]}"
                found += _hits(self._looked(values.EMAIL, address), line)
            parts[number] = left[: -len(local[0])] + _CUT
            parts[number + 1] = right[domain.end() :]
        return found, "@".join(parts)

    def _domains(self, text: str) -> tuple[list[Hit], str]:
        found: list[Hit] = []

        def cut(match: "re.Match[str]") -> str:
            name = match[0].removeprefix("www.")
            hits = self._placed(values.DOMAIN, name, text, match.start())
            found.extend(hits)
            return _CUT if hits else match[0]

        return found, _DOMAINS.sub(cut, text)

    def _formed(self, kind: str, pattern: "re.Pattern[str]", text: str) -> Iterator[Hit]:
        normal = values.NORMAL[kind]
        for match in pattern.finditer(text):
            before = text[match.start() - 1 : match.start()]
            if not before.isalnum() and (value := normal(match[0])):
                yield from self._placed(kind, value, text, match.start())

    def _numbers(self, text: str) -> Iterator[Hit]:
        for match in _NUMBERS.finditer(text):
            start = match.start()
            before = _BEFORE_NUMBER.match(text[max(0, start - 16) : start][::-1])
            value = values.number((before[0][::-1].lstrip("-") if before else "") + match[0])
            if value:
                yield from self._placed(values.NUMBER, value, text, start)

    def _placed(self, kind: str, value: str, text: str, offset: int) -> list[Hit]:
        """The value at an offset of a text, if the index has it: only then lines are counted."""
        found = self._looked(kind, value)
        return _hits(found, text.count("\n", 0, offset)) if found[1] else []

    def _looked(self, kind: str, text: str) -> tuple[int, tuple[int, ...]]:
        """The hash of a value, and whose it is."""
        value = self._hash(kind, text)
        return value, self._owners(value)

    def _owners(self, value: int) -> tuple[int, ...]:
        hashes = self._arrays["values"]
        at = bisect_left(hashes, value)
        end = at
        while end < len(hashes) and hashes[end] == value and end - at < limits.EDM_SHARED:
            end += 1
        return tuple(self._arrays["owners"][at:end])

    def _names(self, text: str) -> Iterator[Hit]:
        if text.isascii() and not self._may_name(text):
            return
        words = _WORDS.findall(text)
        firsts = self._first_words(set(words))
        if not firsts:
            return
        places = [at for at, word in enumerate(words) if word in firsts]
        breaks = [at for at, word in enumerate(words) if word == "\n"]
        words.append("\n")
        for at in places:
            following = words[at + 1]
            if following == "\n":
                continue
            owners, is_prefix = self._pair(f"{words[at]} {following}")
            if owners or is_prefix:
                line = bisect_right(breaks, at)
                yield from self._name(words, at, line, owners, is_prefix=is_prefix)

    def _may_name(self, text: str) -> bool:
        """Whether any name may be in a text of ASCII, whose lines are not looked at: four times as
        fast as the words with their lines."""
        words = text.encode().translate(_SPACES).decode().split()
        firsts = self._first_words(set(words))
        words.append("")
        return any(
            any(self._pair(f"{word} {words[at + 1]}"))
            for at, word in enumerate(words)
            if word in firsts
        )

    def _first_words(self, words: set[str]) -> set[str]:
        """Those with which a name begins."""
        known, section = self._firsts, self._arrays["firsts"]
        if len(known) > limits.EDM_KNOWN:
            known.clear()
        for word in words.difference(known):
            known[word] = word != "\n" and has(section, self._hash("first", word))
        return {word for word in words if known[word]}

    def _pair(self, text: str) -> tuple[tuple[int, ...], bool]:
        """Whose name two words are, and whether longer names begin with them."""
        found = self._pairs.get(text)
        if found is None:
            if len(self._pairs) > limits.EDM_KNOWN:
                self._pairs.clear()
            owners = self._owners(self._hash(values.WORDS, text))
            is_prefix = has(self._arrays["pairs"], self._hash("pair", text))
            found = self._pairs[text] = owners, is_prefix
        return found

    def _name(
        self, words: list[str], at: int, line: int, owners: tuple[int, ...], *, is_prefix: bool
    ) -> Iterator[Hit]:
        """The longest name that begins at a word."""
        text, end = f"{words[at]} {words[at + 1]}", at + 2
        best = (text, end, owners) if owners else None
        while is_prefix and end - at < limits.EDM_WORDS and words[end] != "\n":
            text, end = f"{text} {words[end]}", end + 1
            if longer := self._owners(self._hash(values.WORDS, text)):
                best = text, end, longer
        if best:
            weak = best[1] - at == 2
            yield Hit(line, at, best[1], self._hash(values.WORDS, best[0]), weak, best[2])


def _hits(found: tuple[int, tuple[int, ...]], line: int) -> list[Hit]:
    value, owners = found
    return [Hit(line, -1, -1, value, weak=False, owners=owners)] if owners else []
