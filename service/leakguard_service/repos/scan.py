"""Scans a copy in a child process: what a repository does to a scanner ends there."""

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import leakguard
import leakguard_service
from leakguard.model import Confidence, Finding, Part, Severity, Skip, Summary
from leakguard_service.errors import Hopeless, JobError, Later
from leakguard_service.forges.port import Access
from leakguard_service.repos.clean import keep
from leakguard_service.repos.git import full, is_full
from leakguard_service.repos.large import bring_large
from leakguard_service.repos.model import (
    HEADS,
    TIP,
    BrokenCopy,
    Copy,
    FoundAt,
    ScanRequest,
    ScanResult,
    is_oid,
    is_ref,
)
from leakguard_service.repos.processes import Bounds, Ended, run
from leakguard_service.repos.revisions import revisions
from leakguard_service.settings import MIB, Settings

_COMMAND: Final = (sys.executable, "-m", "leakguard_service.repos.child")

_ANSWER_BYTES: Final = 256 * MIB

_SHORTAGES: Final = (b"MemoryError", b"Cannot allocate memory", b"failed to map segment")
"""How Python, the system and its linker say that memory ran out."""

_DAMAGE: Final = ("corrupt object", "the history cannot be walked", "the object is missing")
"""How the core begins to say that objects of the copy cannot be read."""


def scan(
    copy: Copy, request: ScanRequest, settings: Settings, access: Access | None = None
) -> ScanResult:
    """What the commits of a request leak.

    With `access`, large blobs that the fetch left at the forge are brought first; without it each
    is a skip. When what was found is stored, hand the result to `remember`.
    Raises MovedOn when `after` is not in the copy; Hopeless for a tenant's policy that is wrong;
    BrokenCopy; Later when the child was killed, with what killed it.
    """
    chosen = revisions(copy, request)
    large = bring_large(copy, access, chosen, settings) if access else ()
    feed = json.dumps(_question(copy, request, chosen, large)).encode() + b"\n"
    ended = _run_child(feed, settings)
    answer = _understood(copy, ended, settings)
    if answer.get("error"):
        raise _error(copy, answer["error"], settings)
    return _with_large(_result(copy, answer), large)


def remember(copy: Copy, result: ScanResult) -> None:
    """Keeps what was clean, so that it is not read again.

    Call it while the copy is held, and only when the findings of the scan are stored: without it,
    the same is scanned again, and nothing is lost.
    """
    if result.seen:
        keep(copy.folder, result.seen)


def _question(
    copy: Copy, request: ScanRequest, chosen: Sequence[str], large: Sequence[Skip]
) -> dict[str, Any]:
    branch = f"refs/heads/{request.default_branch}"
    return {
        "folder": str(copy.folder),
        "revisions": chosen,
        "unread": [skip.blob for skip in large],
        "policies": request.policies,
        "repository_policy": request.repository_policy,
        "tips": [TIP, *([HEADS + request.default_branch] if is_ref(branch) else [])],
        "before": "" if request.whole or not is_oid(request.before) else request.before,
        "after": request.after,
        "identity_key": request.identity_key.hex(),
    }


def _run_child(feed: bytes, settings: Settings) -> Ended:
    bounds = Bounds(
        settings.scan_seconds,
        file_bytes=settings.repository_bytes,
        memory_bytes=settings.scan_memory_mb * MIB,
        output_bytes=_ANSWER_BYTES,
    )
    try:
        return run(_COMMAND, _environment(settings), bounds, feed=feed, hold=True)
    except OSError as error:
        raise Later(f"the scan cannot be started: {error.strerror}", 60) from None


def _environment(settings: Settings) -> dict[str, str]:
    """All that the child has: nothing of the service's own settings, which hold keys."""
    packages = [str(Path(module.__path__[0]).parent) for module in (leakguard, leakguard_service)]
    rules = os.environ.get("LEAKGUARD_CACHE_DIR") or str(settings.data_dir / "rules")
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.devnull,
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(packages)),
        "PYTHONSAFEPATH": "1",
        "LEAKGUARD_CACHE_DIR": rules,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


def _understood(copy: Copy, ended: Ended, settings: Settings) -> Mapping[str, Any]:
    """The child's answer. Raises Later when there is none."""
    if not ended.stopped and not ended.code:
        try:
            answer: Mapping[str, Any] = json.loads(ended.out)
        except ValueError:
            raise Later(f"{_scan_of(copy)} answered nothing that can be read", 60) from None
        return answer
    if is_full(ended.err):
        raise full(copy)
    raise Later(f"{_scan_of(copy)} {_ending(ended, settings)}", 60)


def _scan_of(copy: Copy) -> str:
    return f"the scan of repository {copy.repository_id}"


def _ending(ended: Ended, settings: Settings) -> str:
    """How a child ended that gave no answer."""
    if ended.stopped == "time":
        return f"took longer than {settings.scan_seconds} s (LEAKGUARD_SCAN_SECONDS)"
    if ended.stopped:
        return f"found more than {_ANSWER_BYTES // MIB} MiB of findings"
    if any(words in ended.err for words in _SHORTAGES):
        return _needs_memory(settings)
    if ended.code == -signal.SIGXCPU:
        return "used up its time on the processor (LEAKGUARD_SCAN_SECONDS)"
    if ended.code == -signal.SIGKILL:
        return "was killed, as systems do when memory runs out"
    if ended.code < 0:
        return f"died of {_signal(-ended.code)}"
    return f"ended with exit code {ended.code}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _needs_memory(settings: Settings) -> str:
    return f"needs more than {settings.scan_memory_mb} MiB (LEAKGUARD_SCAN_MEMORY_MB)"


def _error(copy: Copy, error: Mapping[str, str], settings: Settings) -> JobError:
    """What the child could not do."""
    kind, text = error["kind"], error["text"]
    if kind == "policy":
        return Hopeless(text)
    if kind == "damaged":
        return BrokenCopy(f"the copy of repository {copy.repository_id} is damaged: {text}")
    if kind == "memory":
        return Later(f"{_scan_of(copy)} {_needs_memory(settings)}", 60)
    if kind == "rules":
        return Later(f"{_scan_of(copy)} cannot use leakguard's rules: {text[:200]}", 60)
    return Later(f"{_scan_of(copy)} met a bug in leakguard: {text}", 60)


def _result(copy: Copy, answer: Mapping[str, Any]) -> ScanResult:
    """The answer as a result. Raises BrokenCopy when objects of the copy could not be read."""
    skips = tuple(Skip(**skip) for skip in answer["skips"])
    broken = next((skip for skip in skips if skip.reason.startswith(_DAMAGE)), None)
    if broken:
        raise BrokenCopy(
            f"the copy of repository {copy.repository_id} is damaged: {broken.reason[:200]}"
        )
    return ScanResult(
        findings=tuple(_finding(finding) for finding in answer["findings"]),
        skips=skips,
        suppressed=answer["suppressed"],
        notes=tuple(answer["notes"]),
        summary=Summary(**answer["summary"]),
        rules=answer["rules"],
        bad_policy=answer["bad_policy"],
        seen=answer["seen"],
        contexts=_contexts(answer),
    )


def _contexts(answer: Mapping[str, Any]) -> Mapping[FoundAt, str]:
    pairs = zip(answer["findings"], answer["contexts"], strict=True)
    return {
        FoundAt(found["blob"] or "", found["path"], found["line"], found["column"]): lines
        for found, lines in pairs
        if lines
    }


def _finding(table: dict[str, Any]) -> Finding:
    levels = {
        "severity": Severity(table["severity"]),
        "confidence": Confidence(table["confidence"]),
        "parts": tuple(_part(part) for part in table["parts"]),
    }
    return Finding(**(table | levels))


def _part(table: dict[str, Any]) -> Part:
    return Part(**(table | {"severity": Severity(table["severity"])}))


def _with_large(result: ScanResult, large: Sequence[Skip]) -> ScanResult:
    """The result with why large blobs are not here, instead of that they are missing."""
    if not large:
        return result
    named = {skip.blob for skip in large}
    kept = [skip for skip in result.skips if skip.blob not in named]
    return replace(result, skips=(*kept, *large))
