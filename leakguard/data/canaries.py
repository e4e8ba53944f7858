"""Canaries: made-up customers that are planted among real ones, and the rules that find them.

Their file holds them with the split mark of the rule files in each value: the file itself sets off
no alarm, wherever it lies. What is found is a literal text, so that there is no doubt about it.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from leakguard import limits
from leakguard.bounded import read_bounded
from leakguard.errors import ConfigError
from leakguard.model import Confidence, Rule, Severity

SPLIT_MARK: Final = "~~"

PROVIDER: Final = "Canaries"

_FIELDS: Final = ("name", "email", "phone", "iban")
_TITLES: Final = {
    "name": "name",
    "email": "e-mail address",
    "phone": "phone number",
    "iban": "IBAN",
}
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LEAST: Final = 8
"""Characters of a value: a shorter one is met by chance."""


@dataclass(frozen=True, slots=True)
class Canary:
    """One customer that nobody has. What it does not have is empty."""

    id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    iban: str = ""
    planted: str = ""
    """Where and when, as whoever planted it wrote."""


def load_canaries(file: Path) -> tuple[Canary, ...]:
    """The canaries in a file, in its order. Raises ConfigError when it cannot be used."""
    import tomllib  # most scans have no canaries

    data = read_bounded(file, limits.RULE_FILE_BYTES, f"canary file {file}", ConfigError)
    try:
        document = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The text of the error could quote a canary.
        raise ConfigError(f"canary file {file} is not valid TOML") from error
    tables = document.get("canary")
    if document.keys() - {"canary"} or not isinstance(tables, list) or not tables:
        raise ConfigError(
            f"canary file {file} has no [[canary]]: `leakguard canary new` makes some"
        )
    return tuple(_canary(table, number, file) for number, table in enumerate(tables, 1))


def _canary(table: Any, number: int, file: Path) -> Canary:
    known = {field.name for field in fields(Canary)}
    where = f"canary file {file}: number {number}"
    if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
        raise ConfigError(f"{where} is no table of texts")
    if unknown := sorted(table.keys() - known):
        raise ConfigError(f"{where} has `{unknown[0]}`: use {', '.join(sorted(known))}")
    found = Canary(**{key: text.replace(SPLIT_MARK, "") for key, text in table.items()})
    if not _ID.fullmatch(found.id):
        raise ConfigError(f"{where} needs an `id` of lower-case letters, digits and `-`")
    values = [getattr(found, name) for name in _FIELDS if getattr(found, name)]
    if not values or any(len(value) < _LEAST for value in values):
        raise ConfigError(f"{where} needs a value, and none shorter than {_LEAST} characters")
    return found


def written(canaries: Iterable[Canary]) -> str:
    """The tables of a canary file, each value split so that no scanner sees it whole."""
    lines: list[str] = []
    for canary in canaries:
        lines += ["[[canary]]", f'id = "{canary.id}"']
        lines += [f'{name} = "{_split(text)}"' for name in _FIELDS if (text := _of(canary, name))]
        lines += [f"planted = {_quoted(canary.planted)}"] if canary.planted else []
        lines.append("")
    return "".join(f"{line}\n" for line in lines)


def _of(canary: Canary, name: str) -> str:
    return str(getattr(canary, name))


def _split(text: str) -> str:
    half = len(text) // 2
    return f"{text[:half]}{SPLIT_MARK}{text[half:]}"


def _quoted(text: str) -> str:
    import json

    return json.dumps(text)  # a JSON string is a basic string of TOML


def add_canaries(file: Path, canaries: Sequence[Canary]) -> None:
    """Appends to a file, which is made when it is not there and then readable by its owner only.

    Raises ConfigError when it cannot be written, or holds something else.
    """
    if file.exists():
        load_canaries(file)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(written(canaries))
    except OSError as error:
        raise ConfigError(f"canary file {file} cannot be written: {error.strerror}") from error


def canary_rules(files: Iterable[Path]) -> list[Rule]:
    """The rules that find the canaries in these files, by id.

    Raises ConfigError for a file that cannot be used, and for an id that is there twice.
    """
    rules: dict[str, Rule] = {}
    for file in files:
        for canary in load_canaries(file):
            for rule in _rules(canary):
                if rule.id in rules:
                    raise ConfigError(f"canary file {file}: the id `{canary.id}` is there twice")
                rules[rule.id] = rule
    return [rules[key] for key in sorted(rules)]


def _rules(canary: Canary) -> Iterator[Rule]:
    for name in _FIELDS:
        for suffix, pattern in _patterns(name, _of(canary, name)).items():
            yield Rule(
                id=f"canary-{canary.id}-{name}{suffix}",
                family=f"canary-{canary.id}-{name}",
                name=f"Canary {canary.id} ({_TITLES[name]})",
                provider=PROVIDER,
                impact="It exists nowhere but in the customer data it was planted in: that data"
                " has been copied" + (f" ({canary.planted})." if canary.planted else "."),
                severity=Severity.CRITICAL,
                confidence=Confidence.HIGH,
                pattern=pattern,
                remedy="Treat the data it was planted in as leaked: find out who copied it and"
                " where else it went, take the copy away, and plant a new canary.",
                kind="data",
            )


def _patterns(name: str, text: str) -> Mapping[str, str]:
    """By the ending of an id, the patterns of a value. Only what has one case is found encoded."""
    if not text:
        return {}
    if name in ("phone", "iban"):
        forms = dict.fromkeys((text, *_compact(name, text)))
        return {f"-{number}" if number else "": _exact(it) for number, it in enumerate(forms)}
    if text == text.lower():
        return {"": _exact(text), "-any-case": _any_case(text)}
    return {"": _exact(text), "-lower": _exact(text.lower()), "-any-case": _any_case(text)}


def _compact(name: str, text: str) -> Iterator[str]:
    """How else people and programs write a number."""
    bare = re.sub(r"[ ()/.-]", "", text)
    yield bare
    if name == "phone" and (found := re.fullmatch(r"\+(\d{2}) ?(.+)", text)):
        yield "00" + bare[1:]
        yield "0" + found[2]
        yield "0" + bare[3:]


def _exact(text: str) -> str:
    return rf"(?P<secret>{_escaped(text)})"


def _any_case(text: str) -> str:
    return rf"(?P<secret>(?i:{_escaped(text)}))"


def _escaped(text: str) -> str:
    """For RE2 and Hyperscan over UTF-8: bytes that are no ASCII letters or digits as `\\xHH`."""
    return "".join(
        chr(byte) if byte < 128 and chr(byte).isalnum() else f"\\x{byte:02x}"
        for byte in text.encode()
    )
