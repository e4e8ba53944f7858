"""Plugins of detect-secrets that teams wrote: Python that looks at every line, so they are slow.

They are loaded and called as detect-secrets does (`detect-secrets scan --plugin FILE`), with its
default filters, but what a plugin would ask a service is not asked. Only a flag or a variable names
such a file, since it is run. detect-secrets is imported when there is one.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from leakguard.errors import RuleError
from leakguard.lines import after, before, characters, following, previous
from leakguard.model import Candidate, Confidence, Piece, Rule, Severity, Skip, Span, Window

PROVIDER = "detect-secrets"

_HANDLED = "detect_secrets.filters.allowlist.is_line_allowlisted"
"""A filter that is left out: suppression.py reads the comment, and counts what it silences."""


class _Plugin(NamedTuple):
    rule: Rule
    instance: Any


class _Line(NamedTuple):
    """A line of a piece: its number in the blob, and where it stands in the window."""

    number: int
    start: int
    text: str


class Plugins:
    """The plugins of some files. For one thread."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Raises RuleError for a file that cannot be loaded or has no plugin."""
        self._plugins = [plugin for file in files for plugin in _loaded(file)]
        self.rules = tuple(plugin.rule for plugin in self._plugins)
        """One for each kind of secret that they know."""

    def candidates(self, window: Window) -> Iterator[Candidate | Skip]:
        """What the plugins find in a window, blob by blob; a skip has the piece's key.

        Binary blobs are left out, as detect-secrets does.
        """
        for piece in window.pieces:
            if window.data.find(b"\0", piece.start, piece.end) < 0:
                yield from self._piece(window, piece)

    def _piece(self, window: Window, piece: Piece) -> Iterator[Candidate | Skip]:
        lines = list(_lines(window, piece))
        for plugin in self._plugins:
            try:
                for index, line in enumerate(lines):
                    if piece.own_start <= line.start < piece.own_end:
                        for secret in _secrets(plugin, piece.key, lines, index):
                            yield from _found(plugin.rule, window, piece, line, secret)
            except Exception as error:  # it is somebody's code, and may raise anything
                why = f"plugin {plugin.rule.id} failed on a line of it: {type(error).__name__}"
                yield Skip(piece.key, why)


def _loaded(file: Path) -> Iterator[_Plugin]:
    from detect_secrets.core.plugins.util import get_plugins_from_file

    try:
        classes: list[Any] = list(get_plugins_from_file(str(file)))
        instances = [(plugin, plugin()) for plugin in classes]
    except OSError as error:
        raise RuleError(f"plugin file {file} cannot be read: {error.strerror}") from error
    except Exception as error:  # it is somebody's code, and may raise anything
        reason = f"{type(error).__name__} when it is loaded"
        raise RuleError(f"plugin file {file} cannot be used: {reason}: try it alone") from error
    if not instances:
        raise RuleError(f"plugin file {file} has no plugin: derive a class from BasePlugin")
    for plugin, instance in instances:
        yield _Plugin(_rule(str(plugin.secret_type), file), instance)


def _rule(secret_type: str, file: Path) -> Rule:
    """What is reported of a plugin's finds: it says no more of them than a name."""
    slug = re.sub(r"[^a-z0-9]+", "-", secret_type.lower()).strip("-")
    id_ = f"{PROVIDER}-{slug}"
    return Rule(
        id=id_,
        name=secret_type,
        provider=PROVIDER,
        impact="",
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        pattern="",
        family=id_,
        file=file.name,
    )


def _lines(window: Window, piece: Piece) -> Iterator[_Line]:
    number, start = piece.line, piece.start
    for text in bytes(window.data[piece.start : piece.end]).split(b"\n"):
        yield _Line(number, start, text.decode(errors="surrogateescape"))
        number, start = number + 1, start + len(text) + 1


def _secrets(plugin: _Plugin, name: str, lines: Sequence[_Line], index: int) -> list[str]:
    """What a plugin finds in a line, without what detect-secrets' own filters take out."""
    from detect_secrets.core.scan import get_filters_with_parameter
    from detect_secrets.util.code_snippet import get_code_snippet
    from detect_secrets.util.inject import call_function_with_arguments

    line = lines[index].text.rstrip()
    around = lines[max(0, index - _CONTEXT) : index + _CONTEXT + 1]
    context = get_code_snippet([item.text for item in around], min(index, _CONTEXT) + 1)
    found = call_function_with_arguments(
        plugin.instance.analyze_line,
        filename=name,
        line=line,
        line_number=lines[index].number,
        context=context,
    )
    values = {item.secret_value for item in found or () if item.secret_value}
    if not values:
        return []
    filters = [one for one in get_filters_with_parameter("secret") if one.path != _HANDLED]
    given = {"filename": name, "line": line, "plugin": plugin.instance, "context": context}
    return sorted(
        value
        for value in values
        if not any(_drops(one, given | {"secret": value}) for one in filters)
    )


_CONTEXT = 5
"""Lines to either side that a plugin is shown, as in detect-secrets."""


def _drops(filter_: Any, given: dict[str, Any]) -> bool:
    from detect_secrets.util.inject import call_function_with_arguments

    try:
        return bool(call_function_with_arguments(filter_, **given))
    except TypeError:  # it asks for more: detect-secrets passes over it too
        return False


def _found(
    rule: Rule, window: Window, piece: Piece, line: _Line, value: str
) -> Iterator[Candidate]:
    """The secret wherever it stands on its line; the line, if a plugin changed what it found."""
    data, secret = window.data, value.encode(errors="surrogateescape")
    end = line.start + len(line.text.encode(errors="surrogateescape"))
    place = data.find(secret, line.start, end)
    if place < 0:
        place, secret = line.start, bytes(data[line.start : end])
    shift = piece.offset - piece.start
    first = piece.column if line.start == piece.start else 0
    while place >= 0:
        stop = place + len(secret)
        column = first + characters(data[line.start : place]) + 1
        yield Candidate(
            rule=rule,
            key=piece.key,
            span=Span(
                place + shift,
                stop + shift,
                line.number,
                column,
                line.number,
                column + characters(secret),
            ),
            secret=secret,
            before=before(data, piece.start, place),
            after=after(data, stop, piece.end),
            previous=previous(data, piece.start, place),
            following=following(data, stop, piece.end),
        )
        place = data.find(secret, stop, end)
