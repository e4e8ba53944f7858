"""`leakguard inspect`: what builds there are, whose, and whether they are released."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from leakguard.cli.config import FILE_OPTIONS, FORMAT_OPTION, config_from
from leakguard.cli.output import columns, say
from leakguard.exitcodes import ExitCode
from leakguard.model import Skip
from leakguard.report.wording import encodable, one_line, visible

if TYPE_CHECKING:
    from leakguard.artifacts.model import Sign
    from leakguard.inspection import Inspected


@click.command(
    "inspect",
    params=[
        click.Argument(["paths"], nargs=-1, required=True, metavar="PATH..."),
        FORMAT_OPTION,
        *FILE_OPTIONS[1:],
    ],
    epilog="""\b
Examples:
  leakguard inspect app-release.apk
  leakguard inspect --format json dist/
""",
)
def inspect(**given: Any) -> None:
    """Name the builds in files and folders: kind, version, signer, and whether they are released.

    Says for each app, package or installer, nested ones too, whether it is unreleased, internal,
    released, foreign or unknown, and what in it says so. Looks for no secrets.
    """
    from leakguard.inspection import inspect as look
    from leakguard.opening import opening_for
    from leakguard.unpack import Opening

    paths = given["paths"]
    config = config_from({**given, "rules": ()}, paths)
    # Who asks for builds wants files opened, whatever a scan does.
    opening = opening_for(replace(config.artifacts, open=True), paths[0])
    builds, skips, notes = look(paths, opening or Opening())
    render = as_json if given["format_"] == "json" else as_text
    say(render(builds, skips, notes))
    raise click.exceptions.Exit(ExitCode.INCOMPLETE if skips else ExitCode.CLEAN)


def as_text(builds: "list[Inspected]", skips: list[Skip], notes: list[str]) -> str:
    """Each build with its facts, notes, what could not be looked at, and one closing line."""
    lines: list[str] = []
    for item in builds:
        lines += [visible(item.path), *_facts(item), ""]
    lines += [f"Note: {one_line(note)}\n" for note in notes]
    if skips:
        lines.append("Not looked at")
        lines += [f"  {visible(skip.path)}: {one_line(skip.reason)}" for skip in skips] + [""]
    count = "1 build" if len(builds) == 1 else f"{len(builds):,} builds"
    lines.append(f"leakguard: {count}; {len(skips):,} skipped")
    return "\n".join(lines) + "\n"


def _facts(item: "Inspected") -> list[str]:
    import textwrap

    build, judgement = item.build, item.judgement
    rows = {
        "verdict": " - ".join(
            filter(None, (judgement.verdict.value, "; ".join(judgement.reasons)))
        ),
        "what": build.title(),
        "identifier": build.identifier,
        "signer": build.signer.subject if build.signer else "",
        "distribution": build.distribution,
        "signs": "; ".join(f"{sign.text} ({sign.proof})" for sign in build.signs),
        "source": ", ".join(build.source),
        "built in": ", ".join(build.leaked_paths),
        "sha256": item.sha256,
    }
    lines = []
    for label, value in rows.items():
        wrapped = textwrap.wrap(one_line(value), max(columns() - 16, 40), break_long_words=False)
        lines += [f"  {label if not at else '':12}  {line}" for at, line in enumerate(wrapped)]
    return lines


def as_json(builds: "list[Inspected]", skips: list[Skip], notes: list[str]) -> str:
    """One object: `artifacts`, each with what it says of itself, `skips` and `notes`."""
    document = {
        "artifacts": [_entry(item) for item in builds],
        "skips": [
            {"path": encodable(skip.path), "reason": encodable(skip.reason)} for skip in skips
        ],
        "notes": [encodable(note) for note in notes],
    }
    return json.dumps(document, indent=2) + "\n"


def _entry(item: "Inspected") -> dict[str, Any]:
    build, judgement = item.build, item.judgement
    texts = {
        "path": item.path,
        "kind": build.kind,
        "platform": build.platform,
        "name": build.name,
        "identifier": build.identifier,
        "version": build.version,
        "build": build.build,
        "signer": build.signer.subject if build.signer else None,
        "signer_sha256": build.signer.sha256 if build.signer else None,
        "distribution": build.distribution,
        "sha256": item.sha256,
        "verdict": judgement.verdict.value,
        "internal": build.internal,
    }
    return {
        **{key: encodable(value) if value else None for key, value in texts.items()},
        "reasons": [encodable(reason) for reason in judgement.reasons],
        "signs": [
            {
                "weight": sign.weight.value,
                "text": encodable(sign.text),
                "proof": encodable(sign.proof),
            }
            for sign in build.signs
        ],
        "source": [encodable(name) for name in build.source],
        "leaked_paths": [encodable(path) for path in build.leaked_paths],
    }


def _sign(sign: "Sign") -> dict[str, str]:
    texts = {"weight": sign.weight.value, "text": sign.text, "proof": sign.proof}
    return {key: encodable(value) for key, value in texts.items()}
