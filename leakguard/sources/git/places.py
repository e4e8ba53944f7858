"""Says where objects of a history belong: paths, first commits, authors, whether on a branch.

Works on the list of objects that history.py keeps, and asks git only about what was found.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import zip_longest
from operator import itemgetter
from typing import Final

from leakguard.model import Place
from leakguard.sources import Counts
from leakguard.sources.git.command import Git
from leakguard.sources.git.copies import copied, first_at, headed_paths, standing_at
from leakguard.sources.git.heads import Heads
from leakguard.sources.git.objects import split_key
from leakguard.sources.git.trees import Holders, Paths

_AUTHORS: Final = "--format=%H%n%an <%ae>%n%aI"


def places_of(
    heads: Heads,
    lines: Sequence[bytes],
    orders: Mapping[bytes, int],
    keys: Iterable[str],
    *,
    counts: Counts | None = None,
    everywhere: bool,
) -> dict[str, list[Place]]:
    """The places of each key, oldest first: a blob has one for each path that commits have it at.

    Without `everywhere` a blob has its first place, and one for each other path that HEAD has it
    at: reading all trees takes seconds in a large history. Left out are then blobs that `counts`,
    asked with a key and a path, at none of these, as far as their first line break.

    `lines` are those of `git rev-list --objects --in-commit-order`, oldest first: `oid` of a
    commit, then `oid path` of what it is the first to have; `orders` has their indexes by oid.
    A blob that no readable tree of theirs leads to is where its line says. Paths beyond the first
    thousand of a blob are left out.
    """
    git, listed = heads.git, _listed(lines, orders, keys)
    if not listed:
        return {}
    blobs = {key: place for key, place in listed.items() if key.startswith("blob ")}
    others = {key: place for key, place in listed.items() if key not in blobs}
    holders = None
    if everywhere:
        with _confirming(git, blobs) as confirmed:
            blobs = confirmed()
        holders = Holders(git, lines, {place.blob or "" for place in blobs.values()})
        found = holders.paths()
    else:
        headed = headed_paths(git, heads.checked_out, blobs.values())
        blobs, others = (_counting(places, headed, counts) for places in (blobs, others))
        wanted = copied(blobs.values(), headed)
        with _confirming(git, blobs) as confirmed:
            found = first_at(git, lines, orders, wanted)
            blobs = confirmed()
        if (changed := copied(blobs.values(), headed)) != wanted:
            found = first_at(git, lines, orders, changed)
    places = {
        key: _at(place, found[place.blob or ""], lines) if place.blob in found else [place]
        for key, place in (others | blobs).items()
    }
    with _authoring(git, places) as authored:
        return authored(_on_branches(heads, places, holders))


def _counting(
    places: Mapping[str, Place], headed: Paths, counts: Counts | None
) -> dict[str, Place]:
    """What counts at its first path or one that HEAD has it at."""
    return {
        key: place
        for key, place in places.items()
        if counts is None
        or any(counts(key, path) for path in (place.path, *headed.get(place.blob or "", ())))
    }


def _at(place: Place, paths: Mapping[str, int], lines: Sequence[bytes]) -> list[Place]:
    """The place as it is at each path; `paths` have the indexes of their commits' lines."""
    return [
        replace(place, path=path, commit=lines[order].decode(), order=order)
        for path, order in sorted(paths.items(), key=lambda item: (item[1], item[0]))
    ]


def _listed(
    lines: Sequence[bytes], orders: Mapping[bytes, int], keys: Iterable[str]
) -> dict[str, Place]:
    """The place of each key, by the listing alone."""
    found = {key: orders.get(split_key(key)[1].encode()) for key in keys}
    length = len(lines[0].partition(b" ")[0]) if lines else 0
    commits = _commits(lines, length, {order for order in found.values() if order is not None})
    places = {}
    for key, order in found.items():
        if order is None:
            places[key] = _place(key)
        else:
            path = lines[order][length + 1 :].decode(errors="surrogateescape")
            places[key] = _place(key, path, commits[order], order)
    return places


def _commits(lines: Sequence[bytes], length: int, orders: Collection[int]) -> dict[int, str]:
    """The commit that each of some lines is listed under, empty where there is none."""
    commits: dict[int, str] = {}
    last, commit = -1, ""
    for order in sorted(orders):
        at = order
        while at > last and len(lines[at]) != length:
            at -= 1
        last, commit = order, lines[at].decode() if at > last else commit
        commits[order] = commit
    return commits


def _place(key: str, path: str = "", commit: str = "", order: int | None = None) -> Place:
    """A place in the history; without an `order` one that names only the object.

    Tags belong to no commit, wherever git lists them.
    """
    kind, oid, _ = split_key(key)
    if kind == "commit":
        return Place("<commit message>", oid, oid, order=order or 0)
    if kind == "tag":
        return Place(f"<tag message> {path}".strip(), oid, order=order or 0)
    if order is None:
        return Place(f"<unreachable {oid[:12]}>", oid)
    return Place(path or f"<blob {oid[:12]}>", oid, commit or None, order=order)


@contextmanager
def _asking(git: Git, *arguments: str, feed: bytes) -> Iterator[Callable[[], bytes]]:
    """Asks git beside the block: what is given waits for the answer. Nothing fed, nothing asked."""
    if not feed:
        yield lambda: b""
        return
    with git.beside(*arguments, feed=feed, digest=bytes, started=[]) as answer:
        yield lambda: answer()[1]


@contextmanager
def _confirming(git: Git, places: Mapping[str, Place]) -> Iterator[Callable[[], dict[str, Place]]]:
    """Gives the places of blobs, each with the path that its commit has it at.

    git lists a path up to its first line break, and a blob that only a tag names under any commit.
    """
    blobs = [key for key, place in places.items() if place.commit]
    asked = "".join(f"{places[key].commit}:{places[key].path}\n" for key in blobs)
    feed = asked.encode(errors="surrogateescape")

    def confirmed() -> dict[str, Place]:
        answers = answer().decode(errors="surrogateescape").split("\n")
        given = zip_longest(blobs, answers[: len(blobs)], fillvalue="")
        wrong = [key for key, told in given if told != places[key].blob]
        return {**places, **{key: _looked_up(git, places[key]) for key in wrong}}

    with _asking(git, "cat-file", "--batch-check=%(objectname)", feed=feed) as answer:
        yield confirmed


def _looked_up(git: Git, place: Place) -> Place:
    """The place with the path at which its commit has the blob, or else without the commit."""
    out = git.result("ls-tree", "-r", "-z", "--full-tree", place.commit or "", "--")[1]
    for entry in out.decode(errors="surrogateescape").split("\0"):
        header, _, path = entry.partition("\t")
        if header.endswith(f" {place.blob}") and path.split("\n")[0] == place.path:
            return replace(place, path=path)
    return replace(place, commit=None)


@contextmanager
def _authoring(
    git: Git, places: Mapping[str, Sequence[Place]]
) -> Iterator[Callable[[Mapping[str, Sequence[Place]]], dict[str, list[Place]]]]:
    """Gives such places with the author and date of their commits."""
    ids = sorted({place.commit for group in places.values() for place in group if place.commit})
    options = ("--no-walk=unsorted", "--stdin", "-z", "--encoding=UTF-8", _AUTHORS)

    def authored(told: Mapping[str, Sequence[Place]]) -> dict[str, list[Place]]:
        # A commit that git cannot parse ends its output: the places behind it keep no author.
        commits: dict[str, tuple[str, str]] = {}
        for entry in answer().decode(errors="surrogateescape").split("\0"):
            oid, _, rest = entry.strip("\n").partition("\n")
            author, _, date = rest.partition("\n")
            commits[oid] = author, date
        return {key: [_by(place, commits) for place in group] for key, group in told.items()}

    with _asking(git, "log", *options, feed="\n".join(ids).encode()) as answer:
        yield authored


def _by(place: Place, commits: Mapping[str, tuple[str, str]]) -> Place:
    author, date = commits.get(place.commit or "", ("", ""))
    return replace(place, author=author or None, date=date or None)


def _on_branches(
    heads: Heads, places: Mapping[str, Sequence[Place]], holders: Holders | None
) -> dict[str, list[Place]]:
    """The places with whether a branch head has the blob there, or reaches a message's commit.

    Of a blob at several paths the heads' trees tell which, as far as `holders` has these trees.
    """
    reached = heads.listing
    if any(key.startswith("commit ") for key in places):
        reached = reached + heads.reached
    length = len(reached[0].partition(b" ")[0]) if reached else 0
    ids = set(map(itemgetter(slice(length)), reached))
    wanted = {place.blob or "" for group in places.values() for place in group}
    there = {oid for oid in wanted if oid.encode() in ids}
    paths: Paths = {}
    several = {
        group[0].blob or "": {place.path for place in group}
        for group in places.values()
        if len(group) > 1
    }
    if several:
        commits = heads.commits
        paths = (
            holders.paths_in(commits)
            if holders
            else standing_at(heads.git, heads.listing, commits, several)
        )
    return {
        key: [
            place
            if key.startswith("tag ")
            else replace(place, on_branch=_is_there(place, there, paths))
            for place in group
        ]
        for key, group in places.items()
    }


def _is_there(place: Place, there: Collection[str], paths: Paths) -> bool:
    return place.blob in there and place.path in paths.get(place.blob or "", (place.path,))
