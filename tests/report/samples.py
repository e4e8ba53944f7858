"""Reports that the tests of all formats share. Previews are masked, as the pipe hands them over."""

from dataclasses import replace

from leakguard.model import (
    Confidence,
    Finding,
    Part,
    Report,
    Severity,
    Skip,
    Summary,
    Suppressed,
)

SECRET = "xo" + "xb-" + "71904526-kQzV7rTb2LwX"  # leakguard:allow
"""What the scanned file held; no report may hold it."""

SLACK = Finding(
    rule_id="slack-bot-token",
    name="Slack bot token",
    kind="secret",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    path="config/deploy.env",
    line=12,
    end_line=12,
    column=13,
    end_column=13 + len(SECRET),
    preview=SECRET[:4] + "…" + SECRET[-2:],
    fingerprint="slack-bot-token:5f0c",
    impact="Reads and writes the channels that the app is in, and the files shared there.",
    remedy="Revoke it under OAuth & Permissions of the app, then install the app anew.",
    reference="https://docs.slack.dev/authentication/tokens",
)

KEY = replace(
    SLACK,
    rule_id="private-key",
    name="Private key",
    severity=Severity.CRITICAL,
    confidence=Confidence.MEDIUM,
    path="deploy/app.zip!keys/id_rsa",
    line=1,
    end_line=27,
    column=1,
    end_column=30,
    preview="----…----",
    fingerprint="private-key:c0ffee12",
    impact="Logs in wherever the public half is accepted.",
    remedy="",
    reference="",
    commit="1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
    author="Ana Müller <ana@example.org>",
    date="2026-01-02T10:11:12+01:00",
    blob="99aabbccddeeff00112233445566778899aabbcc",
    on_branch=False,
    occurrences=3,
)

PASSWORD = replace(
    SLACK,
    rule_id="generic-password",
    name="Password in a settings file",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    line=3,
    end_line=3,
    column=10,
    end_column=22,
    preview="h…",
    fingerprint="generic-password:00d1",
    impact="Opens whatever it protects.",
    reasons=("+ its name says a password", "- the file is a test"),
    remedy="Change it.",
    reference="",
)

IDENTIFIER = replace(
    PASSWORD,
    rule_id="vendor-client-id",
    name="Client id",
    severity=Severity.LOW,
    path="src/app.py",
    line=140,
    end_line=140,
    fingerprint="vendor-client-id:77",
    impact="",
)

PAIR = replace(
    SLACK,
    line=40,
    end_line=40,
    fingerprint="slack-bot-token:c3",
    encoding="base64 > gzip",
    parts=(
        Part("slack-app-id", "Slack app id", Severity.LOW, 38, 9, "A0…"),
        Part("slack-user", "Slack user", Severity.MEDIUM, 41, 2, "U…"),
    ),
)

LEAKS = Report(
    findings=(
        PASSWORD,
        PAIR,
        SLACK,
        replace(SLACK, line=104, end_line=104, fingerprint="slack-bot-token:ab"),
        KEY,
        replace(SLACK, path="src/app.py", commit="ab" * 20, on_branch=True, author="Bo <b@x>"),
        IDENTIFIER,
    ),
    skips=(Skip("media/huge.bin", "larger than 4 GiB", "ee" * 20),),
    suppressed=(
        Suppressed(replace(SLACK, path="tests/a.py"), "comment on the line"),
        Suppressed(replace(SLACK, path="tests/b.py"), "baseline"),
    ),
    notes=("The repository is shallow: history before 2025-11-03 is not here.",),
    summary=Summary(blobs=59_392, bytes=976_512_345, commits=25_788, seconds=4.1234567),
)

CLEAN = Report(summary=Summary(blobs=1, bytes=999, commits=1, seconds=0.04))

INCOMPLETE = Report(
    skips=tuple(Skip(f"data/{number:02}.bin", "cannot be read") for number in range(12)),
    summary=Summary(blobs=7, bytes=999_950, seconds=0.5),
)

HOSTILE = Report(
    findings=(
        replace(
            SLACK,
            path="caf\udce9/\x1b[2J\x1b]0;owned\x07\nleakguard: no leaks,a:b%20.env",
            author="Eve \x1b[1A\u202egnp.exe <e@x>\n::stop-commands::##[x]",
            commit="cd" * 20,
            date="2026-01-02\x1b[0m",
            preview="\x9bx…",
            parts=(Part("p\x1b", "Part {0}\n::x", Severity.LOW, 1, 2, "\x9b…"),),
            impact="Line one.\nLine two {0} [click](https://evil.example).",
        ),
    ),
    skips=(Skip("b\udcff\r\x00", "cannot\nbe read: \udc80"),),
    suppressed=(Suppressed(replace(SLACK, path="\ud800"), "because\x1b[2J\udcfe"),),
    notes=("A note\x1b[2J with \udcfe.",),
)

HUGE = Report(
    findings=(
        replace(SLACK, line=2**31, end_line=2**31, column=10**9, end_column=10**9 + 40),
        replace(SLACK, occurrences=10**7, commit="ef" * 20),
    ),
    summary=Summary(blobs=10**12, bytes=10**18, commits=10**9, seconds=10**6),
)

ALL = (LEAKS, CLEAN, INCOMPLETE, HOSTILE, HUGE)
