"""What a package of npm says about itself: the tarball of `npm pack`."""

import json
from collections.abc import Sequence

from leakguard.artifacts.model import Build, Sign, Weight
from leakguard.artifacts.tree import Tree

_NEVER_PACKED = ("package-lock.json", "pnpm-lock.yaml", "yarn.lock", ".gitignore", ".npmrc")
"""npm leaves them out of every package, so a tarball with one of them is a copy of a repository."""


def describe_tree(tree: Tree) -> list[Build]:
    """One build when everything is in one folder with a package.json: name, version, private.

    npm names the folder `package`; a few other tools do not.
    """
    top = _top(tree.names)
    if not top:
        return []
    try:
        found = json.loads(tree.read(f"{top}/package.json"))
    except (KeyError, ValueError, RecursionError):
        return []
    if not isinstance(found, dict) or not isinstance(found.get("name"), str):
        return []
    version = found.get("version")
    private = Sign(Weight.HARD, "a private package", 'package.json "private": true')
    return [
        Build(
            kind="npm",
            platform="node",
            name=found["name"],
            identifier=found["name"],
            version=version if isinstance(version, str) else "",
            signs=(private,) if found.get("private") is True else (),
        )
    ]


def _top(names: Sequence[str]) -> str:
    """The one folder that all names are in, if it is a package's; else nothing."""
    if not names:
        return ""
    top, slash, _ = names[0].removeprefix("./").partition("/")
    if not slash or f"{top}/package.json" not in names:
        return ""
    if not all(name.startswith(f"{top}/") for name in names):
        return ""
    if top != "package" and not _packed(top, names):
        return ""
    return top


def _packed(top: str, names: Sequence[str]) -> bool:
    return not any(f"{top}/{name}" in names for name in _NEVER_PACKED) and not any(
        name.startswith((f"{top}/.git", f"{top}/node_modules/")) for name in names
    )
