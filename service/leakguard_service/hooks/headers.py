"""Headers of a delivery: each is there once or not at all."""

from collections.abc import Mapping


class Twice(Exception):
    """A header that decides something came more than once: nobody can say which one counts."""


def one(headers: Mapping[str, str], name: str) -> str:
    """The header's value whatever the case of its name, empty when it is not there.

    `items()` of Starlette's Headers shows repeated headers one by one. Raises Twice.
    """
    found = [value for key, value in headers.items() if key.lower() == name]
    if len(found) > 1:
        raise Twice(f"the header {name} is there {len(found)} times")
    return found[0].strip() if found else ""


def first(headers: Mapping[str, str], *names: str) -> tuple[str, str]:
    """Name and value of the first of these headers that is there; two empty texts for none."""
    for name in names:
        if value := one(headers, name):
            return name, value
    return "", ""
