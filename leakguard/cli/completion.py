"""`leakguard completion`: the script that teaches a shell to complete the command line."""

from typing import Final

import click
from click.shell_completion import get_completion_class

from leakguard.cli.output import say

COMPLETE_VARIABLE: Final = "_LEAKGUARD_COMPLETE"
"""Set by the script when it asks for completions."""


@click.command(
    "completion",
    short_help="Print a script for a shell's completion.",
    epilog="""\b
Examples:
  leakguard completion bash > ~/.local/share/bash-completion/completions/leakguard
  leakguard completion zsh > "${fpath[1]}/_leakguard"
  leakguard completion fish > ~/.config/fish/completions/leakguard.fish
""",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script that completes leakguard's commands and options in a shell."""
    script = get_completion_class(shell)
    if script is None:  # pragma: no cover - click has these three
        raise click.UsageError(f"click has no completion for {shell}")
    root = context.find_root().command
    say(script(root, {}, "leakguard", COMPLETE_VARIABLE).source())
