"""Reads what tells whose builds a repository's are: its manifests and its release tags.

Asked only when a scan has met a build, since most meet none. Nothing that fails here fails a scan:
then less is known, and the verdicts say so.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress

from leakguard import limits
from leakguard.artifacts import identity
from leakguard.artifacts.ownership import Ownership
from leakguard.errors import LeakguardError
from leakguard.sources.git.command import Git
from leakguard.sources.git.repository import open_repository


def learned(path: str, released_from: str = "") -> Ownership:
    """What the repository or folder that `path` is in says about its own products.

    `released_from` is `tags`, `changelog` or nothing, as `identity.learn` has it.
    """
    folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
    try:
        repository = open_repository(folder)
    except LeakguardError:
        return identity.learn(_on_disk(folder), [], released_from)
    git = repository.git
    tags = git.result("for-each-ref", "--format=%(refname:short)", "refs/tags")[1]
    names = tags.decode(errors="replace").splitlines()
    return identity.learn(_in_git(git, bare=repository.root is None), names, released_from)


def _in_git(git: Git, *, bare: bool) -> Mapping[str, bytes]:
    """The files that are wanted, by path: of the index, or of HEAD where there is no work tree."""
    listing = ("ls-tree", "-r", "-z", "HEAD") if bare else ("ls-files", "-s", "-z")
    oids: dict[str, str] = {}
    for line in git.result(*listing)[1].decode(errors="surrogateescape").split("\0"):
        facts, _, path = line.partition("\t")
        fields = facts.split(" ")
        if path and identity.is_wanted(path) and len(oids) < limits.LEARNED_FILES:
            oids[path] = fields[2] if bare else fields[1]
    return _blobs(git, oids)


def _blobs(git: Git, oids: Mapping[str, str]) -> Mapping[str, bytes]:
    """The contents by path, but for large ones. Format: git-cat-file(1), "BATCH OUTPUT"."""
    feed = "".join(f"{oid}\n" for oid in oids.values()).encode()
    sizes = git.result("cat-file", "--batch-check=%(objectsize)", feed=feed)[1].split(b"\n")
    small = {
        path: oid
        for (path, oid), size in zip(oids.items(), sizes, strict=False)
        if size.isdigit() and int(size) <= limits.LEARNED_BYTES
    }
    feed = "".join(f"{oid}\n" for oid in small.values()).encode()
    out, position = git.result("cat-file", "--batch=%(objectsize)", feed=feed)[1], 0
    files: dict[str, bytes] = {}
    for path in small:
        start = out.index(b"\n", position) + 1
        end = start + int(out[position : start - 1])
        files[path], position = out[start:end], end + 1
    return files


def _on_disk(folder: str) -> Mapping[str, bytes]:
    files: dict[str, bytes] = {}
    for path in _paths(folder):
        full = os.path.join(folder, path)
        with suppress(OSError):
            if os.path.isfile(full) and os.path.getsize(full) <= limits.LEARNED_BYTES:
                with open(full, "rb") as stream:
                    files[path] = stream.read(limits.LEARNED_BYTES)
        if len(files) >= limits.LEARNED_FILES:
            break
    return files


def _paths(folder: str) -> Iterator[str]:
    """The paths that are wanted, from `folder`; a tree without end is given up."""
    seen = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        seen += len(names)
        if seen > limits.LEARNED_LISTING:
            return
        for name in sorted(names):
            path = os.path.relpath(os.path.join(root, name), folder).replace(os.sep, "/")
            if identity.is_wanted(path):
                yield path
