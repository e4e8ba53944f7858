"""Text of others, made fit for a column or for Markdown."""

from typing import Final

from leakguard_service import limits

_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,")


def one_line(text: str, most: int) -> str:
    """The text without NUL and lone surrogates, which no database takes, and not longer."""
    plain = text.encode(errors="backslashreplace").decode().replace("\0", "\\0")
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def path_text(path: str) -> str:
    """A path as it is stored: its end, when it is longer than an index takes."""
    plain = path.encode(errors="backslashreplace").decode().replace("\0", "\\0")
    data = plain.encode()
    if len(data) <= limits.PATH_BYTES:
        return plain
    return "…" + data[3 - limits.PATH_BYTES :].decode(errors="ignore")


def code(text: str, most: int = 200) -> str:
    """Markdown and HTML that show the text as it is, on one line.

    An element `code` with references: no sign in it has a meaning, and forges look for no
    @names, #numbers and addresses in it.
    """
    shown = text if len(text) <= most else "…" + text[1 - most :]
    plain = shown.encode(errors="backslashreplace").decode()
    return "<code>" + "".join(c if c in _PLAIN else f"&#{ord(c)};" for c in plain) + "</code>"


def link(shown: str, url: str) -> str:
    """A Markdown link around `shown`, which is Markdown already; only to http and https."""
    if not url.startswith(("https://", "http://")):
        return shown
    safe = "".join(
        c
        if c.isascii() and c.isprintable() and c not in ' ()<>|"\\`'
        else "".join(f"%{byte:02X}" for byte in c.encode(errors="replace"))
        for c in url
    )
    return f"[{shown}]({safe})"


def count(number: int, one: str, many: str = "") -> str:
    """`1 file`, `1,200 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
