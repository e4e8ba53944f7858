"""The texts in a JSON file without its escapes: in `\\nABC` the `n` would belong to the word."""

import json
from collections.abc import Callable, Iterator
from typing import Any


class _Pairs(tuple[tuple[str, Any], ...]):
    """An object with all its pairs: a dict would forget a key that stands there twice."""


def texts(data: bytes, plain: Callable[[str], bool] = lambda _: False) -> Iterator[bytes]:
    """All there is, in the file's order, as UTF-8: `"key": "value"` for what has a key, the value
    alone in lists, `"key":` before an object or list.

    The values of keys for which `plain` holds come without their key, and when they are lists of
    texts, as one text. What is no JSON comes back as it is.
    """
    try:
        value = json.loads(data, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        yield data
        return
    stack: list[tuple[str, Any]] = [("", value)]
    while stack:
        key, value = stack.pop()
        if isinstance(value, list) and plain(key) and all(isinstance(v, str) for v in value):
            value = "".join(value)
        if isinstance(value, _Pairs | list):
            inner = value if isinstance(value, _Pairs) else (("", item) for item in value)
            stack.extend(reversed(tuple(inner)))
            shown = f'"{key}":' if key else ""
        else:
            shown = str(value) if not key or plain(key) else f'"{key}": "{value}"'
        if shown:
            yield shown.encode("utf-8", "replace")
