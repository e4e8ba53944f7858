"""The nouns: what a rule, a window of blobs, a candidate, a finding and a report are. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Level(IntEnum):
    """Base of the two scales of a rule; `label` is what users read and write."""

    @property
    def label(self) -> str:
        """The lower-case name: `high`."""
        return self.name.lower()


class Severity(Level):
    """What a leak of this kind costs."""

    LOW = 1
    """Of little use alone: an identifier, a public key's partner."""
    MEDIUM = 2
    """Opens one limited thing, or needs something else as well."""
    HIGH = 3
    """Reads or changes an account's data."""
    CRITICAL = 4
    """Takes over an account, an organisation or production."""


class Confidence(Level):
    """How sure the form alone makes it that this is a secret."""

    LOW = 1
    """Might be one: shown only when asked for."""
    MEDIUM = 2
    """Looks like one in its surroundings."""
    HIGH = 3
    """Has a form that nothing else has."""


class Verdict(StrEnum):
    """What a whole scan says."""

    CLEAN = "clean"
    LEAKS = "leaks"
    INCOMPLETE = "incomplete"
    """No leak was seen, but something could not be looked at."""


@dataclass(frozen=True, slots=True)
class Check:
    """A structural test of a secret: the name of a function in checksums.py and its parameters."""

    name: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Partner:
    """Another rule whose candidate must stand within `lines` lines before or after."""

    rule: str
    lines: int


@dataclass(frozen=True, slots=True)
class Allowlist:
    """What makes a match no finding, as other tools' rules have it: one of these, or all of them.

    Patterns are RE2's; an empty one is not asked.
    """

    every: bool = False
    """All that is given must hold, not one of it."""
    target: str = "secret"
    """What `pattern` is searched in: `secret`, `match` or `line`."""
    pattern: str = ""
    words: tuple[str, ...] = ()
    """Lower-case texts that the secret contains, whatever its case."""
    path: str = ""
    commits: tuple[str, ...] = ()
    """Full object ids in lower case."""


@dataclass(frozen=True, slots=True)
class Required:
    """Another rule that must match in the same blob, start to start no farther than this."""

    rule: str
    lines: int | None = None
    columns: int | None = None


@dataclass(frozen=True, slots=True)
class Foreign:
    """What only a rule of another tool asks for: see conditions.py."""

    tool: str
    keywords: tuple[str, ...] = ()
    """Lower-case texts, one of which the blob must contain, whatever its case."""
    required: tuple[Required, ...] = ()
    hidden: bool = False
    """Never reported: other rules require it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of secret. See CONTRIBUTING.md for what each key of a rule file means."""

    id: str
    name: str
    provider: str
    impact: str
    """What an attacker can do with it, as a sentence."""
    severity: Severity
    confidence: Confidence
    pattern: str
    """RE2 syntax over bytes, with one group named `secret`. One of another tool may have groups
    without a name instead, of which the first that is not empty is the secret, or no pattern at
    all: then the path alone decides."""
    family: str = ""
    """Rules of one family find the same credential in several forms; empty means the id."""
    path: str = ""
    """RE2 pattern that the path must contain; empty means any path."""
    entropy: float = 0.0
    """Least Shannon entropy of the secret, in bits per character."""
    check: Check | None = None
    partner: Partner | None = None
    near: str = ""
    """RE2 pattern of the vendor's name, in any case, which must stand near the secret: then the
    pattern is nothing but the form of the value. See context.py. Empty means anywhere."""
    words: str = ""
    """With `near`, RE2 pattern of what must stand before the secret on its line, in any case."""
    generic: bool = False
    """The form proves nothing by itself: the value is judged by filters.py."""
    scored: bool = False
    """The form proves nothing: leakguard.generic judges value, name, line and path together."""
    allow: tuple[str, ...] = ()
    """RE2 patterns of values that are never this secret, such as a vendor's documented example."""
    allowlists: tuple[Allowlist, ...] = ()
    """Of other tools' files."""
    foreign: Foreign | None = None
    """None for a rule of our own form."""
    remedy: str = ""
    """What to do about a leak: where to revoke it and what to change."""
    references: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counterexamples: tuple[str, ...] = ()
    file: str = ""
    """Name of the rule file, for messages."""
    kind: str = "secret"
    """What its findings are: `secret`; `data` of canaries, `marker` of names that must not be
    written. Such values are no secrets by their form: no filter is asked about them."""


class Piece(NamedTuple):
    """The place of one blob, or of one segment of a large blob, in a window.

    Offsets are bytes in the window. A match belongs to this piece when its secret's match starts
    in `own_start <= offset < own_end`; what lies outside is context.
    """

    key: str
    """Names the blob to its source: an object id, a path."""
    start: int
    end: int
    own_start: int
    own_end: int
    offset: int = 0
    """Where `start` lies in the blob, in bytes."""
    line: int = 1
    """Line of the blob in which `start` lies, from 1."""
    column: int = 0
    """Characters of that line before `start`."""


class Match(NamedTuple):
    """Offsets in the window: of the whole match, then of the secret in it."""

    start: int
    end: int
    secret_start: int
    secret_end: int
    rule: int
    """Its number in the matcher."""


@dataclass(frozen=True, slots=True)
class Window:
    """Bytes of many blobs, one after the other, each followed by at least one byte `\\n`."""

    data: bytearray | bytes = field(repr=False)
    length: int
    """Bytes of `data` in use."""
    pieces: list[Piece] = field(repr=False)
    """Ordered by `start`; pieces do not overlap."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Something that could not be looked at. A scan with skips is never clean."""

    path: str
    reason: str
    blob: str | None = None
    """Object id, where the source has one."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a secret stands in its blob. Lines and columns count from 1, columns in characters."""

    start: int
    end: int
    """Bytes in the blob, `end` exclusive."""
    line: int
    column: int
    end_line: int
    end_column: int
    """Exclusive."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A match that may be a leak. Nothing but this and the window holds the secret itself."""

    rule: Rule
    key: str
    """The blob's name in its source."""
    span: Span
    secret: bytes = field(repr=False)
    before: bytes = field(default=b"", repr=False)
    """What stands before the secret on its line."""
    after: bytes = field(default=b"", repr=False)
    """What stands behind the secret on its line."""
    previous: bytes = field(default=b"", repr=False)
    """The line before."""
    following: bytes = field(default=b"", repr=False)
    """The line behind."""
    head: bytes = field(default=b"", repr=False)
    """The comment at the beginning of the blob that speaks for all of it; empty for none."""
    unless: tuple[Allowlist, ...] = ()
    """Allowlists that hold if the path or commit is among theirs: only the source knows these."""
    encoding: str = ""
    """How the secret is written, from the outside in: `base64 > gzip`. The span is then that of the
    outermost text. Empty for what stands there as it is."""
    written: bytes = field(default=b"", repr=False)
    """An encoded secret as its blob has it."""
    parts: "tuple[Candidate, ...]" = ()
    """What else of the same credential stands near it."""
    odds: float = 0.0
    """For a scored rule: natural logarithm of the odds that it is a secret, whatever its path."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a blob occurs: its path and, in a history, the commit that first brought it in."""

    path: str
    blob: str | None = None
    commit: str | None = None
    author: str | None = None
    """`Name <address>`."""
    date: str | None = None
    """Author date, ISO 8601 with offset."""
    on_branch: bool | None = None
    """Whether the blob is in the tree of a branch head; None where there is no history."""
    order: int = 0
    """Position in the history, oldest first."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of one credential stands in another place than its secret."""

    rule_id: str
    name: str
    severity: Severity
    """What a leak of this part alone costs."""
    line: int
    column: int
    preview: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A leak: where it is, what it is, and a masked preview. Holds no secret."""

    rule_id: str
    name: str
    kind: str
    severity: Severity
    confidence: Confidence
    path: str
    line: int
    end_line: int
    column: int
    end_column: int
    preview: str
    fingerprint: str
    impact: str = ""
    remedy: str = ""
    reference: str = ""
    commit: str | None = None
    author: str | None = None
    date: str | None = None
    blob: str | None = None
    on_branch: bool | None = None
    """Whether a branch head still holds this secret at this path; None outside a history."""
    occurrences: int = 1
    """Versions of the file that hold the secret."""
    encoding: str = ""
    """How the secret is written where it stands, from the outside in; empty for as it is."""
    parts: tuple[Part, ...] = ()
    """What else of the same credential was found near the secret, by line and column."""
    reasons: tuple[str, ...] = ()
    """What speaks for (`+ `) and against (`- `) a scored finding, strongest first; no secret."""
    identity: str = ""
    """Keyed hash of the secret, the same at all paths; empty unless the policy has a key."""
    unheeded: str = ""
    """Why what would have silenced it did not: a comment without a reason, an entry's end."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that was silenced, and by what."""

    finding: Finding
    reason: str
    entry: str = ""
    """Fingerprint of the entry of the repository's own baseline that did it."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a scan looked at. Times are seconds."""

    blobs: int = 0
    bytes: int = 0
    commits: int = 0
    members: int = 0
    """Files that were in others: in archives, packages, disk images."""
    seconds: float = 0.0
    started: int = 0
    """When the scan began, in seconds since 1970 (UTC); only formats that demand it tell."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a scan says, sorted by path, line, column and rule."""

    findings: tuple[Finding, ...] = ()
    skips: tuple[Skip, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences on what the source was: shallow, with submodules, empty."""
    summary: Summary = Summary()

    @property
    def verdict(self) -> Verdict:
        """Leaks when anything was found, else incomplete when anything was skipped."""
        if self.findings:
            return Verdict.LEAKS
        return Verdict.INCOMPLETE if self.skips else Verdict.CLEAN
