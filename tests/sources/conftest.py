"""What the tests of all sources share: a small rule set, and a scan with it."""

from collections.abc import Callable

import pytest

from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Report
from leakguard.pipe import run
from leakguard.ruleset import parse_rules, read_rule_file, rules_dir
from leakguard.sources import Source
from leakguard.sources.select import Selection, pick_source
from tests.gitrepo import environment

Scan = Callable[..., Report]
Run = Callable[..., Report]

_RULES = {"github.toml": "github-classic-pat", "slack.toml": "slack-bot-token"}


@pytest.fixture(scope="session")
def matcher() -> Matcher:
    """Two rules: GitHub's classic tokens, with their checksum, and Slack's bot tokens."""
    return load_matcher(
        [
            rule
            for file, wanted in _RULES.items()
            for rule in parse_rules(read_rule_file(rules_dir() / file), file)
            if rule.id == wanted
        ]
    )


@pytest.fixture(scope="session")
def scan(matcher: Matcher) -> Scan:
    """Scans paths; keywords are those of Selection."""

    def scan_paths(*paths: object, **selection: object) -> Report:
        names = tuple(str(path) for path in paths)
        return run(pick_source(Selection(paths=names, **selection)), matcher)  # type: ignore[arg-type]

    return scan_paths


@pytest.fixture(scope="session")
def run_source(matcher: Matcher) -> Run:
    """Scans sources."""

    def run_sources(*sources: Source) -> Report:
        return run(sources, matcher)

    return run_sources


@pytest.fixture(autouse=True, scope="session")
def _only_our_git_settings() -> object:
    """The machine's git settings and a hook's variables must not decide a test."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in environment().items():
            if key.startswith("GIT_CONFIG"):
                patch.setenv(key, value)
        yield
