"""What somebody reads whose commit or push was stopped: how to take the leak out, how to allow it.

Pure: plans in, lines out. Lines that are indented by six are commands, to be run as they are.
"""

import shlex
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from leakguard import limits
from leakguard.hooks.plans import Leaking, Plan
from leakguard.report.wording import visible

_COMMAND: Final = " " * 6
_SHORT: Final = 12
"""Characters of a commit's id, as reports have them."""
_LISTED: Final = 7
"""Characters of an id that git has at least in the list of a rebase: core.abbrev."""

_STAYS_HERE: Final = "If it never left this machine, it need not be revoked once it is out."


def at_commit(
    leak: Leaking, *, staged: Collection[str], first: bool, below: bool = False
) -> list[str]:
    """For a commit under way; `staged` are the paths it changes; `first`: none was made yet.

    `below`: it was begun in a folder of the work tree, from which paths would have to be others.
    """
    if leak.message:
        return [*_head("this message"), *_message_again(), "", *_harmless(leak)]
    paths = [*leak.files, *leak.builds]
    lines = [*_head("this commit"), *_to_the_top(below)]
    if leak.files:
        again = [path for path in leak.files if path in staged]
        lines += _step("Take it out of the file, by hand or with leakguard:", *_redact(leak.files))
        if again:
            lines += _step("Stage that, and commit again:", _add(again), "git commit")
    unstaged = [path for path in paths if path in staged]
    if unstaged:
        way = ("rm", "--cached") if first else ("restore", "--staged")
        told = "Or leave the file out of the commit:" if leak.files else "Leave the file out:"
        lines += _step(told, _git(*way, unstaged), *_ignore(leak.builds))
    return [*lines, "", *_harmless(leak)]


def at_push(plans: Sequence[Plan], *, server: bool = False, below: bool = False) -> list[str]:
    """For a push that was stopped here, or by a server that it went to."""
    most = 1 if server else limits.ADVICE_SHOWN
    lines = [*_head("what is pushed", server=server), *_to_the_top(below)]
    for plan in plans:
        lines += _of_tag(plan.tag) if plan.tag else _of_branch(plan, most)
    leaks = [leak for plan in plans for leak in plan.commits]
    if server:
        return [*lines, *_harmless(*leaks)[:2]]
    return [*lines, *_step("Then push again."), "", *_harmless(*leaks)]


def _head(what: str, *, server: bool = False) -> list[str]:
    if server:
        return [f"How to take it out of {what}; the server has kept nothing"]
    return [f"How to take it out of {what}", f"  {_STAYS_HERE}"]


def _to_the_top(below: bool) -> list[str]:
    command = 'cd "$(git rev-parse --show-toplevel)"'
    return _step("From the top of the repository:", command) if below else []


def _of_branch(plan: Plan, most: int) -> list[str]:
    """The commands for one branch: change its last commit, or stop a rebase at older ones.

    At most so many of these are spelled out.
    """
    lines = _step(f"Go to the branch {plan.branch}:", _git("switch", [plan.branch])) if (
        plan.elsewhere and plan.branch
    ) else []  # fmt: skip
    if [leak.commit for leak in plan.commits] == [plan.tip]:
        (leak,) = plan.commits
        return [*lines, *_change(leak, f"In the last commit, {plan.tip[:_SHORT]}:")]
    lines += _step(_further_back(plan), _rebase(plan))
    oldest = plan.commits[::-1][:most]
    for leak in oldest:
        lines += _change(leak, f"At {leak.commit[:_SHORT]}:", "git rebase --continue")
    if len(oldest) < len(plan.commits):
        lines += _step("At the others the same, with the files that are named above")
    return lines


def _further_back(plan: Plan) -> str:
    names = [leak.commit[:_SHORT] for leak in reversed(plan.commits)]
    if len(names) == 1:
        return f"In a commit further back, {names[0]}; the rebase stops there:"
    if len(names) <= limits.ADVICE_SHOWN:
        return f"In {len(names)} commits ({', '.join(names)}); the rebase stops at each:"
    return f"In {len(names)} commits, the first is {names[0]}; the rebase stops at each:"


def _change(leak: Leaking, title: str, *behind: str) -> list[str]:
    """How a commit that can be changed now loses its leaks."""
    builds = [_git("rm", "--cached", leak.builds), *_ignore(leak.builds)] if leak.builds else []
    builds += ["git add -- .gitignore"] if builds else []
    files = [*_redact(leak.files), _add(leak.files)] if leak.files else []
    how = "--allow-empty" if leak.message else "--no-edit"
    told = f"{title[:-1]} (write its message anew):" if leak.message else title
    return _step(told, *builds, *files, f"git commit --amend {how}", *behind)


def _rebase(plan: Plan) -> str:
    """A rebase from the oldest leaking commit on that stops at each of them, without an editor."""
    ids = [leak.commit[:_LISTED] for leak in plan.commits]
    which = f"({'|'.join(ids)})" if len(ids) <= limits.ADVICE_SHOWN else "([0-9a-f]{4})"
    edit = f"sed -E -i.bak 's/^p[a-z]* {which}/edit \\1/'"
    merges = "--rebase-merges " if plan.merges else ""
    start = "--root" if plan.root else f"{plan.commits[-1].commit[:_SHORT]}~1"
    return f'git -c sequence.editor="{edit}" rebase -i --autostash {merges}{start}'


def _of_tag(tag: str) -> list[str]:
    name = _quoted(tag)
    return _step(
        f"The tag {visible(tag)} has it in its message, write another one:",
        f"git tag --force --annotate {name} {name}^{{}}",
    )


def _message_again() -> list[str]:
    return _step(
        "Take it out of the message, which git has kept:",
        'git commit --edit --file="$(git rev-parse --git-path COMMIT_EDITMSG)"',
    )


def _harmless(*leaks: Leaking) -> list[str]:
    """How to allow what is no secret: nothing can be said in a build."""
    how = ["  Say so on its line, with the reason: leakguard:allow"]
    if files := [path for leak in leaks for path in leak.files]:
        how.append(f"  or, for the whole file, in .leakguard.toml: {_exclude(files[0])}")
    elif builds := [path for leak in leaks for path in leak.builds]:
        how = [f"  Say so in .leakguard.toml: {_exclude(builds[0])}"]
    return ["If it is harmless", *how]


def _exclude(path: str) -> str:
    return f'exclude = ["{visible(path)}"]'


def _redact(paths: Sequence[str]) -> list[str]:
    more = len(paths) - limits.ADVICE_SHOWN
    # A name that begins with a dash is no option.
    names = [f"./{path}" if path.startswith("-") else path for path in paths]
    lines = [f"leakguard redact {_quoted(name)}" for name in names[: limits.ADVICE_SHOWN]]
    return [*lines, f"# and {more} more, named above"] if more > 0 else lines


def _add(paths: Sequence[str]) -> str:
    """Stages these files; all that have changed, when they are too many to be named."""
    return _git("add", paths) if len(paths) <= limits.ADVICE_SHOWN else "git add --update"


def _ignore(paths: Iterable[str]) -> list[str]:
    return [f"echo {_quoted(path)} >> .gitignore" for path in paths]


def _git(*words: str | Sequence[str]) -> str:
    """A command of git; its last word is a list of names."""
    *verbs, names = words
    ending = [_quoted(name) for name in names]
    dashes = [] if verbs == ["switch"] else ["--"]
    return " ".join(["git", *map(str, verbs), *dashes, *ending])


def _quoted(name: str) -> str:
    """A name for a shell; what cannot be printed is shown, not obeyed."""
    return visible(shlex.quote(name))


def _step(title: str, *commands: str) -> list[str]:
    return [f"  {title}", *(f"{_COMMAND}{command}" for command in commands)]
