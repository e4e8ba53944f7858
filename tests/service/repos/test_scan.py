"""Ranges, policies, what is not read twice, and how a child may end."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from leakguard_service.errors import Hopeless, Later
from leakguard_service.repos import scan as scanning
from leakguard_service.repos.cache import Cache
from leakguard_service.repos.fetch import fetch
from leakguard_service.repos.git import local
from leakguard_service.repos.model import BrokenCopy, Copy, MovedOn, ScanRequest
from leakguard_service.repos.revisions import revisions
from leakguard_service.repos.scan import remember, scan
from leakguard_service.repos.still import still_there
from leakguard_service.settings import Settings
from tests.helpers import git, github_token
from tests.service.repos.conftest import KEY, Forge, fetched

MAIN = "refs/heads/main"
NOBODY = "1" * 40


def asked(after: str, before: str = "", *known: str) -> ScanRequest:
    return ScanRequest(before=before, after=after, known=known, identity_key=KEY)


def test_an_update_is_what_lies_between(forge: Forge, copy: Copy, settings: Settings) -> None:
    first = forge.commit({"a": github_token(1)})
    second = forge.commit({"b": github_token(2)}, "two")
    result = fetched(forge, copy, settings, asked(second, first))

    (finding,) = result.findings
    assert (finding.path, finding.commit, finding.on_branch) == ("b", second, True)
    assert finding.author == "Ana <ana@example.org>"
    assert len(finding.identity) == 64
    assert github_token(2) not in repr(result)
    assert result.summary.commits == 1
    assert len(result.rules) == 40


def test_lines_around_a_finding_come_masked(forge: Forge, copy: Copy, settings: Settings) -> None:
    token, other = github_token(1), github_token(2)
    first = forge.commit({"a": "1"})
    text = f"import os\nuse({token})\nlog('{other}', 7)\n"
    second = forge.commit({"b.py": text, "x!y": token}, f"message {github_token(3)}")

    result = fetched(forge, copy, settings, asked(second, first))

    assert len(result.findings) == 4
    shown = {place.path: lines for place, lines in result.contexts.items()}
    assert shown == {"b.py": "1\timport os\n2\tuse(•••)\n3\tlog('•••', 7)"}
    assert [place.line for place in result.contexts] == [2, 3]
    assert token not in repr(result)


def test_ranges(forge: Forge, copy: Copy, settings: Settings) -> None:
    first, second = forge.commit({"a": "1"}), forge.commit({"a": "2"})
    forge.branch("side", first)
    side = forge.commit({"b": "1"})
    fetch(copy, forge.access, [MAIN, "refs/heads/side"], settings)

    def chosen(request: ScanRequest) -> set[str]:
        return set(revisions(copy, request))

    assert chosen(asked(side)) == {side}
    assert chosen(asked(side, "", second)) == {side, f"^{second}"}
    assert chosen(asked(second, first)) == {second, f"^{first}"}
    assert chosen(asked(second, NOBODY)) == {second}
    assert chosen(asked(second, first, first, side)) == {second, f"^{first}", f"^{side}"}
    # `first` came in a delivery that got lost: nobody has scanned it
    assert chosen(asked(second, first, side, NOBODY)) == {second, f"^{side}"}
    assert revisions(copy, ScanRequest(whole=True)) == ()
    with pytest.raises(MovedOn, match="is no longer at the forge"):
        revisions(copy, asked(NOBODY, first))


def test_a_forced_push_is_scanned_from_what_is_known(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    base = git(forge.work, "rev-parse", "HEAD")
    old = forge.commit({"a": github_token(1)})
    fetch(copy, forge.access, [MAIN], settings)
    git(forge.work, "reset", "-q", "--hard", base)
    new = forge.commit({"b": github_token(2)})
    result = fetched(forge, copy, settings, asked(new, old, old))
    assert [finding.path for finding in result.findings] == ["b"]


def test_a_branch_that_is_deleted_and_made_again(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    main = git(forge.work, "rev-parse", "HEAD")
    forge.branch("again")
    first = forge.commit({"a": github_token(1)})
    ref = "refs/heads/again"
    assert len(fetched(forge, copy, settings, asked(first, "", main), ref).findings) == 1
    forge.push(f":{ref}")
    assert fetch(copy, forge.access, [ref], settings) == (ref,)
    assert still_there(copy, [("a", git(forge.work, "rev-parse", "HEAD:a"))]) == (False,)

    forge.branch("again", "main")
    second = forge.commit({"b": github_token(2)})
    result = fetched(forge, copy, settings, asked(second, "", main, first), ref)
    assert [finding.path for finding in result.findings] == ["b"]


def test_comments_that_allow_are_counted(forge: Forge, copy: Copy, settings: Settings) -> None:
    oid = forge.commit({"a": f"{github_token()} # leakguard:allow\n"})
    result = fetched(forge, copy, settings, asked(oid))
    assert (result.findings, result.suppressed) == ((), 1)


def test_the_policy_of_the_default_branch_counts_and_no_other(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    forge.commit({".leakguard.toml": 'exclude = ["tests/"]\nrules = ["/etc/passwd"]\n'})
    forge.branch("dev")
    files = {"tests/a": github_token(1), "b": github_token(2)}
    oid = forge.commit({**files, ".leakguard.toml": 'exclude = ["**"]\n'})
    result = fetched(forge, copy, settings, asked(oid), "refs/heads/dev")
    assert [finding.path for finding in result.findings] == ["b"]
    assert (result.suppressed, result.bad_policy) == (1, "")

    without = ScanRequest(after=oid, identity_key=KEY, repository_policy=False)
    assert len(scan(copy, without, settings).findings) == 2


def test_a_push_to_the_default_branch_cannot_excuse_itself(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    before = git(forge.work, "rev-parse", "HEAD")
    oid = forge.commit({"a": github_token(), ".leakguard.toml": 'exclude = ["**"]\n'})
    assert len(fetched(forge, copy, settings, asked(oid, before)).findings) == 1
    assert scan(copy, ScanRequest(whole=True), settings).suppressed == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exclude = [", "is not valid TOML"),
        ("nonsense = 1", "is no setting"),
        ('disabled_rules = ["no-such-rule"]', "which is no rule"),
        ("x = " + "[" * 5_000, "nested too deep|not valid TOML"),
        ("#" * 100_001, "larger than"),
        (b"\xff", "no UTF-8"),
    ],
)
def test_a_broken_policy_of_a_repository_does_not_count(
    forge: Forge, copy: Copy, settings: Settings, text: str | bytes, words: str
) -> None:
    oid = forge.commit({".leakguard.toml": text, "a": github_token()})
    result = fetched(forge, copy, settings, asked(oid))
    assert len(result.findings) == 1
    assert re.search(words, result.bad_policy)


@pytest.mark.parametrize(
    "text", ["exclude = [", 'rules = ["x"]', 'baseline = "/etc/passwd"', "nonsense = 1",
             '[artifacts]\nreleased_from = "/etc/passwd"', 'disabled_rules = ["no-such-rule"]']
)  # fmt: skip
def test_a_broken_policy_of_the_tenant_is_an_error(
    forge: Forge, copy: Copy, settings: Settings, text: str
) -> None:
    fetch(copy, forge.access, [MAIN], settings)
    with pytest.raises(Hopeless, match="the tenant's policy"):
        scan(copy, ScanRequest(whole=True, policies=(text,)), settings)


def test_both_policies_count(forge: Forge, copy: Copy, settings: Settings) -> None:
    forge.commit({".leakguard.toml": 'exclude = ["b"]\n'})
    oid = forge.commit({name: github_token() for name in "abc"})
    request = ScanRequest(after=oid, policies=('exclude = ["a"]\n',))
    result = fetched(forge, copy, settings, request)
    assert [finding.path for finding in result.findings] == ["c"]


def test_a_repository_may_allow_more_but_heed_no_more_comments(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    own = 'pragmas = "heed"\norganisation = "/etc/passwd"\n[[allow]]\npaths = ["b"]\n'
    forge.commit({".leakguard.toml": own})
    texts = {name: github_token() for name in "abc"}
    oid = forge.commit({**texts, "d": f"{github_token()}  # leakguard:allow why"})
    strict = 'pragmas = "forbid"\n[[allow]]\npaths = ["a"]\n'
    result = fetched(forge, copy, settings, ScanRequest(after=oid, policies=(strict,)))
    assert [finding.path for finding in result.findings] == ["c", "d"]
    assert result.bad_policy == ""


def test_clean_blobs_are_not_read_again(forge: Forge, copy: Copy, settings: Settings) -> None:
    forge.commit({"a": github_token(1), **{f"f{n}": f"text {n}" for n in range(20)}})
    whole = ScanRequest(whole=True, identity_key=KEY)
    first = fetched(forge, copy, settings, whole)
    assert first.summary.blobs == 22

    assert scan(copy, whole, settings).summary.blobs == 22  # nobody said that it was stored
    remember(copy, first)
    again = scan(copy, whole, settings)
    assert again.summary.blobs == 1
    assert again.findings == first.findings

    forge.commit({"f3": github_token(3), "copied": "text 4", "moved": github_token(1)})
    more = fetched(forge, copy, settings, whole)
    assert {finding.path for finding in more.findings} == {"a", "f3", "moved"}
    assert more.summary.blobs == 2
    remember(copy, more)
    assert scan(copy, whole, settings).summary.blobs == 2
    assert not list(copy.folder.glob("*.new"))


def test_other_settings_look_at_everything_again(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    forge.commit({"a": "text"})
    whole = ScanRequest(whole=True, identity_key=KEY)
    remember(copy, fetched(forge, copy, settings, whole))
    assert scan(copy, whole, settings).summary.blobs == 0
    changed = ScanRequest(whole=True, identity_key=KEY, policies=('exclude = ["x"]\n',))
    assert scan(copy, changed, settings).summary.blobs == 2


def test_an_excluded_blob_is_found_where_it_is_not_excluded(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    whole = ScanRequest(whole=True, policies=('exclude = ["tests/"]\n',))
    forge.commit({"tests/a": github_token()})
    remember(copy, fetched(forge, copy, settings, whole))
    oid = forge.commit({"src/a": github_token()})
    request = ScanRequest(after=oid, before=f"{oid}~", policies=whole.policies)
    result = fetched(forge, copy, settings, request)
    assert [finding.path for finding in result.findings] == ["src/a"]


def test_still_there(forge: Forge, copy: Copy, settings: Settings) -> None:
    forge.commit({"a": "one", "dir/b!c": "two", "new\nline": "three"}, "message")
    blobs = {
        name: git(forge.work, "rev-parse", f"HEAD:{name}") for name in ("a", "dir/b!c", "new\nline")
    }
    commit = git(forge.work, "rev-parse", "HEAD")
    forge.commit({"a": "changed"})
    git(forge.work, "tag", "-a", "-m", "tagged", "v1")
    tag = git(forge.work, "rev-parse", "v1")
    forge.push("v1", f"{commit}:refs/heads/old")
    fetch(copy, forge.access, [MAIN, "refs/tags/v1"], settings)

    places = [
        ("a", blobs["a"]),
        ("dir/b!c", blobs["dir/b!c"]),
        ("dir/b!c!member/x", blobs["dir/b!c"]),
        ("elsewhere", blobs["dir/b!c"]),
        ("new\nline", blobs["new\nline"]),
        ("<commit message>", commit),
        ("<commit message>", NOBODY),
        ("<tag message> v1", tag),
        ("a", ""),
    ]
    answers = still_there(copy, places)
    assert answers == (False, True, True, False, True, True, False, True, False)
    fetch(copy, forge.access, ["refs/heads/old"], settings)
    assert still_there(copy, places[:1]) == (True,)
    assert still_there(copy, []) == ()


def test_odd_bytes_in_paths_are_found_again(forge: Forge, copy: Copy, settings: Settings) -> None:
    oid = forge.commit({os.fsdecode(b"odd\xff"): github_token()})
    (finding,) = fetched(forge, copy, settings, asked(oid)).findings
    assert still_there(copy, [(finding.path, finding.blob or "")]) == (True,)


def test_a_child_that_takes_too_long(forge: Forge, copy: Copy, settings: Settings) -> None:
    fetch(copy, forge.access, [MAIN], settings)
    short = settings.model_copy(update={"scan_seconds": 0.01})
    with pytest.raises(Later, match="took longer than"):
        scan(copy, ScanRequest(whole=True), short)


def test_a_child_without_memory(forge: Forge, copy: Copy, settings: Settings) -> None:
    fetch(copy, forge.access, [MAIN], settings)
    small = settings.model_copy(update={"scan_memory_mb": 30})
    with pytest.raises(Later, match="needs more than 30 MiB"):
        scan(copy, ScanRequest(whole=True), small)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import os; os.kill(os.getpid(), 9)", "was killed"),
        ("import os; os.kill(os.getpid(), 11)", "died of SIGSEGV"),
        ("raise MemoryError", "needs more than"),
        ("raise SystemExit(3)", "ended with exit code 3"),
        ("print('nonsense')", "nothing that can be read"),
        ('print(\'{"error": {"kind": "bug", "text": "KeyError in a.py:1"}}\')', "a bug in"),
        ("import os; os.write(1, b'x' * 2000)", "more than"),
    ],
)
def test_how_a_child_may_end(
    forge: Forge, copy: Copy, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    program: str, words: str,
) -> None:  # fmt: skip
    fetch(copy, forge.access, [MAIN], settings)
    monkeypatch.setattr(scanning, "_COMMAND", (sys.executable, "-c", program))
    monkeypatch.setattr(scanning, "_ANSWER_BYTES", 1_000)
    with pytest.raises(Later, match=words):
        scan(copy, ScanRequest(whole=True), settings)


def test_a_damaged_copy_is_thrown_away(forge: Forge, settings: Settings) -> None:
    cache = Cache(settings)
    forge.commit({"a": "x" * 10_000})
    with cache.open(1) as copy:
        fetch(copy, forge.access, [MAIN], settings)
        for pack in (copy.git_dir / "objects/pack").glob("*.pack"):
            pack.chmod(0o600)
            data = bytearray(pack.read_bytes())
            data[40:-40] = bytes(len(data) - 80)
            pack.write_bytes(data)
    with pytest.raises(BrokenCopy), cache.open(1) as copy:
        scan(copy, ScanRequest(whole=True), settings)
    assert not copy.folder.exists()
    with cache.open(1) as copy:
        result = fetched(forge, copy, settings, ScanRequest(whole=True))
    assert result.skips == ()


def test_the_child_ends_with_its_parent(forge: Forge, copy: Copy, settings: Settings) -> None:
    fetch(copy, forge.access, [MAIN], settings)
    question = scanning._question(copy, ScanRequest(whole=True), (), ())
    process = subprocess.Popen(
        scanning._COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=scanning._environment(settings),
        start_new_session=True,
    )
    with process:
        process.communicate(json.dumps(question).encode() + b"\n", timeout=60)
    assert process.returncode == -9


def test_the_child_starts_without_the_service(settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import leakguard_service.repos.child"],
        env=scanning._environment(settings),
        capture_output=True,
        check=True,
        text=True,
    )
    loaded = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()
    }
    assert not loaded & {"fastapi", "sqlalchemy", "pydantic", "httpx2", "click", "rich", "git"}


def test_the_key_is_in_no_argument_and_no_variable(settings: Settings) -> None:
    environment = scanning._environment(settings)
    assert KEY.hex() not in " ".join((*scanning._COMMAND, *environment, *environment.values()))
    assert not any(name.startswith("LEAKGUARD_") and name != "LEAKGUARD_CACHE_DIR"
                   for name in environment)  # fmt: skip


def test_a_copy_has_no_address_and_no_head_of_theirs(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    fetch(copy, forge.access, [MAIN], settings)
    config = Path(copy.git_dir / "config").read_text()
    assert config.split() == ["[core]", "repositoryformatversion", "=", "0", "bare", "=", "true"]
    assert local(copy, "rev-parse", "HEAD").strip().decode() == git(forge.work, "rev-parse", "HEAD")
