"""Where pip's scripts begin: no garbage is looked for while modules are loaded, as none is made.

A hook takes an eighth of a second; looking for garbage would be a fifteenth of it.
"""

import gc


def command() -> int:
    """Runs `leakguard`; returns the exit code of the process."""
    gc.disable()
    from leakguard.cli.main import main

    _go_on()
    return main()


def hook() -> int:
    """Runs `leakguard-hook`; returns the exit code of the process."""
    gc.disable()
    from leakguard.hook import main

    _go_on()
    return main()


def _go_on() -> None:
    """What is loaded stays to the end: it need not be looked at again."""
    gc.freeze()
    gc.enable()
