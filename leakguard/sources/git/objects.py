"""Objects out of `git cat-file --batch`, in windows, as fast as git inflates them.

Keys are `type oid path`: what git prints before each object, without the size.
"""

import re
import subprocess
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress

from leakguard import limits
from leakguard.model import Piece, Skip, Window
from leakguard.sources import Tally
from leakguard.sources.git.command import Git, reason
from leakguard.sources.windows import segments

_FORMAT = "--batch=%(objecttype) %(objectsize) %(objectname) %(rest)"

_BROKEN_AT_MOST = 100
"""Objects that may be unreadable before the rest is given up: git is started anew for each."""


def split_key(key: str) -> tuple[str, str, str]:
    """Type, object id and path of a key."""
    kind, _, rest = key.partition(" ")
    oid, _, path = rest.partition(" ")
    return kind, oid, path


def object_line(oid: str, path: str) -> bytes:
    """What `Objects.windows` takes for a blob. The key that comes of it has the path escaped.

    git ends the line at a line break and drops blanks at the start of a path.
    """
    escaped = re.sub(r"[\\\r\n]|^[ \t]", lambda found: f"\\x{ord(found[0]):02x}", path)
    return f"{oid} {escaped}".encode(errors="surrogateescape")


def unescaped(path: str) -> str:
    """The path that was given to `object_line`."""
    return re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), path)


class Objects:
    """Reads objects by id. Used once."""

    def __init__(self, git: Git, tally: Tally) -> None:
        self._git = git
        self._tally = tally
        self._read = 0
        """Objects that came out of git so far."""

    def windows(self, lines: list[bytes]) -> Generator[Window | Skip, None, None]:
        """The blobs, commit messages and tag messages among `lines`, each `oid` or `oid path`.

        Trees hold no content of their own and are passed over. An object that is missing or
        corrupt is a Skip.
        """
        broken = 0
        error = yield from self._batch(lines, "--buffer")
        while error and self._read < len(lines):
            # git dies at the first corrupt object and may keep back what it had buffered: go on
            # without a buffer, so that the first object that does not come is the corrupt one.
            lines = lines[self._read :]
            error = yield from self._batch(lines)
            if not error:
                return
            yield _skip(lines[self._read], f"corrupt object: {error}")
            broken += 1
            self._read += 1
            if broken == _BROKEN_AT_MOST:
                rest = len(lines) - self._read
                yield Skip("", f"{rest} more objects were given up after {broken} corrupt ones")
                return

    def _batch(self, lines: list[bytes], *options: str) -> Generator[Window | Skip, None, str]:
        """One run of git over `lines`. Returns git's error, or nothing when it read all."""
        self._read = 0
        if not lines:
            return ""
        with self._git.running("cat-file", _FORMAT, *options, stdin=True) as process:
            feeder = threading.Thread(target=_feed, args=(process, lines), daemon=True)
            errors: list[bytes] = []
            drain = threading.Thread(target=_drain, args=(process, errors), daemon=True)
            feeder.start()
            drain.start()
            yield from self._parse(process, lines)
            feeder.join()
            drain.join()
            process.wait()
        if process.returncode or self._read < len(lines):
            return reason(b"".join(errors))
        return ""

    def _parse(
        self, process: "subprocess.Popen[bytes]", lines: list[bytes]
    ) -> Iterator[Window | Skip]:
        """Windows over git's output as it is: each object stands between its header and `\\n`."""
        assert process.stdout is not None
        readinto = process.stdout.readinto  # type: ignore[attr-defined]
        data, filled, ended = bytearray(limits.WINDOW_BYTES), 0, False
        while not ended:
            with memoryview(data) as view:
                while filled < len(data) - 1 and (count := readinto(view[filled:-1])):
                    filled += count
            ended = filled < len(data) - 1
            pieces: list[Piece] = []
            used, skips = self._objects(data, filled, pieces, lines)
            yield from skips
            if pieces:
                yield Window(data, used, pieces)
            if used == 0 and not ended:
                data, filled = yield from self._large(data, filled, readinto)
                continue
            following = bytearray(limits.WINDOW_BYTES)
            following[: filled - used] = data[used:filled]
            data, filled = following, filled - used

    def _objects(
        self, data: bytearray, filled: int, pieces: list[Piece], lines: list[bytes]
    ) -> tuple[int, list[Skip]]:
        """Adds the whole objects in the buffer to `pieces`; bytes they take, and what is missing.

        Runs for every object of a history: written for speed.
        """
        position, read, skips = 0, 0, []
        while (newline := data.find(b"\n", position, filled)) >= 0:
            kind, *rest = data[position:newline].decode("utf-8", "surrogateescape").split(" ", 2)
            if len(rest) < 2:
                skips.append(_skip(lines[self._read + read], "the object is missing"))
                end = newline
            else:
                end = newline + 1 + int(rest[0])
                if end >= filled:
                    break
                if kind == "blob":
                    pieces.append(Piece(f"blob {rest[1]}", newline + 1, end, newline + 1, end))
                    self._tally.blobs += 1
                    self._tally.bytes += end - newline - 1
                elif kind != "tree":
                    self._message(data, f"{kind} {rest[1]}", newline + 1, end, pieces)
            read += 1
            position = end + 1
        self._read += read
        return position, skips

    def _message(
        self, data: bytearray, key: str, start: int, end: int, pieces: list[Piece]
    ) -> None:
        """Adds what stands behind the header of a commit or tag (git-commit-tree(1))."""
        self._tally.commits += key.startswith("commit ")
        message = data.find(b"\n\n", start, end) + 2
        if message > 1:
            pieces.append(Piece(key, message, end, message, end))

    def _large(
        self, data: bytearray, filled: int, readinto: Callable[[memoryview], int]
    ) -> Generator[Window | Skip, None, tuple[bytearray, int]]:
        """An object that fills more than a window. Returns the buffer behind it, and its length."""
        newline = data.find(b"\n", 0, filled)
        kind, size, key = _header(data[:newline])
        left = size - (filled - newline - 1)
        begin = newline + 1 if kind in ("blob", "tree") else data.find(b"\n\n", newline, filled) + 2
        head = bytearray(limits.WINDOW_BYTES)
        head[: filled - begin] = data[begin:filled]
        tally = self._tally if kind == "blob" else Tally()
        self._tally.commits += kind == "commit"

        def read(view: memoryview) -> int:
            nonlocal left
            count: int = readinto(view[: min(len(view), left)]) if left else 0
            left -= count
            return count

        for item in segments(key, head, filled - begin, read, tally):
            if kind != "tree":
                yield item
        if not left:
            self._read += 1
            readinto(memoryview(bytearray(1)))
        return bytearray(limits.WINDOW_BYTES), 0


def _header(line: bytearray) -> tuple[str, int, str]:
    """Type, size in bytes and key of an object."""
    text = line.decode(errors="surrogateescape")
    kind, _, rest = text.partition(" ")
    size, _, name = rest.partition(" ")
    if not size.isdigit():
        return "missing", 0, kind
    return kind, int(size), f"{kind} {name}"


def _skip(line: bytes, why: str) -> Skip:
    oid, _, path = line.partition(b" ")
    name = path.decode(errors="surrogateescape")
    return Skip(name or f"object {oid.decode()[:12]}", why, oid.decode())


def _feed(process: "subprocess.Popen[bytes]", lines: Iterable[bytes]) -> None:
    """Writes the object ids while another thread reads the objects."""
    assert process.stdin is not None
    with suppress(OSError, ValueError), process.stdin as stdin:
        rest = memoryview(b"\n".join(lines) + b"\n")
        while rest:
            rest = rest[stdin.write(rest) :]


def _drain(process: "subprocess.Popen[bytes]", errors: list[bytes]) -> None:
    """Takes git's complaints as they come: a full pipe would stop git, and the scan with it."""
    assert process.stderr is not None
    with suppress(OSError, ValueError):
        while part := process.stderr.read(limits.KIB):
            errors[1:] = []
            errors.append(part)
