from pathlib import Path

import pytest

from leakguard import limits
from leakguard.errors import SourceError
from leakguard.hooks.commits import MESSAGE, message_sources
from leakguard.model import Skip

SCISSORS = " ------------------------ >8 ------------------------\n"


def read(file: Path) -> bytes:
    (source,) = message_sources(str(file))
    (window,) = source.windows()
    assert not isinstance(window, Skip)
    assert window.pieces[0].key == MESSAGE
    return bytes(window.data[: window.length]).rstrip(b"\n")


@pytest.mark.parametrize("comment", ["#", ";", "//"])
def test_what_git_cuts_off_is_not_looked_at(tmp_path: Path, comment: str) -> None:
    (tmp_path / "m").write_text(f"one\ntwo\n{comment}{SCISSORS}{comment} diff\n-old\n")

    assert read(tmp_path / "m") == b"one\ntwo"


def test_message_is_looked_at_whole(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"one\xff\r\n# two")

    assert read(tmp_path / "m") == b"one\xff\r\n# two"


def test_file_that_is_no_message_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MESSAGE_BYTES", 3)
    (tmp_path / "m").write_text("long")

    with pytest.raises(SourceError, match="is larger than 3 bytes"):
        message_sources(str(tmp_path / "m"))
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        message_sources(str(tmp_path / "none"))
