import subprocess
import sys

import pytest

from leakguard.cli.progress import shown, words
from leakguard.pipe import Progress

MB = 1_000_000


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (Progress(0, 0, 0, 0.0), "0 blobs, 0 B, 0 B/s, 0 candidates"),
        (Progress(1, 3 * MB, 1, 2.0), "1 blob, 3.0 MB, 1.5 MB/s, 1 candidate"),
        (Progress(23_566, 271 * MB, 12, 1.0), "23,566 blobs, 271.0 MB, 271.0 MB/s, 12 candidates"),
    ],
)
def test_words(progress: Progress, expected: str) -> None:
    assert words(progress) == expected


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with shown(None) as show:
        assert show is None
    with shown(False) as show:
        assert show is None

    assert capsys.readouterr() == ("", "")


def test_line_appears_when_a_scan_lasts_and_is_wiped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")

    with shown(True) as show:
        assert show is not None
        show(Progress(1, 1, 0, 0.1))
        early = capsys.readouterr().err
        show(Progress(2, MB, 0, 1.0))
        show(Progress(3, 2 * MB, 7, 1.0))

    late = capsys.readouterr()
    assert early == ""
    assert "3 blobs, 2.0 MB, 2.0 MB/s, 7 candidates" in late.err
    assert late.err.endswith("\x1b[2K")
    assert late.out == ""


def test_rich_is_imported_for_a_long_scan_only() -> None:
    program = (
        "import sys\n"
        "from leakguard.cli.progress import shown\n"
        "from leakguard.pipe import Progress\n"
        "with shown(True) as show: show(Progress(1, 1, 0, 0.1))\n"
        "assert 'rich' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
