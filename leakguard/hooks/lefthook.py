"""Puts leakguard into lefthook's settings: lefthook writes the hooks itself, over any other's.

Into the local ones, which are added to the team's and are nobody else's:
https://lefthook.dev/examples/lefthook-local/
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from leakguard.errors import UsageError
from leakguard.hooks import scripts
from leakguard.hooks.places import Place, lefthook_file


def install(place: Place, stages: Sequence[str]) -> list[str]:
    """Adds the hooks to the local settings; sentences on what was done and is left to do.

    Raises UsageError when these have settings of their own for such a hook.
    """
    file = _local(place)
    old = scripts.without_lefthook(_read(file))
    taken = sorted(_keys(file, old).intersection(stages))
    text = scripts.lefthook_text(tuple(stages))
    if taken:
        lines = " ".join(text.split("\n", 1)[1].split())
        raise UsageError(f"{file} has settings for {', '.join(taken)}: add there yourself: {lines}")
    gap = "" if not old or old.endswith("\n") else "\n"
    file.write_text(old + gap + text, encoding="utf-8")
    return [
        f"{', '.join(stages)}: {file}, the local settings of lefthook",
        "run `lefthook install` once, so that lefthook writes these hooks",
    ]


def uninstall(place: Place) -> list[str]:
    """Takes the hooks out of the local settings; sentences on what was done."""
    file = _local(place)
    text = _read(file)
    rest = scripts.without_lefthook(text)
    if rest == text:
        return []
    if rest.strip():
        file.write_text(rest, encoding="utf-8")
    else:
        file.unlink()
    return [f"taken out of {file}"]


def _local(place: Place) -> Path:
    """The local settings that belong to the team's, as YAML."""
    assert place.root is not None  # noqa: S101 - only a work tree has a lefthook
    team = lefthook_file(place.root) or place.root / "lefthook.yml"
    name = team.name.replace("lefthook", "lefthook-local", 1)
    return team.with_name(name).with_suffix(team.suffix if team.suffix == ".yaml" else ".yml")


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _keys(file: Path, text: str) -> set[Any]:
    import yaml  # for those who have lefthook only

    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"{file} is no YAML that can be read: repair it first") from error
    if document is not None and not isinstance(document, dict):
        raise UsageError(f"{file} is no settings file of lefthook: repair it first")
    return set(document or ())
