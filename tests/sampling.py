"""Random texts that a pattern matches, and where its group `secret` lies in them."""

import string
from dataclasses import dataclass, field
from random import Random
from re import _constants as sre
from re import _parser as sre_parser
from typing import Any

_WORD = string.ascii_letters + string.digits
_CATEGORIES = {
    sre.CATEGORY_DIGIT: string.digits,
    sre.CATEGORY_WORD: _WORD + "_",
    sre.CATEGORY_SPACE: " \n\t",
    sre.CATEGORY_NOT_SPACE: _WORD,
}
_BORDERS = " \n"
_MORE = 24
"""Repeats beyond the least of a repeat without an end."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text that a pattern matches, parted at its secret."""

    before: str
    secret: str
    after: str


@dataclass(slots=True)
class _Sampler:
    chance: Random
    out: list[str] = field(default_factory=list)
    start: int = 0
    end: int = 0
    """Of the secret, in characters; 0 as long as there is none."""

    def items(self, items: Any, secret: int, *, inside: bool = False) -> None:
        """Outside the secret repeats are short and choices fixed, so that names are plain."""
        for op, value in items:
            if op is sre.SUBPATTERN:
                self._group(value, secret, inside)
            elif op is sre.BRANCH:
                self.items(self._branch(value[1], inside), secret, inside=inside)
            elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
                low, high, body = value
                for _ in range(self._count(low, high, body, inside)):
                    self.items(body, secret, inside=inside)
            elif op is not sre.AT:
                self.out.append(self.chance.choice(_characters(op, value, inside)))

    def _branch(self, branches: Any, inside: bool) -> Any:
        """Outside the secret the first with a character; inside by chance, by number of texts."""
        if not inside:
            return next((one for one in branches if one and one[0][0] is not sre.AT), branches[0])
        sets = [branch[0] if len(branch) == 1 else (None, ()) for branch in branches]
        weights = [len(_characters(op, value, True)) if op is sre.IN else 1 for op, value in sets]
        return self.chance.choices(branches, weights)[0]

    def _count(self, low: int, high: Any, body: Any, inside: bool) -> int:
        """Outside the secret the least; but what may part it from its name does."""
        most = low + _MORE if high is sre.MAXREPEAT else int(high)
        if inside:
            return self.chance.randint(low, most)
        op, value = body[0]
        parts = (
            len(body) == 1
            and op in (sre.IN, sre.ANY, sre.NOT_LITERAL)
            and " " in _characters(op, value, False)
        )
        return max(low, 1) if parts else low

    def _group(self, value: Any, secret: int, inside: bool) -> None:
        number, _, _, body = value
        if number == secret:
            self.start = len("".join(self.out))
        self.items(body, secret, inside=inside or number == secret)
        if number == secret:
            self.end = len("".join(self.out))


def sample(pattern: str, chance: Random) -> Sample:
    """A random text that the pattern matches; without a group `secret` all of it is the secret."""
    tree = sre_parser.parse(pattern)
    secret = tree.state.groupdict.get("secret")
    sampler = _Sampler(chance)
    sampler.items(tree, secret or -1, inside=secret is None)
    text = "".join(sampler.out)
    end = sampler.end if secret else len(text)
    return Sample(text[: sampler.start], text[sampler.start : end], text[end:])


def _characters(op: Any, value: Any, inside: bool) -> str:
    """The characters that one item of a pattern stands for: those of tokens, or what parts them."""
    if op is sre.LITERAL:
        return chr(value)
    refused = ""
    if op is sre.NOT_LITERAL:
        refused = chr(value)
    elif op is not sre.ANY:
        refused = "".join(_members(item) for item in value)
        if value[0][0] is not sre.NEGATE:
            return refused if inside or " " not in refused else " "
    usual = _WORD if inside else _BORDERS
    return "".join(c for c in usual if c not in refused) or _WORD


def _members(item: tuple[Any, Any]) -> str:
    op, value = item
    if op is sre.RANGE:
        return "".join(map(chr, range(value[0], value[1] + 1)))
    if op is sre.CATEGORY:
        return _CATEGORIES[value]
    return chr(value) if op is sre.LITERAL else ""
