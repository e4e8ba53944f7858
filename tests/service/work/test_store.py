"""What a scan found, written into databases of both kinds."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from leakguard.model import Confidence, Severity
from leakguard.model import Finding as Found
from leakguard_service import limits
from leakguard_service.db.engine import Database
from leakguard_service.db.scope import mine
from leakguard_service.db.tables import AuditEntry, Base, Finding, Occurrence, Repository
from leakguard_service.db.work_tables import Scan, ScanFinding
from leakguard_service.nouns import SYSTEM, Resolution
from leakguard_service.repos.model import FoundAt
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from leakguard_service.triage.actions import Action, apply
from leakguard_service.work.store import Seeing, Stored, grouped, moment, parts, store
from tests.service.conftest import add_connection, add_repository, add_tenant, make_service

FOUND = Found(
    rule_id="acme-token",
    name="Acme token",
    kind="secret",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    path="src/a.py",
    line=3,
    end_line=3,
    column=9,
    end_column=49,
    preview="acm…xyz",
    fingerprint="f" * 32,
    impact="Reads all.",
    remedy="Revoke it.",
    commit="c" * 40,
    author="Ana <ana@example.org>",
    date="2026-11-01T10:00:00+02:00",
    blob="b" * 40,
    on_branch=True,
    identity="1" * 64,
)


@pytest.fixture
def both(settings: Settings, database: Database) -> Service:
    return make_service(settings, database)


def seeing(service: Service, repository_id: int, job: str = "push:1") -> Seeing:
    """A scan of a repository."""
    with service.db.write() as session:
        tenant_id = session.get_one(Repository, repository_id).tenant_id
        scan = session.scalar(sa.select(Scan).where(Scan.job_id == job))
        if scan is None:
            scan = Scan(tenant_id=tenant_id, repository_id=repository_id, job_id=job, kind="push")
            session.add(scan)
            session.flush()
        return Seeing(tenant_id, repository_id, scan.id, ref="refs/heads/main")


def write(service: Service, who: Seeing, found: Sequence[Found], scope: str = "secret") -> Stored:
    """All parts."""
    total = Stored()
    for part in parts(grouped(found, who, scope)):
        with service.db.write() as session:
            total += store(service, session, who, part)
    return total


def count(service: Service, model: type[Base], tenant_id: int) -> int:
    with service.db.read() as session:
        return len(session.scalars(mine(model, tenant_id)).all())


def one(service: Service, tenant_id: int) -> Finding:
    with service.db.read() as session:
        return session.scalars(sa.select(Finding).where(Finding.tenant_id == tenant_id)).one()


def repository(service: Service, name: str = "default", forge_id: str = "1") -> int:
    tenant_id = add_tenant(service, name)
    return add_repository(service, add_connection(service, tenant_id), forge_id=forge_id)


def test_findings_and_places_are_written_once(both: Service) -> None:
    who = seeing(both, repository(both))
    found = [FOUND, replace(FOUND, path="src/b.py", fingerprint="e" * 32)]
    assert write(both, who, found) == Stored(1, 1, 0)
    assert write(both, who, found) == Stored(1, 0, 0)

    finding = one(both, who.tenant_id)
    assert (finding.severity, finding.preview, finding.state) == (3, "acm…xyz", "open")
    counts = [count(both, model, who.tenant_id) for model in (Occurrence, ScanFinding, AuditEntry)]
    assert counts == [2, 2, 1]
    with both.db.read() as session:
        place = session.scalars(sa.select(Occurrence).order_by(Occurrence.id)).first()
        assert place is not None
        assert place.committed_at == datetime(2026, 11, 1, 8, tzinfo=UTC)


def test_tenants_with_the_same_secret_stay_apart(both: Service) -> None:
    first = seeing(both, repository(both, "first"))
    second = seeing(both, repository(both, "second", "2"), "push:2")
    assert write(both, first, [FOUND]).created == 1
    assert write(both, second, [FOUND]).created == 1
    assert one(both, first.tenant_id).id != one(both, second.tenant_id).id


def test_two_repositories_are_one_finding_or_two(both: Service) -> None:
    number = repository(both)
    with both.db.read() as session:
        connection = session.get_one(Repository, number).connection_id
    other = add_repository(both, connection, "acme/lib", "2")
    first, second = seeing(both, number), seeing(both, other, "push:2")
    assert write(both, first, [FOUND]) == Stored(1, 1, 0)
    assert write(both, second, [FOUND]) == Stored(1, 0, 1)
    assert write(both, first, [FOUND], "repository").created == 1
    assert write(both, second, [FOUND], "repository").created == 1
    assert count(both, Finding, first.tenant_id) == 3


def test_what_is_said_of_a_finding_follows_the_rules(both: Service) -> None:
    who = seeing(both, repository(both))
    write(both, who, [FOUND])
    write(both, who, [replace(FOUND, severity=Severity.LOW, remedy="Rotate it.")])
    finding = one(both, who.tenant_id)
    assert (finding.severity, finding.remedy) == (1, "Rotate it.")


def test_scans_of_the_past_tell_nobody_and_reopen_nothing(both: Service) -> None:
    who = replace(seeing(both, repository(both)), historical=True)
    assert write(both, who, [FOUND]).created == 1
    finding = one(both, who.tenant_id)
    assert finding.historical
    with both.db.write() as session:
        action = Action("resolve", resolution=Resolution.REVOKED)
        apply(both, session, SYSTEM, who.tenant_id, [finding.id], action)
    write(both, who, [replace(FOUND, path="new.py", blob="d" * 40)])
    assert one(both, who.tenant_id).state == "resolved"


def test_a_push_makes_a_finding_of_the_past_a_live_one(both: Service) -> None:
    who = seeing(both, repository(both))
    write(both, replace(who, historical=True), [FOUND])
    assert write(both, replace(who, review=True), [FOUND]) == Stored(1, 0, 0)
    assert one(both, who.tenant_id).historical
    assert write(both, who, [FOUND]) == Stored(1, 1, 0)
    assert not one(both, who.tenant_id).historical
    assert write(both, who, [FOUND]) == Stored(1, 0, 0)


def test_odd_texts_are_stored(both: Service) -> None:
    who = seeing(both, repository(both))
    odd = replace(FOUND, path="a\0\udcff" + "/x" * 3_000, author="\udce9 <\0>", date="99999-99")
    assert write(both, who, [odd]).created == 1
    assert write(both, who, [odd]) == Stored(1, 0, 0)
    with both.db.read() as session:
        place = session.scalars(sa.select(Occurrence)).one()
    assert len(place.path.encode()) <= limits.PATH_BYTES
    assert place.committed_at is None


def test_lines_around_a_finding_are_kept_renewed_and_deleted_with_it(both: Service) -> None:
    who = seeing(both, repository(both))
    place = FoundAt("b" * 40, "src/a.py", 3, 9)
    for lines in ("3\tkey = •••", "3\t…", "3\t" + "x" * 9_000, ""):
        write(both, replace(who, contexts={place: lines}), [FOUND])

        with both.db.read() as session:
            assert session.scalars(sa.select(Occurrence.context)).all() == [lines[:2_000]]
    with both.db.write() as session:
        session.delete(session.scalars(sa.select(Finding)).one())
    assert count(both, Occurrence, who.tenant_id) == 0


def test_many_findings_go_in_parts(both: Service) -> None:
    who = seeing(both, repository(both))
    found = [
        replace(FOUND, identity=f"{number:064x}", path=f"{number}.py")
        for number in range(limits.FINDINGS_PER_WRITE + 1)
    ]
    assert len(parts(grouped(found, who, "secret"))) == 2
    assert write(both, who, found).created == len(found)


def test_pushes_at_the_same_time_write_one_finding(both: Service) -> None:
    number = repository(both)
    with both.db.read() as session:
        connection = session.get_one(Repository, number).connection_id
    numbers = [number, *(add_repository(both, connection, f"acme/{n}", f"9{n}") for n in range(3))]
    found = [replace(FOUND, identity=f"{n:064x}", path=f"{n}.py") for n in range(40)]
    scans = [seeing(both, one, f"push:{one}") for one in numbers]
    start, problems, totals = threading.Barrier(len(scans)), [], []

    def work(who: Seeing, found: Sequence[Found]) -> None:
        start.wait()
        try:
            totals.append(write(both, who, found))
        except Exception as error:
            problems.append(error)

    threads = [
        threading.Thread(target=work, args=(who, found[::-1] if who.scan_id % 2 else found))
        for who in scans
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert sum(total.created for total in totals) == len(found)
    tenant_id = scans[0].tenant_id
    assert count(both, Finding, tenant_id) == len(found)
    assert count(both, Occurrence, tenant_id) == len(found) * len(scans)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (None, None),
        ("nonsense", None),
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_moments(text: str | None, read: datetime | None) -> None:
    assert moment(text) == read
