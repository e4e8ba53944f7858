"""The nouns of notifications: what is told, to where, and what came of it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leakguard_service.service import Service


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a message. Both parts are plain text; `value` may come from a repository."""

    label: str
    value: str
    code: bool = False
    """A path, a preview, an id: shown in a fixed width."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is told, before it has the form of any channel. Never holds a secret.

    All texts are plain and one line each (see text.py); each channel escapes them its own way.
    """

    id: str
    """Stays the same when it is sent again, and is no other installation's."""
    event: str
    """`finding.created`, ..., `scan.digest`, `test`."""
    at: datetime
    title: str
    facts: tuple[Fact, ...] = ()
    advice: str = ""
    """What to do next."""
    link: str = ""
    """Empty when LEAKGUARD_PUBLIC_URL is not set."""
    severity: int = 0
    """1 low ... 4 critical; 0 for none."""
    thread: str = ""
    """What it is about: the same for all messages of one finding; empty for a test."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """The same for machines, as JSON values."""

    @property
    def change(self) -> str:
        """What happened: `created`, `resolved`, `digest`."""
        return self.event.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Post:
    """One message on its way to one channel."""

    service: Service
    tenant_id: int
    config: Mapping[str, Any] = field(repr=False)
    """Of the channel, opened: holds tokens."""
    message: Message
    known: str = ""
    """The issue that an earlier message of this thread made in this channel."""
    recipients: tuple[str, ...] = ()
    """Addresses, where the channel itself names none."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of it."""

    external: str = ""
    """The key of the issue that was made or written to."""
    note: str = ""
    """Why there was nothing to send."""
    trouble: str = ""
    """What is wrong with the channel although it was sent: somebody's address was refused."""
