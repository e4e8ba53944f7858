"""What the processes of one scan send: findings without the rules, which all of them have."""

import io
from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from leakguard.model import Candidate, Rule, Span

if TYPE_CHECKING:
    from multiprocessing.reduction import ForkingPickler

_RULES: dict[str, Rule] = {}
"""By id, those of the team at work: a message names them, since each is larger than a candidate."""


def _rule(name: str) -> Rule:
    return _RULES[name]


def know(rules: Iterable[Rule]) -> None:
    """Says which rules the messages are about. To be called before the processes are forked."""
    _RULES.clear()
    _RULES.update((rule.id, rule) for rule in rules)


def dumped(message: object) -> bytes:
    """For `Connection.recv` of the process that has forked this one."""
    buffer = io.BytesIO()
    _pickler()(buffer).dump(message)
    return buffer.getvalue()


@cache
def _pickler() -> "type[ForkingPickler]":
    from multiprocessing.reduction import ForkingPickler

    # By their fields in order: pickle takes three times as long to ask dataclasses for them.
    fields_of: dict[type, Callable[[Any], Any]] = {
        Candidate: attrgetter(*Candidate.__match_args__),
        Span: attrgetter(*Span.__match_args__),
    }

    class Pickler(ForkingPickler):
        def reducer_override(self, obj: object) -> Any:
            if fields := fields_of.get(type(obj)):
                return type(obj), fields(obj)
            return (_rule, (obj.id,)) if isinstance(obj, Rule) else NotImplemented

    return Pickler
