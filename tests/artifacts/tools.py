"""Programs that make samples: with LEAKGUARD_TEST_TOOLS=required nothing skips for want of one."""

import os
import shutil

import pytest

REQUIRED = os.environ.get("LEAKGUARD_TEST_TOOLS") == "required"


def needs(program: str) -> pytest.MarkDecorator:
    """Skips a test where `program` is not on PATH; where it is required the test fails then."""
    missing = not REQUIRED and not shutil.which(program)
    return pytest.mark.skipif(missing, reason=f"{program} is not installed")
