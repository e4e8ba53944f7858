"""What has to be known of commits that leak, to say how the leaks are taken out of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leakguard.hooks.pushes import Pushed
from leakguard.model import Finding
from leakguard.sources.git.command import Git

COMMIT_MESSAGE = "<commit message>"
TAG_MESSAGE = "<tag message>"


@dataclass(frozen=True, slots=True)
class Leaking:
    """A commit that brings a leak in."""

    commit: str
    files: tuple[str, ...] = ()
    """Paths in the repository of files that hold a leak as text."""
    builds: tuple[str, ...] = ()
    """Paths of files that have to go as a whole: builds, archives."""
    message: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The leaks of one ref that is pushed."""

    branch: str
    """Its name; empty for what has none."""
    tip: str
    commits: tuple[Leaking, ...] = ()
    """Newest first; of each ref only those that no ref before it has."""
    tag: str = ""
    """The name of a tag whose message leaks."""
    merges: bool = False
    """Whether there are merges from the oldest of them on."""
    root: bool = False
    """Whether the oldest has no parent here."""
    elsewhere: bool = False
    """Whether another commit is checked out than what is pushed."""


def plans_for(
    git: Git, pushes: Iterable[Pushed], findings: Sequence[Finding], *, server: bool = False
) -> list[Plan]:
    """A plan for each pushed ref that leaks, in their order. Asks git, hence only after a leak."""
    by_commit = _by_commit(findings)
    head = "" if server else git.result("rev-parse", "--verify", "-q", "HEAD")[1].decode().strip()
    plans = []
    for push in pushes:
        if not push.new.strip("0"):
            continue
        name = push.local or push.ref
        tag = name.removeprefix("refs/tags/") if name.startswith("refs/tags/") else ""
        if tag and f"{TAG_MESSAGE} {tag}" in {finding.path for finding in findings}:
            plans.append(Plan("", push.new, tag=tag))
        order = git.result("rev-list", "--topo-order", push.new, "--")[1].decode().split()
        commits = tuple(by_commit.pop(oid) for oid in order if oid in by_commit)
        if commits:
            tip = order[0]
            plans.append(_plan(git, name, tip, commits, elsewhere=not server and tip != head))
    return plans


def _plan(git: Git, name: str, tip: str, commits: tuple[Leaking, ...], *, elsewhere: bool) -> Plan:
    oldest = commits[-1].commit
    merges = git.result("rev-list", "--merges", "--count", f"{oldest}..{tip}")[1]
    parents = git.result("rev-list", "--parents", "--max-count=1", oldest)[1].split()[1:]
    branch = name.removeprefix("refs/heads/") if name.startswith("refs/heads/") else ""
    return Plan(
        branch=branch,
        tip=tip,
        commits=commits,
        merges=merges.strip() != b"0",
        root=not parents,
        elsewhere=elsewhere,
    )


def _by_commit(findings: Iterable[Finding]) -> dict[str, Leaking]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.commit:
            groups.setdefault(finding.commit, []).append(finding)
    return {commit: leaking(commit, group) for commit, group in groups.items()}


def leaking(commit: str, findings: Sequence[Finding]) -> Leaking:
    """What of a commit leaks: texts, whole files, its message."""
    whole = {outer_path(finding) for finding in findings if _is_whole(finding)}
    texts = {finding.path for finding in findings} - {COMMIT_MESSAGE} - whole
    return Leaking(
        commit,
        files=tuple(sorted(path for path in texts if path.partition("!")[0] not in whole)),
        builds=tuple(sorted(whole)),
        message=any(finding.path == COMMIT_MESSAGE for finding in findings),
    )


def _is_whole(finding: Finding) -> bool:
    """Whether no line can be taken out: the file is the leak, or holds others that do leak."""
    return finding.kind == "artifact" or "!" in finding.path


def outer_path(finding: Finding) -> str:
    """The path in the repository of what a finding is in."""
    return finding.path.partition("!")[0]
