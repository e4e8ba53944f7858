"""Jupyter notebooks: the cells' code and what they printed, as it was written."""

import re
from collections.abc import Iterator

from leakguard.artifacts import jsontext
from leakguard.artifacts.content import Buffer

_COLOUR = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")
"""A terminal's colours: their last letter would belong to the word behind."""


def strings(data: Buffer) -> Iterator[bytes]:
    """Each cell's source and each text output as one text, in the notebook's order, and whatever
    else is in it as `"key": "value"`; the file itself when it is no JSON.

    Source: nbformat's documentation, "The Notebook file format", versions 3 and 4.
    """
    for text in jsontext.texts(bytes(data), _plain):
        yield _COLOUR.sub(b"", text) if b"\x1b" in text else text


def _plain(key: str) -> bool:
    """Whether a key's list of lines is one text."""
    return key in ("source", "text", "input") or key.startswith("text/")
