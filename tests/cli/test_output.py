import os
import sys
from io import StringIO, TextIOWrapper
from pathlib import Path

import pytest

from leakguard.cli.output import check_writable, complain, is_colored, is_terminal, say, write_file
from leakguard.errors import UsageError


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_text_is_written_in_utf_8_whatever_is_in_it(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    say("é \udcff\n")

    assert capfdbinary.readouterr().out == "é \\udcff\n".encode()


def test_closed_streams_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)

    say("a")
    complain("b")


@pytest.mark.skipif(os.name == "nt", reason="Windows reports a closed pipe in another way")
def test_closed_pipe_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with TextIOWrapper(os.fdopen(writing, "wb")) as stream:
        monkeypatch.setattr(sys, "stdout", stream)

        say("a")
        say("b")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_full_disk_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)

        with pytest.raises(UsageError, match="standard output cannot be written: No space left"):
            say("a")


def test_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("old")
    link = tmp_path / "link"
    link.symlink_to(file)

    write_file(link, "new")

    assert file.read_text() == "new"
    assert sorted(tmp_path.iterdir()) == [file, link]


def test_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "a"
    file.write_text("old")
    monkeypatch.setattr(os, "replace", fail)

    with pytest.raises(UsageError, match="a cannot be written: No space left on device"):
        write_file(file, "new")

    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_device_is_written_to_and_not_replaced() -> None:
    check_writable(Path(os.devnull))
    write_file(Path(os.devnull), "a")

    assert not Path(os.devnull).is_file()


def test_folder_is_no_output(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder: name a file in it"):
        check_writable(tmp_path)


def test_output_needs_its_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder .*nope: create it"):
        check_writable(tmp_path / "nope" / "a")


def test_output_needs_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(UsageError, match="cannot be written: no permission"):
        check_writable(tmp_path / "a")


@pytest.mark.parametrize(
    ("choice", "stream", "environment", "colored"),
    [
        ("auto", Terminal(), {}, True),
        ("auto", Terminal(), {"TERM": "dumb"}, False),
        ("auto", Terminal(), {"NO_COLOR": ""}, True),
        ("auto", Terminal(), {"NO_COLOR": "1"}, False),
        ("auto", StringIO(), {}, False),
        ("auto", None, {}, False),
        ("auto", StringIO(), {"FORCE_COLOR": "1"}, True),
        ("always", None, {"NO_COLOR": "1"}, True),
        ("never", Terminal(), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_when_to_color(
    choice: str, stream: StringIO | None, environment: dict[str, str], colored: bool
) -> None:
    assert is_colored(choice, stream, environment) is colored


def test_closed_stream_is_no_terminal() -> None:
    stream = StringIO()
    stream.close()

    assert not is_terminal(stream)
