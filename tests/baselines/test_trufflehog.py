"""trufflehog's reports as entries; no secret of a report is kept."""

from leakguard.baselines.foreign import SHA256, sha256
from leakguard.baselines.trufflehog import read_report
from tests.helpers import github_token

TOKEN = github_token(1)


def row(source: str = "Git", **more: object) -> dict[str, object]:
    """A finding as `trufflehog git --json` and `trufflehog filesystem --json` write it."""
    place = {"commit": "ab" * 20, "file": "src/a.py", "email": "ana@example.org", "line": 2}
    return {
        "SourceMetadata": {"Data": {source: place}},
        "SourceName": "trufflehog",
        "DetectorType": 8,
        "DetectorName": "Github",
        "Verified": False,
        "Raw": TOKEN,
        "RawV2": "",
        **more,
    }


def test_finding_is_known_by_file_and_hash() -> None:
    found = read_report([row(), row("Filesystem"), row()])

    (entry,) = found.entries
    assert (entry.label, entry.path, entry.hash) == ("src/a.py: Github", "src/a.py", SHA256)
    assert entry.digest == sha256(TOKEN)
    assert TOKEN not in repr(found)


def test_what_cannot_be_compared_is_left_out() -> None:
    found = read_report([row(Raw=""), row(SourceMetadata={"Data": {"Slack": {}}}), 1])

    assert found.entries == ()
    assert found.left_out == (
        "src/a.py: Github: the report does not have the secret",
        "Github: it is in no file",
        ": it is in no file",
    )
