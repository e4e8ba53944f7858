"""What the payloads of GitHub and Gitea have alike: repository, sender, pull request."""

from leakguard_service.hooks import names
from leakguard_service.hooks.fields import Fields
from leakguard_service.nouns import ForgeKind, PushedRef, RepositoryRef


def repository(forge: ForgeKind, fields: Fields) -> RepositoryRef:
    """A repository's object. Lists of installations leave out branch and archive."""
    return RepositoryRef(
        forge_id=str(fields.number("id")),
        full_name=names.full_name(forge, fields),
        default_branch=names.branch(fields, "default_branch"),
        private=fields.flag("private", default=True),
        archived=fields.flag("archived"),
    )


def sender(payload: Fields, *places: str) -> str:
    """Login of who did it; empty when the payload does not say."""
    for place in places or ("sender", "pusher"):
        person = payload.maybe(place)
        for name in ("login", "username", "name"):
            if person and (found := person.maybe_text(name, 2_000)):
                return names.plain(found)
    return ""


def pushed(payload: Fields) -> PushedRef:
    """The ref of a push. `commits` is never looked at: forges cut it."""
    return PushedRef(
        ref=names.ref(payload),
        before=names.oid(payload, "before"),
        after=names.oid(payload, "after"),
        forced=payload.flag("forced"),
    )


def pull_request(payload: Fields) -> tuple[int, PushedRef]:
    """Number and head of a pull request: both forges keep it as `refs/pull/N/head`."""
    request = payload.part("pull_request")
    number = (payload if "number" in payload.values else request).number("number")
    after = names.oid(request.part("head"), "sha", needed=True)
    before = names.oid(payload, "before")
    return number, PushedRef(ref=f"refs/pull/{number}/head", before=before, after=after)
