"""Nothing that could be a secret gets into a log."""

import io
import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from leakguard_service.ops import logs
from leakguard_service.ops.redact import MASK, redact, redacted
from leakguard_service.settings import Settings
from tests.helpers import github_token

WORD = "correct" + "horse"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (f"https://bot:{WORD}@git.corp.net/a.git", f"https://{MASK}@git.corp.net/a.git"),
        (f"Authorization: Bearer {WORD}.staple", f"Authorization: Bearer {MASK}"),
        (f"GET /x?token={WORD}&page=2", f"GET /x?token={MASK}&page=2"),
        (f"git said {github_token()} twice", f"git said {MASK} twice"),
        ("a plain line about 3 tokens", "a plain line about 3 tokens"),
    ],
)
def test_credentials_are_taken_out_of_a_text(text: str, rest: str) -> None:
    assert redacted(text) == rest


def test_values_with_the_name_of_a_secret_are_masked_whole() -> None:
    event = {
        "event": "connected to the token store",
        "headers": {"Authorization": WORD, "accept": "json"},
        "hook_secret": WORD,
        "list": [{"password": WORD}],
        "count": 3,
    }

    assert redact(None, "info", dict(event)) == {
        "event": "connected to the token store",
        "headers": {"Authorization": MASK, "accept": "json"},
        "hook_secret": MASK,
        "list": [{"password": MASK}],
        "count": 3,
    }


@given(st.text(max_size=40), st.integers(0, 50))
def test_a_token_does_not_survive_whatever_is_around_it(text: str, seed: int) -> None:
    token = github_token(seed)

    assert token not in redacted(f"{text} {token} {text}")


def test_a_log_line_names_an_exception_without_its_text(
    settings: Settings,
) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        logs.set_up(settings.model_copy(update={"log_format": "json"}))
        stream = io.StringIO()
        root.handlers[0].setStream(stream)  # type: ignore[attr-defined]
        try:
            raise ValueError(WORD)
        except ValueError:
            logging.getLogger("x").exception("failed on %s", github_token())
            structlog.get_logger("y").error("also failed", exc_info=True, repository=3)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()

    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["event"] == f"failed on {MASK}"
    assert first["error"] == second["error"] == "ValueError"
    assert second["where"].startswith("test_redact.py:")
    assert second["repository"] == 3
    assert WORD not in stream.getvalue()
