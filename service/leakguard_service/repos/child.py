"""The process that scans: `python -m leakguard_service.repos.child`.

Takes one line of JSON on standard input and writes one document of JSON to standard output: either
`{"error": {"kind", "text"}}` or the parts of a ScanResult. The key of the identities comes that way
too, so that no argument and no variable holds a secret. Imports none of the service's slow parts.
"""

import hashlib
import hmac
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from leakguard.cache import matcher_for
from leakguard.config import Config, policy_of
from leakguard.errors import ConfigError, LeakguardError, SourceError
from leakguard.model import Place, Report, Skip, Window
from leakguard.opening import data_for, named_for, opening_for
from leakguard.pipe import run
from leakguard.ruleset import rule_files
from leakguard.sources import Counts
from leakguard.sources.git.command import Git
from leakguard.sources.git.commits import Commits
from leakguard.sources.git.history import HistorySource
from leakguard.sources.git.objects import split_key
from leakguard.sources.git.repository import open_repository
from leakguard.version import __version__
from leakguard_service.repos.clean import Clean
from leakguard_service.repos.contexts import contexts
from leakguard_service.repos.policy import FILE, FILE_BYTES, combined

_FINDINGS_MOST: Final = 50_000
"""Findings in one answer, some 50 MB; that there are more is a skip."""

_SKIPS_MOST: Final = 10_000


def main() -> None:
    """Scans what standard input asks for."""
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        answer = _answer(request)
    except ConfigError as error:
        answer = _error("policy", f"{error}")
    except SourceError as error:
        answer = _error("damaged", f"{error}")
    except LeakguardError as error:
        answer = _error("rules", f"{error}")
    except Exception as error:
        answer = _error("memory" if _is_shortage(error) else "bug", _whereabouts(error))
    sys.stdout.buffer.write(json.dumps(answer).encode())
    sys.stdout.buffer.flush()
    os._exit(0)  # threads may still be in a call that the answer does not need


def _end_with_parent() -> None:
    """Standard input stays open as long as whoever waits for the answer lives."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


def _error(kind: str, text: str) -> dict[str, Any]:
    return {"error": {"kind": kind, "text": _plain(text)}}


def _is_shortage(error: Exception) -> bool:
    """Whether memory ran out; threads need some too."""
    return isinstance(error, MemoryError) or "can't start new thread" in str(error)


def _whereabouts(error: Exception) -> str:
    """What kind of error, and where: its text could be content."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {os.path.basename(last.filename)}:{last.lineno}"


def _answer(request: Mapping[str, Any]) -> dict[str, Any]:
    folder = Path(request["folder"])
    git_dir = str(folder / "copy.git")
    repository = open_repository(git_dir)
    matcher = matcher_for()
    own, wrong = _own_policy(repository.git, request)
    config, bad_policy = combined(request["policies"], own, matcher.rules)
    if named := named_for(config):
        matcher = matcher_for(named=named)
    rules = _rules()
    key = bytes.fromhex(request["identity_key"])
    clean = Clean(folder, _list_key(key, rules, config), _width(repository.git))
    unwanted = {oid.encode() for oid in request["unread"]}

    def unread(lines: list[bytes]) -> list[bytes]:
        lines = [line for line in lines if line.partition(b" ")[0] not in unwanted]
        return clean.without(lines)

    chosen = Commits(revisions=tuple(request["revisions"]), unread=unread)
    source = _Watched(HistorySource(repository, chosen))
    report = run(
        [source],
        matcher,
        replace(policy_of(config), identity_key=key),
        opening=opening_for(config.artifacts, git_dir),
        data=data_for(config),
    )
    answer, cut = _document(report)
    answer["contexts"] = contexts(repository.git, matcher, report.findings[:_FINDINGS_MOST])
    seen = "" if cut else clean.offer(source.clean(report.skips))
    return answer | {"rules": rules, "bad_policy": _plain(wrong or bad_policy), "seen": seen}


def _rules() -> str:
    """Hash of leakguard's version and rules."""
    digest = hashlib.blake2b(__version__.encode(), digest_size=20)
    for path in rule_files():
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _list_key(key: bytes, rules: str, config: Config) -> str:
    """Names all that decides what is found: under other settings, all is looked at again."""
    settings = repr((rules, policy_of(config), sorted(config.disabled_rules), config.artifacts))
    settings = repr((settings, sorted(config.artifacts.committable), config.data, config.markers))
    return hmac.new(key or b"-", settings.encode(), hashlib.sha256).hexdigest()[:32]


def _width(git: Git) -> int:
    """Bytes of an object id."""
    return 32 if git.result("rev-parse", "--show-object-format")[1].strip() == b"sha256" else 20


def _own_policy(git: Git, request: Mapping[str, Any]) -> tuple[str, str]:
    """The repository's own settings as they are on its default branch, and what is wrong there.

    A push to that branch is judged by what was there before: it cannot excuse itself.
    """
    if not request["repository_policy"]:
        return "", ""
    asked = [*request["tips"], request["before"] or "-"]
    feed = "".join(f"{name}^{{commit}}\n" for name in asked).encode()
    out = git.result("cat-file", "--batch-check=%(objectname)", feed=feed)[1].decode()
    *tips, before = (line if " " not in line else "" for line in out.split("\n")[: len(asked)])
    tip = next(filter(None, tips), "")
    commit = before if before and tip == request["after"] else tip
    if not commit:
        return "", ""
    feed = f"{commit}:{FILE}\n".encode()
    facts = git.result("cat-file", "--batch-check=%(objecttype) %(objectsize)", feed=feed)[1]
    kind, _, size = facts.decode(errors="replace").strip().partition(" ")
    if kind != "blob":
        return "", ""
    if int(size) > FILE_BYTES:
        return "", f"the repository's {FILE} is larger than {FILE_BYTES} bytes"
    try:
        return git.output("cat-file", "blob", f"{commit}:{FILE}").decode(), ""
    except UnicodeDecodeError:
        return "", f"the repository's {FILE} is no UTF-8"


class _Watched:
    """A history that notes which objects were read, and which of them had anything in them.

    What is asked for its places had: places are asked for whatever the rules confirm, for builds
    and for what could not be opened, before paths decide.
    """

    def __init__(self, source: HistorySource) -> None:
        self.tally = source.tally
        self.root = source.root
        self._source = source
        self._read: set[str] = set()
        self._asked: set[str] = set()

    def windows(self) -> Iterator[Window | Skip]:
        for item in self._source.windows():
            if isinstance(item, Window):
                self._read.update(split_key(piece.key)[1] for piece in item.pieces)
            yield item

    def places(
        self,
        keys: Iterable[str],
        *,
        elsewhere: Collection[str] = (),
        counts: Counts | None = None,
    ) -> Mapping[str, Sequence[Place]]:
        keys = list(keys)
        self._asked.update(split_key(key)[1] for key in keys)
        return self._source.places(keys, elsewhere=elsewhere, counts=counts)

    def adds(self, place: Place, secret: bytes) -> bool:
        return self._source.adds(place, secret)

    def former(self, place: Place) -> Sequence[str]:
        return self._source.former(place)

    def notes(self) -> list[str]:
        return self._source.notes()

    def clean(self, skips: Iterable[Skip]) -> set[str]:
        """The ids of objects that were read to their end and had nothing in them."""
        return self._read - self._asked - {skip.blob or "" for skip in skips}


def _document(report: Report) -> tuple[dict[str, Any], bool]:
    """The report as JSON, and whether something was left out of it."""
    findings, skips = report.findings[:_FINDINGS_MOST], list(report.skips[:_SKIPS_MOST])
    more = len(report.findings) - len(findings)
    if more:
        skips.append(
            Skip("", f"{more} more findings were left out: one scan tells {len(findings)}")
        )
    if (unsaid := len(report.skips) - _SKIPS_MOST) > 0:
        skips.append(Skip("", f"{unsaid} more files could not be looked at"))
    document = {
        "findings": [_texts(asdict(finding)) for finding in findings],
        "skips": [_texts(asdict(skip)) for skip in skips],
        "suppressed": len(report.suppressed),
        "notes": [_plain(note) for note in report.notes],
        "summary": asdict(report.summary),
    }
    return document, bool(more)


def _texts(table: dict[str, Any]) -> dict[str, Any]:
    return {key: _clean(value) for key, value in table.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _plain(value)
    return [_texts(part) for part in value] if isinstance(value, tuple) else value


def _plain(text: str) -> str:
    """The text as every database and every JSON parser takes it: odd bytes become `\\xff`."""
    return (
        text.encode(errors="surrogateescape")
        .decode(errors="backslashreplace")
        .replace("\0", "\\x00")
    )


if __name__ == "__main__":
    main()
