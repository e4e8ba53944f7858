"""Which commits a scan is of: ids and boundaries for `git rev-list`."""

from collections.abc import Sequence

from leakguard_service.repos.git import local
from leakguard_service.repos.model import Copy, MovedOn, ScanRequest, is_oid


def revisions(copy: Copy, request: ScanRequest) -> tuple[str, ...]:
    """`after`, and `^` before all that was scanned already; nothing for the whole history.

    `before` is a boundary only when it was scanned, or nothing was: a delivery that got lost
    would otherwise leave a gap that nobody looks at. Heads that the copy does not have (overwritten
    and collected at the forge) are left out, so that at worst a commit is scanned twice.
    Raises MovedOn when `after` is not in the copy.
    """
    if request.whole:
        return ()
    present = commits(copy, (request.after, request.before, *request.known))
    if request.after not in present:
        raise MovedOn(
            f"commit {request.after[:12]} is no longer at the forge: the ref has moved on, and"
            " the push that moved it is scanned instead"
        )
    scanned = request.known or (request.before,)
    return (request.after, *(f"^{oid}" for oid in dict.fromkeys(scanned) if oid in present))


def commits(copy: Copy, oids: Sequence[str]) -> frozenset[str]:
    """Those of the ids that the copy has, as commits or as tags."""
    asked = [oid for oid in dict.fromkeys(oids) if is_oid(oid)]
    if not asked:
        return frozenset()
    feed = "".join(f"{oid}\n" for oid in asked).encode()
    out = local(copy, "cat-file", "--batch-check=%(objectname) %(objecttype)", feed=feed)
    pairs = (line.split(b" ") for line in out.splitlines())
    return frozenset(oid.decode() for oid, kind in pairs if kind in (b"commit", b"tag"))
