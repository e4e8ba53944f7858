"""Reads the tables of other tools' files as those tools do: keys in any case, lax about types.

gitleaks reads its file with viper, which takes `stopWords` for `stopwords`, one text for a list of
one and "3.5" for a number (https://github.com/spf13/viper).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from leakguard.foreign.translation import Notes


class Table:
    """One table, whose keys are asked for in lower case. What is not asked for can be told."""

    def __init__(self, value: object, notes: Notes, rule: str = "") -> None:
        """Raises RuleError when it is no table."""
        if not isinstance(value, Mapping):
            raise notes.refuse("a table is expected, with a name for each value", rule)
        self.values: dict[str, Any] = {str(key).lower(): item for key, item in value.items()}
        self.notes = notes
        self.rule = rule

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def text(self, key: str) -> str:
        """A text; empty when there is none. Raises RuleError for what is none."""
        value = self.values.get(key)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, int | float):
            return str(value)
        raise self.notes.refuse(f"`{key}` must be a text", self.rule)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text is a list of one. Raises RuleError for what is none."""
        value = self.values.get(key) or []
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str | int | float) for item in values):
            raise self.notes.refuse(f"`{key}` must be a list of texts", self.rule)
        return tuple(str(item) for item in values)

    def number(self, key: str) -> float:
        """A number that is not negative; 0 when there is none. Raises RuleError."""
        try:
            value = float(self.values.get(key) or 0)
        except (TypeError, ValueError) as error:
            raise self.notes.refuse(f"`{key}` must be a number", self.rule) from error
        if not 0 <= value < float("inf"):
            raise self.notes.refuse(f"`{key}` must be a number from 0", self.rule)
        return value

    def flag(self, key: str, *, otherwise: bool = False) -> bool:
        """True or false. Raises RuleError."""
        value = self.values.get(key, otherwise)
        if value in ("true", "false"):
            return bool(value == "true")
        if not isinstance(value, bool):
            raise self.notes.refuse(f"`{key}` must be true or false", self.rule)
        return value

    def tables(self, key: str) -> list["Table"]:
        """A list of tables; one table is a list of one. Raises RuleError."""
        value = self.values.get(key)
        if value is None:
            return []
        items = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        return [Table(item, self.notes, self.rule) for item in items]

    def tell_others(self, known: Collection[str], unused: Mapping[str, str]) -> None:
        """Notes on the keys of `unused`, which say why, and on those that nobody knows."""
        for key in self.values:
            if key in unused:
                self.notes.add(f"`{key}` is not used: {unused[key]}", self.rule)
            elif key not in known:
                self.notes.add(f"`{key}` is unknown and not used", self.rule)
