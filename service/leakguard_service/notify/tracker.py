"""One issue for each finding, in whatever tracker: made once, written to, closed, opened again."""

from typing import Final, Protocol

from leakguard_service.notify.model import Post, Sent
from leakguard_service.nouns import Change

_MAKES: Final = frozenset((Change.CREATED.value, Change.REOPENED.value, "digest"))
"""Changes for which an issue is made when there is none."""

CLOSES: Final = frozenset((Change.RESOLVED.value, Change.DISMISSED.value))


class Tracker(Protocol):
    """One project of a tracker, and one message for it. All raise Later and Hopeless."""

    def find(self) -> str:
        """The key of the issue of this thread; empty when there is none."""

    def create(self) -> str:
        """Makes the issue; returns its key."""

    def said(self, key: str) -> bool:
        """Whether the issue has a comment with this message already."""

    def comment(self, key: str) -> None:
        """Writes the message below the issue."""

    def move(self, key: str, *, closed: bool) -> None:
        """Closes it or opens it again, where the tracker lets that be done from outside."""


def follow(post: Post, tracker: Tracker) -> Sent:
    """Tells the tracker. What an earlier try did is not done again: its process may have been
    killed, or its answer lost, after the tracker did what it was asked."""
    change = post.message.change
    key = post.known or tracker.find()
    if not key:
        if change not in _MAKES:
            return Sent(note="there is no issue of this finding to write to")
        return Sent(tracker.create())
    if change in (Change.CREATED, "digest"):
        return Sent(key)
    if not tracker.said(key):
        tracker.comment(key)
    if change in CLOSES or change == Change.REOPENED:
        tracker.move(key, closed=change in CLOSES)
    return Sent(key)
