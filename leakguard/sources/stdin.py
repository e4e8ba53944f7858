"""Standard input, which a process need not have."""

import sys
from typing import BinaryIO

from leakguard.errors import UsageError


def standard_input() -> BinaryIO:
    """Standard input as bytes. Raises UsageError when the process was started without one."""
    if sys.stdin is None:
        raise UsageError("standard input is closed: give it a file or a pipe")
    return sys.stdin.buffer
