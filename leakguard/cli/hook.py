"""`leakguard hook`: what `leakguard-hook` does, for those who start it by hand."""

from collections.abc import Sequence

import click


@click.command(
    "hook",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    params=[
        click.Argument(["stage"]),
        click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED),
    ],
    epilog="""\b
Examples:
  leakguard hook agent < event.json
  leakguard hook pre-commit
""",
)
def hook(stage: str, arguments: Sequence[str]) -> None:
    """Do the work of a hook: pre-commit, commit-msg, pre-push, pre-receive, update or agent.

    `agent` reads an event of a coding assistant (Claude Code, Cursor, Copilot, Codex) as JSON from
    standard input and answers as that one wants to be answered. `leakguard-hook` does the same and
    starts sooner.
    """
    from leakguard.hook import main

    raise click.exceptions.Exit(main([stage, *arguments]))
