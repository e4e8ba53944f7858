"""Lists, counts, figures and the baseline, in both databases."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from leakguard.baselines.service import ServiceBaseline
from leakguard_service.db.engine import Database
from leakguard_service.db.tables import AuditEntry, Occurrence
from leakguard_service.db.types import now
from leakguard_service.errors import Invalid, NotThere
from leakguard_service.nouns import SYSTEM, Resolution, State
from leakguard_service.settings import Settings
from leakguard_service.triage import actions, baseline
from leakguard_service.triage.actions import Action
from leakguard_service.triage.audit import record
from leakguard_service.triage.figures import Figures, figures
from leakguard_service.triage.filters import NOBODY, FindingFilter, Kind
from leakguard_service.triage.queries import Order, count, facets, findings, where_found
from tests.service.conftest import add_repository, make_service
from tests.service.triage.world import TRIAGER, World, add_finding, add_user, make_world

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def world(database: Database, settings: Settings) -> World:
    """A tenant beside another one that has the same findings."""
    service = make_service(settings, database)
    add_finding(make_world(service, "other"), "1")
    return make_world(service)


def ids(
    world: World, wanted: FindingFilter | None = None, order: Order = Order.OLDEST
) -> list[int]:
    with world.service.db.read() as session:
        page = findings(session, world.tenant_id, wanted or FindingFilter(), order=order)
        return [row.id for row in page.rows]


def test_each_field_of_a_filter(world: World) -> None:
    ada = add_user(world, "ada")
    second = add_repository(world.service, world.connection_id, "acme/100%_Web", "2")
    day = START + timedelta(days=1)
    one = add_finding(world, "1", opened_at=START, path="src/Main.py", assignee_id=ada)
    two = add_finding(
        world, "2", opened_at=day, rule="slack-bot-token", severity=2, repository_id=second
    )
    three = add_finding(
        world,
        "3",
        opened_at=day,
        kind="artifact",
        state="dismissed",
        resolution="wont_fix",
        historical=True,
        on_branch=False,
    )
    cases: list[tuple[FindingFilter, list[int]]] = [
        (FindingFilter(), [one, two, three]),
        (FindingFilter(states=(State.OPEN,)), [one, two]),
        (FindingFilter(states=(State.OPEN, State.DISMISSED)), [one, two, three]),
        (FindingFilter(severities=(2,)), [two]),
        (FindingFilter(rules=("slack-bot-token", "none")), [two]),
        (FindingFilter(repository_id=second), [two]),
        (FindingFilter(repository_id=10**9), []),
        (FindingFilter(kind=Kind.ARTIFACT), [three]),
        (FindingFilter(assignee_id=ada), [one]),
        (FindingFilter(assignee_id=NOBODY), [two, three]),
        (FindingFilter(text="MAIN"), [one]),
        (FindingFilter(text="100%_w"), [two]),
        (FindingFilter(text="%"), [two]),
        (FindingFilter(text="SLACK"), [two]),
        (FindingFilter(text="_…3"), [three]),
        (FindingFilter(text="\\"), []),
        (FindingFilter(since=date(2026, 1, 2)), [two, three]),
        (FindingFilter(until=date(2026, 1, 1)), [one]),
        (FindingFilter(since=date.min, until=date.max), [one, two, three]),
        (FindingFilter(since=date.max), []),
        (FindingFilter(historical=True), [three]),
        (FindingFilter(on_branch=True), [one, two]),
        (FindingFilter(resolution=Resolution.WONT_FIX), [three]),
        (FindingFilter(states=(State.OPEN,), severities=(4,)), [one]),
    ]
    for wanted, expected in cases:
        assert ids(world, wanted) == expected, wanted
        with world.service.db.read() as session:
            assert count(session, world.tenant_id, wanted) == len(expected)


def test_facets_leave_a_fields_own_choice_out(world: World) -> None:
    ada = add_user(world, "ada")
    add_finding(world, "1", severity=4, assignee_id=ada)
    add_finding(world, "2", severity=2)
    add_finding(world, "3", severity=4, state="resolved", resolution="revoked")

    with world.service.db.read() as session:
        found = facets(session, world.tenant_id, FindingFilter(states=(State.OPEN,)))

    assert [(v.value, v.count) for v in found.state] == [("open", 2), ("resolved", 1)]
    assert [(v.value, v.count) for v in found.severity] == [("critical", 1), ("medium", 1)]
    assert [(v.label, v.count) for v in found.repository] == [("default/app", 2)]
    labels = {(v.value, v.label, v.count) for v in found.assignee}
    assert labels == {("none", "nobody", 1), (str(ada), "ada", 1)}
    assert found.resolution == ()


@pytest.mark.parametrize("order", list(Order))
def test_pages_are_whole_while_rows_are_added(world: World, order: Order) -> None:
    there = {
        add_finding(world, f"a{n}", severity=n % 4 + 1, opened_at=START + timedelta(hours=n // 3))
        for n in range(14)
    }
    seen: list[int] = []
    after = ""
    for turn in range(20):
        with world.service.db.read() as session:
            page = findings(
                session, world.tenant_id, FindingFilter(), order=order, after=after, limit=3
            )
        seen += [row.id for row in page.rows]
        add_finding(world, f"b{turn}", severity=turn % 4 + 1)
        after = page.next
        if not after or len(seen) > 50:
            break

    assert len(seen) == len(set(seen))
    assert there <= set(seen)


def test_orders(world: World) -> None:
    one = add_finding(world, "1", severity=2, rule="b", opened_at=START)
    two = add_finding(world, "2", severity=4, rule="c", opened_at=START + timedelta(days=1))
    three = add_finding(world, "3", severity=4, rule="a", opened_at=START)

    assert ids(world, order=Order.NEWEST) == [two, three, one]
    assert ids(world, order=Order.OLDEST) == [one, three, two]
    assert ids(world, order=Order.SEVERITY) == [two, three, one]
    assert ids(world, order=Order.RULE) == [three, one, two]


@pytest.mark.parametrize(
    "after", ["x", "!", "e30", "WyJydWxlIl0", "WyJuZXdlc3QiLDEsMl0", "W" * 3_000, "é", "[", "WzFd"]
)
def test_a_cursor_that_is_none_is_refused(world: World, after: str) -> None:
    with pytest.raises(Invalid), world.service.db.read() as session:
        findings(session, world.tenant_id, FindingFilter(), after=after)


def test_a_cursor_of_another_order_is_refused(world: World) -> None:
    for mark in "12":
        add_finding(world, mark)
    with world.service.db.read() as session:
        page = findings(session, world.tenant_id, FindingFilter(), limit=1)
        with pytest.raises(Invalid):
            findings(session, world.tenant_id, FindingFilter(), order=Order.RULE, after=page.next)


def test_the_newest_place_on_a_branch_is_shown(world: World) -> None:
    number = add_finding(world, "1")
    with world.service.db.write() as session:
        first = session.scalars(sa.select(Occurrence).where(Occurrence.finding_id == number)).one()
        for path, on_branch in (("live.py", True), ("gone.py", False)):
            copy = {
                c.key: getattr(first, c.key)
                for c in sa.inspect(Occurrence).mapper.column_attrs
                if c.key != "id"
            }
            session.add(Occurrence(**(copy | {"path": path, "on_branch": on_branch})))

    with world.service.db.read() as session:
        assert where_found(session, world.tenant_id, [number])[number].path == "live.py"


def seen(world: World, since: date, until: date) -> Figures:
    with world.service.db.read() as session:
        return figures(session, world.tenant_id, since, until)


def test_figures(world: World) -> None:
    days = [START + timedelta(days=n) for n in range(4)]
    add_finding(world, "1", opened_at=days[0])
    add_finding(
        world,
        "2",
        opened_at=days[0],
        state="resolved",
        resolution="revoked",
        closed_at=days[0] + timedelta(hours=6),
    )
    add_finding(
        world,
        "3",
        opened_at=days[1],
        state="resolved",
        resolution="rotated",
        closed_at=days[1] + timedelta(hours=2),
    )
    entries = [(days[0], "created"), (days[0], "created"), (days[1], "created")]
    entries += [(days[0] + timedelta(hours=6), "resolved"), (days[1], "resolved")]
    entries += [(days[1].replace(hour=23, minute=59), "commented")]
    with world.service.db.write() as session:
        for at, change in entries:
            row = record(session, world.tenant_id, SYSTEM, f"finding.{change}", "finding", 1)
            row.at = at

    found = seen(world, date(2025, 12, 31), date(2026, 1, 3))

    assert [(d.day.isoformat(), d.opened, d.closed, d.open) for d in found.days] == [
        ("2025-12-31", 0, 0, 0),
        ("2026-01-01", 2, 1, 1),
        ("2026-01-02", 1, 1, 1),
        ("2026-01-03", 0, 0, 1),
    ]
    assert found.states == {"open": 1, "pending_review": 0, "resolved": 2, "dismissed": 0}
    assert found.resolved == 2
    assert found.mean_seconds == pytest.approx(4 * 3_600, abs=1)
    assert [(s.key, s.count) for s in found.by_rule] == [("github-classic-pat", 1)]
    assert [(s.label, s.count) for s in found.by_repository] == [("default/app", 1)]
    assert [(s.key, s.count) for s in found.by_severity] == [("critical", 1)]


def test_figures_count_days_in_utc(world: World) -> None:
    with world.service.db.write() as session:
        session.execute(sa.delete(AuditEntry))
        for at in ("2026-01-01T23:59:59.9+00:00", "2026-01-02T00:00:00+00:00"):
            row = record(session, world.tenant_id, SYSTEM, "finding.created", "finding", 1)
            row.at = datetime.fromisoformat(at)

    found = seen(world, date(2026, 1, 1), date(2026, 1, 2))

    assert [day.opened for day in found.days] == [1, 1]


def test_a_span_of_long_ago_is_quick(world: World) -> None:
    with world.service.db.write() as session:
        record(session, world.tenant_id, SYSTEM, "finding.created", "finding", 1)
    add_finding(world, "1")

    found = seen(world, date.min, date.min)

    assert [(day.opened, day.open) for day in found.days] == [(0, 0)]
    assert seen(world, date.max, date.max).days[0].open == 1


@pytest.mark.parametrize(
    ("since", "until"), [("2026-01-02", "2026-01-01"), ("2020-01-01", "2026-01-01")]
)
def test_a_span_is_bounded(world: World, since: str, until: str) -> None:
    with pytest.raises(Invalid):
        seen(world, date.fromisoformat(since), date.fromisoformat(until))


def test_the_baseline_holds_what_was_dismissed(world: World) -> None:
    elsewhere = add_repository(world.service, world.connection_id, "acme/web", "2")
    end = now() + timedelta(days=30)
    forever, until = add_finding(world, "b"), add_finding(world, "a", repository_id=elsewhere)
    over = add_finding(world, "c")
    add_finding(world, "d")
    for number, action in (
        (forever, Action("dismiss", Resolution.USED_IN_TESTS)),
        (until, Action("dismiss", Resolution.WONT_FIX, until=end)),
        (over, Action("dismiss", Resolution.WONT_FIX, until=end)),
    ):
        with world.service.db.write() as session:
            row = actions.apply(world.service, session, TRIAGER, world.tenant_id, [number], action)[
                0
            ]
            row.until = now() - timedelta(days=1) if number == over else row.until

    with world.service.db.read() as session:
        whole = baseline.export(session, world.tenant_id)
        part = baseline.export(session, world.tenant_id, elsewhere)
        with pytest.raises(NotThere):
            baseline.export(session, world.tenant_id + 99, elsewhere)

    assert list(whole["fingerprints"]) == ["fa", "fb"]
    assert list(part["fingerprints"]) == ["fa"]
    assert whole["fingerprints"]["fa"]["until"] == end.isoformat()
    read = ServiceBaseline(json.loads(json.dumps(whole)))
    assert read.accepted("fb", "src/settings.py") == "used_in_tests"
    assert read.accepted("fb", "src/other.py") is None


def filters() -> Iterator[FindingFilter]:
    yield FindingFilter()
    yield FindingFilter(
        (State.OPEN, State.RESOLVED),
        (4, 1),
        ("a", "b"),
        7,
        Kind.SECRET,
        NOBODY,
        "a b&c=d%",
        date(2026, 1, 1),
        date(2026, 1, 2),
        False,
        True,
        Resolution.REVOKED,
    )
    yield FindingFilter(assignee_id=3, historical=True)


@pytest.mark.parametrize("wanted", list(filters()))
def test_a_filter_survives_its_query_string(wanted: FindingFilter) -> None:
    from starlette.datastructures import QueryParams

    assert FindingFilter.from_query(QueryParams(wanted.to_query())) == wanted


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "gone"}, "state"),
        ({"severity": "5"}, "severity"),
        ({"repository": "-1"}, "repository"),
        ({"repository": "9" * 30}, "repository"),
        ({"assignee": "me"}, "assignee"),
        ({"since": "soon"}, "since"),
        ({"until": "2026-13-01"}, "until"),
        ({"historical": "maybe"}, "historical"),
        ({"text": "x" * 201}, "text"),
        ({"rule": ",".join(map(str, range(60)))}, "rule"),
    ],
)
def test_a_filter_without_meaning_names_the_field(query: Mapping[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        FindingFilter.from_query(query)

    assert caught.value.field == field
