"""The texts of the hooks: what git starts, and what stands in another tool's file.

Each text carries a mark, by which it is known again; only this module knows the texts.
"""

import shlex
import sys
from collections.abc import Mapping
from typing import Final, NamedTuple

MARK: Final = "# Hook of leakguard"
"""Stands in every hook that runs leakguard."""

FORWARD_MARK: Final = "# Of leakguard: hands on"
"""Stands in hooks that only hand on, beside leakguard's own in a folder for all repositories."""

KEPT: Final = ".before-leakguard"
"""What is added to the name of a hook that was there before."""

ENTRY: Final = "leakguard-hook"
"""The program that hooks start."""

BLOCK_BEGIN: Final = "# >>> leakguard >>>"
BLOCK_END: Final = "# <<< leakguard <<<"

LEFTHOOK_MARK: Final = "# Of leakguard: `leakguard uninstall` takes out"


class Stage(NamedTuple):
    """A hook of git that leakguard has, as githooks(5) describes it."""

    fed: bool = False
    """Whether git writes refs to its standard input."""
    first: bool = False
    """Whether leakguard comes before what was there: a hook may send something away (git-lfs at a
    push), others change what is committed, and leakguard has to see the result."""
    server: bool = False


STAGES: Final[Mapping[str, Stage]] = {
    "pre-commit": Stage(),
    "commit-msg": Stage(),
    "pre-push": Stage(fed=True, first=True),
    "pre-receive": Stage(fed=True, first=True, server=True),
    "update": Stage(first=True, server=True),
}

OTHER_HOOKS: Final = (
    "applypatch-msg", "pre-applypatch", "post-applypatch", "pre-merge-commit",
    "prepare-commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge",
    "post-receive", "post-update", "proc-receive", "push-to-checkout", "pre-auto-gc",
    "post-rewrite", "sendemail-validate",
)  # fmt: skip
"""The other hooks of githooks(5), but for those of p4 and fsmonitor, and for reference-transaction,
which git starts three times for each change of refs."""

_HEAD = """\
#!/bin/sh
{mark}, {stage}: `leakguard uninstall` takes it out.
# A hook that was here before is kept as {stage}{kept} and is run too.
leakguard() {{
{start}
}}
before() {{
  [ -z "$LEAKGUARD_CANARY" ] || return 0
  if [ -x "$0{kept}" ]; then
    "$0{kept}" "$@"{fed} || return $?{lines}
  fi
{own}}}
"""

_PINNED = """\
  if [ -x {python} ]; then
    {python} -P -m leakguard.hook {stage} "$@"
  elif command -v {entry} >/dev/null 2>&1; then
    {entry} {stage} "$@"
  else
    echo leakguard: {missing} >&2
    return 2
  fi"""

_ON_PATH = """\
  if command -v {entry} >/dev/null 2>&1; then
    {entry} {stage} "$@"
  else
    echo leakguard: {missing} >&2
    return 2
  fi"""

_REPOSITORYS_OWN = """\
  own=$(git rev-parse --git-common-dir)/hooks/{stage}
  if [ -x "$own" ] && ! [ "$own" -ef "$0" ]; then
    "$own" "$@"{fed} || return $?{lines}
  fi
"""

_SKIP_WHEN_OWN = """\
  # A repository with a leakguard of its own need not be looked at twice.
  own=$(git rev-parse --git-common-dir)/hooks/{stage}
  if [ -x "$own" ] && grep -q {mark} "$own"; then return 0; fi
"""

_BODIES: Final[Mapping[tuple[bool, bool], str]] = {
    (False, False): 'before "$@" || exit $?\nleakguard "$@"\n',
    (False, True): 'leakguard "$@" || exit $?\nbefore "$@"\n',
    (True, True): (
        'lines=$(cat)\nleakguard "$@" <<EOF || exit $?\n$lines\nEOF\nbefore "$@" || exit $?\n'
    ),
}
"""By whether git feeds the hook, and whether leakguard comes first."""


_NOT_FED: Final = {"fed": "", "lines": ""}


def hook_text(stage: str, *, python: str = sys.executable, everywhere: bool = False) -> str:
    """The hook. With `python` empty it looks for leakguard on PATH only, for others to use it too.

    `everywhere` is for a folder that stands in for the hooks of all repositories: then the
    repository's own hook, which git would not start any more, is handed on to.
    """
    names = {"stage": stage, "entry": ENTRY, "mark": shlex.quote(MARK)}
    fed = {"fed": " <<EOF", "lines": "\n$lines\nEOF"} if STAGES[stage].fed else _NOT_FED
    missing = (
        f"the hook {stage} finds no leakguard: {f'{python} is gone and ' if python else ''}{ENTRY}"
        " is not on PATH; install leakguard and run `leakguard install` again"
    )
    start = (_PINNED if python else _ON_PATH).format(
        python=shlex.quote(python), missing=shlex.quote(missing), **names
    )
    skip = _SKIP_WHEN_OWN.format(**names) if everywhere else ""
    own = _REPOSITORYS_OWN.format(**names, **fed) if everywhere else ""
    head = _HEAD.format(mark=MARK, stage=stage, kept=KEPT, start=skip + start, own=own, **fed)
    return head + _BODIES[STAGES[stage].fed, STAGES[stage].first]


def python_of(text: str) -> str:
    """The interpreter that a hook of leakguard's names; empty for none."""
    for line in text.splitlines():
        quoted = line.removeprefix("  if [ -x ").removesuffix(" ]; then")
        if len(line) - len(quoted) == len("  if [ -x  ]; then") and quoted[0] != '"':
            return shlex.split(quoted)[0]
    return ""


def forward_text(name: str) -> str:
    """A hook that runs the repository's own one of that name, in a folder for all repositories."""
    return (
        f"#!/bin/sh\n{FORWARD_MARK} to the repository's own hook, which core.hooksPath hides.\n"
        f'own=$(git rev-parse --git-common-dir)/hooks/{name}\n[ ! -x "$own" ] || exec "$own" "$@"\n'
    )


def block_text(stage: str) -> str:
    """Lines for a shell script of husky's, which a team shares: leakguard is found on PATH.

    Git's lines are read once and given to both, leakguard and what comes behind it.
    """
    lines: tuple[str, ...] = (f'{ENTRY} {stage} "$@" || exit $?',)
    if STAGES[stage].fed:
        lines = (
            "leakguard_lines=$(cat)",
            f'{ENTRY} {stage} "$@" <<EOF || exit $?',
            "$leakguard_lines",
            "EOF",
            "exec <<EOF",
            "$leakguard_lines",
            "EOF",
        )
    return "\n".join((BLOCK_BEGIN, f"{MARK}, {stage}: `leakguard uninstall` takes it out.", *lines))


def with_block(text: str, stage: str) -> str:
    """A script of husky's with leakguard's lines, once: before the others or behind them."""
    rest = without_block(text)
    block = block_text(stage) + f"\n{BLOCK_END}\n"
    if not STAGES[stage].first:
        return rest + ("" if not rest or rest.endswith("\n") else "\n") + block
    lines = rest.splitlines(keepends=True)
    # husky's old form reads a file of its own first, which starts the script again.
    at = next((n + 1 for n, line in enumerate(lines) if "husky.sh" in line), 0)
    at = at or int(rest.startswith("#!"))
    return "".join(lines[:at]) + block + "".join(lines[at:])


def without_block(text: str) -> str:
    """A script without leakguard's lines."""
    before, begin, rest = text.partition(BLOCK_BEGIN)
    _, end, behind = rest.partition(f"{BLOCK_END}\n")
    return before + behind if begin and end else text


def lefthook_text(stages: tuple[str, ...]) -> str:
    """Settings of lefthook that add leakguard to what it runs. YAML."""
    lines = [f"{LEFTHOOK_MARK} this block\n"]
    for stage in stages:
        fed = "      use_stdin: true\n" if STAGES[stage].fed else ""
        lines.append(
            f"{stage}:\n  commands:\n    leakguard:\n      run: {ENTRY} {stage} {{0}}\n{fed}"
        )
    return "".join(lines) + f"{LEFTHOOK_MARK} all down to here\n"


def without_lefthook(text: str) -> str:
    """Settings of lefthook without leakguard's block."""
    before, begin, rest = text.partition(f"{LEFTHOOK_MARK} this block\n")
    _, end, behind = rest.partition(f"{LEFTHOOK_MARK} all down to here\n")
    return before + behind if begin and end else text


def is_leakguards(text: str) -> bool:
    """Whether a hook runs leakguard: in leakguard's own text, husky's, pre-commit's or by hand."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return MARK in text or any(ENTRY in line or "leakguard.hook" in line for line in lines)
