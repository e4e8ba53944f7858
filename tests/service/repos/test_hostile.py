"""Repositories and forges that mean harm: nothing runs, nothing is read, nothing is reached."""

import os
import socket
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from leakguard_service.errors import Hopeless, Later
from leakguard_service.forges.port import Access
from leakguard_service.repos.address import check_allowed, pinned
from leakguard_service.repos.cache import Cache
from leakguard_service.repos.fetch import fetch, remote_refs
from leakguard_service.repos.git import local
from leakguard_service.repos.model import Copy, ScanRequest, is_oid, is_ref
from leakguard_service.repos.scan import scan
from leakguard_service.settings import MIB, Settings
from tests.helpers import git, github_token
from tests.service.githttp import GitHttp
from tests.service.repos.conftest import KEY, Forge, fetched

MAIN = "refs/heads/main"
WHOLE = ScanRequest(whole=True, identity_key=KEY)


def test_links_are_text_and_lead_nowhere(
    forge: Forge, copy: Copy, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_text(github_token())
    (forge.work / "link").symlink_to(tmp_path / "outside")
    (forge.work / ".leakguard.toml").symlink_to("/etc/passwd")
    forge.commit({})
    result = fetched(forge, copy, settings, WHOLE)
    assert result.findings == ()
    assert "the repository's .leakguard.toml is not valid TOML" in result.bad_policy


def test_submodules_are_not_followed(
    forge: Forge, copy: Copy, settings: Settings, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    url = f"ext::sh -c touch% {mark}"
    text = (
        f'[submodule "a/../../.git/hooks"]\n\tpath = x\n\turl = {url}\n\tupdate = !touch {mark}\n'
    )
    git(forge.work, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},x")
    forge.commit({".gitmodules": text + github_token()})
    result = fetched(forge, copy, settings, WHOLE)
    assert [finding.path for finding in result.findings] == [".gitmodules"]
    assert not mark.exists()


def test_hooks_filters_and_configuration_of_the_served_repository_stay_there(
    forge: Forge, copy: Copy, settings: Settings, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    script = f"#!/bin/sh\ntouch {mark}\n"
    forge.commit(
        {
            ".gitattributes": "* filter=evil diff=evil\n",
            ".git-config": f'[filter "evil"]\nsmudge = touch {mark}\n',
            "hooks/post-checkout": script,
            "config": f"[core]\nfsmonitor = touch {mark}\nbare = true\n",
            "HEAD": f"ref: {MAIN}\n",
            "a": github_token(),
        }
    )
    for name in ("post-checkout", "reference-transaction", "post-merge", "fsmonitor-watchman"):
        hook = forge.bare / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(script)
        hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    result = fetched(forge, copy, settings, WHOLE)
    assert [finding.path for finding in result.findings] == ["a"]
    assert not mark.exists()
    assert not (copy.git_dir / "hooks").exists()
    assert "evil" not in (copy.git_dir / "config").read_text()


@pytest.mark.parametrize(
    "name",
    [
        "--upload-pack=touch /tmp/x", "refs/heads/a b", "refs/heads/../x", "refs/heads/a..b",
        "refs/heads/.a", "refs/heads/a.lock", "refs/heads/a\nb", "refs/heads/*", "refs/heads/a:b",
        "+refs/heads/a", "refs/heads/", "refs/heads//a", "refs/heads/a@{1}", "refs/heads/\udcff",
        "refs/heads/" + "a" * 1000, "heads/main", "",
    ],
)  # fmt: skip
def test_names_that_are_no_refs(forge: Forge, copy: Copy, settings: Settings, name: str) -> None:
    assert not is_ref(name)
    with pytest.raises(Hopeless, match="a name that git does not take"):
        fetch(copy, forge.access, [name], settings)


def test_a_branch_that_looks_like_an_option(
    forge: Forge, copy: Copy, settings: Settings, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    name = f"refs/heads/--upload-pack=touch${{IFS}}{str(mark).replace('/', '-')}"
    oid = forge.commit({"a": github_token()})
    (forge.bare / "packed-refs").write_text(f"{oid} {name}\n")
    refs = remote_refs(forge.access, settings)
    assert name in refs
    assert fetch(copy, forge.access, list(refs), settings) == ()
    result = scan(copy, ScanRequest(after=oid, identity_key=KEY), settings, forge.access)
    assert len(result.findings) == 1
    assert not mark.exists()


def test_ids_are_hexadecimal() -> None:
    assert is_oid("a" * 40)
    assert is_oid("a" * 64)
    for text in ("0" * 40, "A" * 40, "a" * 39, "-" * 40, "", "a" * 39 + "\n", "١" * 40):
        assert not is_oid(text)


def test_a_hundred_thousand_refs_are_cut(forge: Forge, settings: Settings) -> None:
    oid = git(forge.work, "rev-parse", "HEAD")
    lines = (f"{oid} refs/heads/b{number:06}\n" for number in range(100_000))
    header = "# pack-refs with: peeled fully-peeled sorted \n"
    (forge.bare / "packed-refs").write_text(header + "".join(lines))
    few = settings.model_copy(update={"ref_count": 5_000})
    began = time.monotonic()
    refs = remote_refs(forge.access, few)
    assert (len(refs), refs.cut) == (5_000, True)
    assert time.monotonic() - began < 10


def test_a_pack_beyond_the_limit_is_stopped(forge: Forge, copy: Copy, settings: Settings) -> None:
    for number in range(3):
        forge.commit({f"b{number}": os.urandom(MIB)})
    small = settings.model_copy(update={"repository_bytes": 2 * MIB})
    with pytest.raises(Hopeless, match="is larger than 2 MiB: raise LEAKGUARD_REPOSITORY_BYTES"):
        fetch(copy, forge.access, [MAIN], small)
    written = sum(path.stat().st_size for path in copy.folder.rglob("*") if path.is_file())
    assert written < 3 * MIB


def test_a_copy_beyond_the_limit_is_not_kept(forge: Forge, settings: Settings) -> None:
    small = settings.model_copy(update={"repository_bytes": MIB})
    cache = Cache(small)
    with cache.open(1) as copy:
        for number in range(3):
            forge.commit({f"b{number}": os.urandom(MIB // 2)})
            fetch(copy, forge.access, [MAIN], small)
    assert not copy.folder.exists()


def test_a_large_blob_is_brought_and_scanned(forge: Forge, copy: Copy, settings: Settings) -> None:
    text = f"{github_token()}\n".encode()
    forge.commit({"large.txt": text + b"lorem ipsum\n" * 600_000, "small": "x"})
    result = fetched(forge, copy, settings, WHOLE)
    assert [finding.path for finding in result.findings] == ["large.txt"]
    assert result.skips == ()


def test_large_blobs_beyond_the_limit_are_said(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    small = settings.model_copy(update={"artifact_mb": 2, "fetch_blob_mb": 1})
    oid = forge.commit({"dir/huge.bin": os.urandom(3 * MIB), "bomb": b"\0" * 4 * MIB, "a": "x"})
    result = fetched(forge, copy, small, ScanRequest(after=oid, identity_key=KEY))
    assert {(skip.path, skip.reason[:30]) for skip in result.skips} == {
        ("dir/huge.bin", "not fetched: larger than 2 MB "),
        ("bomb", "not read: larger than 2 MB (LE"),
    }
    before = len(forge.web.requests)
    again = scan(copy, WHOLE, small, forge.access)
    assert {skip.path for skip in again.skips} == {"dir/huge.bin", "bomb"}
    assert len(forge.web.requests) - before <= 3


def test_without_access_large_blobs_are_skips(forge: Forge, copy: Copy, settings: Settings) -> None:
    forge.commit({"large": b"\0" * 6 * MIB})
    fetch(copy, forge.access, [MAIN], settings)
    result = scan(copy, WHOLE, settings)
    assert len(result.skips) == 1
    assert "left it out" in result.skips[0].reason


def test_redirects_are_not_followed(
    forge: Forge, copy: Copy, settings: Settings, tmp_path: Path
) -> None:
    with GitHttp(tmp_path / "forge") as elsewhere:
        target = f"{elsewhere.url}/acme/app.git/info/refs?service=git-upload-pack"
        forge.web.answers["/acme"] = (301, {"Location": target})
        access = Access(forge.access.url, "Authorization: Bearer words")
        with pytest.raises(Hopeless, match="moved or renamed"):
            fetch(copy, access, [MAIN], settings)
        assert elsewhere.requests == []


def test_odd_paths_and_authors_are_plain_text(forge: Forge, copy: Copy, settings: Settings) -> None:
    token = github_token()
    names = ["new\nline", "-rf", "<script>", "..\\up", "tab\there", os.fsdecode(b"odd\xff")]
    oid = forge.commit(dict.fromkeys(names, token))
    result = fetched(forge, copy, settings, ScanRequest(after=oid, identity_key=KEY))
    shown = {finding.path for finding in result.findings}
    assert shown == {*names[:-1], "odd\\xff"}
    for finding in result.findings:
        assert token not in repr(finding)
        finding.path.encode()


def test_trees_with_evil_names_are_scanned(forge: Forge, copy: Copy, settings: Settings) -> None:
    blob = git(forge.work, "hash-object", "-w", "--stdin", given=github_token().encode())
    raw = b"".join(
        b"100644 " + name + b"\0" + bytes.fromhex(blob) for name in (b"..", b".git", b"a")
    )
    tree = git(forge.work, "hash-object", "-w", "--literally", "-t", "tree", "--stdin", given=raw)
    oid = git(forge.work, "commit-tree", "-m", "evil", tree)
    git(forge.bare, "fetch", "-q", str(forge.work), f"+{oid}:refs/heads/evil")
    request = ScanRequest(after=oid, identity_key=KEY)
    result = fetched(forge, copy, settings, request, "refs/heads/evil")
    assert {finding.path for finding in result.findings} <= {"..", ".git", "a"}
    assert result.findings


def test_an_empty_page_does_not_pass_for_a_repository(
    forge: Forge, copy: Copy, settings: Settings
) -> None:
    fetch(copy, forge.access, [MAIN], settings)
    forge.web.answers["/"] = (200, {"Content-Type": "text/html"})
    with pytest.raises(Hopeless, match="is no git repository"):
        fetch(copy, forge.access, [MAIN], settings)
    assert b"refs/remotes/forge/main" in local(copy, "for-each-ref")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc", "ext::sh -c true", "ssh://git@host/x.git", "/etc", "-u", "https://",
        "https://user:words@example.org/x.git", "https://example.org/x.git?y",
        "https://exa mple.org/x", "https://example.org\\@127.0.0.1/x", "git://example.org/x",
    ],
)  # fmt: skip
def test_addresses_that_are_not_plain(url: str) -> None:
    with pytest.raises(Hopeless, match="no plain https"):
        pinned(url, private=True)


def test_http_only_inside_a_network() -> None:
    with pytest.raises(Hopeless, match="use https"):
        pinned("http://example.org/a.git", private=False)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "[::1]", "0.0.0.0"],  # noqa: S104
)
def test_private_addresses_are_refused(host: str, copy: Copy, settings: Settings) -> None:
    public = settings.model_copy(update={"allow_private_addresses": False})
    access = Access(f"https://{host}/acme/app.git", "Authorization: Bearer words")
    for call in (
        lambda: remote_refs(access, public),
        lambda: fetch(copy, access, [MAIN], public),
    ):
        with pytest.raises(Hopeless, match=r"not public|link-local"):
            call()


@pytest.mark.parametrize(
    "address",
    ["::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1", "fc00::1", "224.0.0.1",
     "100.64.0.1", "192.168.1.1", "::", "ff02::1", "240.0.0.1"],
)  # fmt: skip
def test_addresses_that_stand_for_private_ones(address: str) -> None:
    with pytest.raises(Hopeless):
        check_allowed("host", address, private=False)


def test_link_local_addresses_are_never_reached(settings: Settings) -> None:
    with pytest.raises(Hopeless, match="link-local"):
        remote_refs(Access("http://169.254.169.254/acme/app.git"), settings)


def test_a_pin_counts_for_its_host_only(forge: Forge, settings: Settings) -> None:
    port = forge.web.port
    access = Access(f"http://forge.invalid:{port}/acme/app.git")
    held = replace(access, resolve=f"forge.invalid:{port}:127.0.0.1")
    assert MAIN in remote_refs(held, settings)
    for pin in (f"other.invalid:{port}:127.0.0.1", f"forge.invalid:{port}:x", "nonsense"):
        with pytest.raises(Later, match="cannot be looked up"):
            remote_refs(replace(access, resolve=pin), settings)
    public = settings.model_copy(update={"allow_private_addresses": False})
    secure = Access("https://forge.invalid/a.git", resolve="forge.invalid:443:127.0.0.1")
    with pytest.raises(Hopeless, match="not public"):
        remote_refs(secure, public)


def test_public_addresses_are_taken() -> None:
    for address in ("1.1.1.1", "140.82.121.4", "2606:4700::1111"):
        check_allowed("host", address, private=False)


def test_the_address_is_looked_up_once_and_held(
    forge: Forge, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = socket.getaddrinfo, []

    def looked_up(host: str, *arguments: object, **named: object) -> object:
        asked.append(host)
        return real("127.0.0.1", *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    access = Access(f"http://forge.invalid:{forge.web.port}/acme/app.git")
    assert MAIN in remote_refs(access, settings)  # git itself could not find that name
    assert asked == ["forge.invalid"]


def test_a_name_that_nobody_knows(settings: Settings) -> None:
    with pytest.raises(Later, match="cannot be looked up"):
        remote_refs(Access("https://forge.invalid/acme/app.git"), settings)
