"""The precision is measured on a small set: two packages, a repository, and verdicts on them."""

import io
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from benchmarks import corpus, hits, precision, verdicts
from benchmarks.corpus import Package, Repository
from benchmarks.measure import BenchmarkError
from benchmarks.verdicts import Hit, Judgement
from leakguard.cache import matcher_for
from leakguard.sources.select import Selection, pick_source
from tests.gitrepo import GitRepo, make_repository
from tests.tokens import slack_bot

TOKEN = slack_bot(2)
VERDICTS = """
[[verdict]]
is = "real"
rule = "slack-*"
places = ["pypi/alpha/*"]
why = "It works."

[[verdict]]
is = "noise"
rule = "*"
places = ["npm/@b/beta/*"]
why = "It is none."
"""


def _wheel(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("alpha/settings.py", f'token = "{TOKEN}"\n')
        wheel.writestr("alpha/data.bin", b"\0" * 100)


def _npm(folder: Path) -> None:
    folder.mkdir(parents=True)
    with tarfile.open(folder / "b-beta-2.0.0.tgz", "w:gz") as package:
        entry = tarfile.TarInfo("package/index.js")
        text = f"const token = '{TOKEN}'\n".encode()
        entry.size = len(text)
        package.addfile(entry, io.BytesIO(text))


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return make_repository(tmp_path / "gamma")


@pytest.fixture
def arguments(tmp_path: Path, repo: GitRepo) -> list[str]:
    """What `precision` is called with, for a folder that has all that is wanted."""
    kept = tmp_path / "kept"
    _wheel(kept / "archives/pypi", "Alpha")
    _npm(kept / "archives/npm")
    repo.write("app.env", f"SLACK={TOKEN}\n")
    repo.commit("a token")
    lists = {
        "packages": "# registry, name, version\npypi alpha 1.0\nnpm @b/beta 2.0.0\n",
        "repositories": f"gamma {repo.path}\n",
        "verdicts": VERDICTS,
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    return [str(kept), *(word for name in lists for word in (f"--{name}", str(tmp_path / name)))]


def test_table_joins_the_scan_with_what_a_person_judged(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = precision.main(arguments)

    out, err = capsys.readouterr()
    assert code == 0
    assert "| `slack-bot-token` | 2 | 1 |  | 1 | 1 |  |  | 1 |\n" in out
    assert "- Packages: 0 MB read, 0 MB of it text; 2 findings: 1 real, 0 test, 1 noise" in out
    assert "- Repositories: 0 MB read, 0 MB of it text; 1 findings: 0 real, 0 test, 0 noise" in out
    assert re.search(r"^unread: slack-bot-token git/gamma/app\.env:1 ", err, re.MULTILINE)
    assert TOKEN not in out + err


def test_archive_that_is_there_is_not_downloaded(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "PACKERS", {"pypi": (_failing, corpus._wheel_name)})
    kept = Path(arguments[0])

    files = corpus.bring_package(Package("pypi", "alpha", "1.0"), kept, print)

    assert sorted(path.name for path in files.rglob("*.*")) == ["data.bin", "settings.py"]
    assert capsys.readouterr().out == ""


def _failing(package: Package) -> list[str]:
    return ["false", package.name]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["false"], "false failed: no message"),
        (["no-such-program"], "cannot start no-such-program"),
        (["true"], "no archive of alpha 1.0 came to"),
    ],
)
def test_package_that_does_not_come_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], message: str
) -> None:
    monkeypatch.setattr(corpus, "PACKERS", {"pypi": (lambda _: command, corpus._wheel_name)})

    with pytest.raises(BenchmarkError, match=message):
        corpus.bring_package(Package("pypi", "alpha", "1.0"), tmp_path, print)


def test_registry_that_is_unknown_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="no registry gems: write pypi or npm"):
        corpus.bring_package(Package("gems", "alpha", "1.0"), tmp_path, print)


def test_archive_that_is_broken_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "alpha-1.0-py3-none-any.whl"
    archive.write_bytes(b"no zip")

    with pytest.raises(BenchmarkError, match="cannot unpack .*alpha-1.0"):
        corpus.unpack(archive, tmp_path / "files")


def test_package_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil-1.tgz", "w:gz") as package:
        package.addfile(tarfile.TarInfo("../../outside"), io.BytesIO(b""))

    with pytest.raises(BenchmarkError, match="cannot unpack"):
        corpus.unpack(tmp_path / "evil-1.tgz", tmp_path / "deep/deeper/files")
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(
    ("package", "shown"),
    [
        (Package("pypi", "typing-extensions", "4.1"), "typing_extensions-4.1-py3-none-any.whl"),
        (Package("pypi", "pyyaml", "6.0.4"), "PyYAML-6.0.4-cp311-cp311-manylinux.whl"),
        (Package("npm", "@angular/core", "21.2.26"), "angular-core-21.2.26.tgz"),
    ],
)
def test_names_of_archives_are_those_of_the_registries(package: Package, shown: str) -> None:
    pattern = corpus.PACKERS[package.registry][1](package)

    assert re.fullmatch(pattern, shown, re.IGNORECASE)


def test_repository_with_an_address_is_cloned_once(tmp_path: Path, repo: GitRepo) -> None:
    repo.write("a.txt", "a\n")
    repo.commit("first")
    said: list[str] = []
    wanted = Repository("gamma", repo.path.as_uri())

    clone = corpus.bring_repository(wanted, tmp_path, said.append)
    again = corpus.bring_repository(wanted, tmp_path, said.append)

    assert clone == again == tmp_path / "repositories/gamma"
    assert said == ["clone gamma"]
    counted = ["git", "-C", str(clone), "rev-list", "--count", "HEAD"]
    assert subprocess.run(counted, capture_output=True, check=True).stdout == b"1\n"


def test_repository_that_cannot_be_cloned_is_named(tmp_path: Path) -> None:
    wanted = Repository("gamma", (tmp_path / "nothing").as_uri())

    with pytest.raises(BenchmarkError, match="git clone .* failed"):
        corpus.bring_repository(wanted, tmp_path, print)


def test_line_of_another_form_is_refused(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "packages").write_text("pypi alpha\n", encoding="ascii")

    code = precision.main(arguments)

    assert code == 2
    expected = f"benchmark: line 1 of {tmp_path / 'packages'} must have 3 words\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("verdict", "no file of verdicts"),
        ('[[verdict]]\nis = "real"\nrule = "*"\nplaces = []\n', "lacks why"),
        (VERDICTS + 'token = "x"\n', "token"),
        (VERDICTS.replace('"real"', '"perhaps"'), "perhaps"),
    ],
)
def test_verdicts_of_another_form_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "verdicts"
    path.write_text(text, encoding="ascii")

    with pytest.raises(BenchmarkError, match=message):
        verdicts.read_verdicts(path)


def test_first_verdict_that_fits_counts() -> None:
    known = verdicts.read_verdicts(precision.HERE / "precision-verdicts.toml")
    path = Hit("generic-api-key", "npm/parse-server/lib/x.js", 1, "")

    assert verdicts.judge(path, known) is Judgement.NOISE
    assert verdicts.judge(Hit("no-such-rule", "npm/none/x", 1, ""), known) is Judgement.UNREAD


def test_lists_are_as_long_as_the_page_says() -> None:
    packages = corpus.read_packages(precision.HERE / "packages.txt")
    repositories = corpus.read_repositories(precision.HERE / "repositories.txt")

    assert len(set(packages)) == len(packages) >= 300
    assert {package.registry for package in packages} == {"pypi", "npm"}
    assert len({repository.name for repository in repositories}) == len(repositories) >= 20


def test_busiest_rules_are_counted_per_megabyte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "app.env").write_text(f"SLACK={TOKEN}\n" * 3, encoding="ascii")

    busy = hits.measure(pick_source(Selection((str(tmp_path),))), matcher_for())
    code = hits.main([str(tmp_path)])

    assert busy.hits["slack-bot-token"] == busy.candidates["slack-bot-token"] == 3
    assert code == 0
    assert "| `slack-bot-token` |" in capsys.readouterr().out


def test_hits_of_what_is_not_there_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code = hits.main(["/nowhere"])

    assert code == 2
    assert "benchmark: /nowhere: there is no such file" in capsys.readouterr().err
