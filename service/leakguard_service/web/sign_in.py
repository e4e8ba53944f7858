"""Signing in and out: with a token, or through an identity provider; and the colours."""

import math
import secrets
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leakguard_service.errors import Invalid, NotAllowed
from leakguard_service.nouns import Actor, Role
from leakguard_service.service import Service
from leakguard_service.triage import people
from leakguard_service.web import oidc
from leakguard_service.web.security import cookie_name, form_token, local_path
from leakguard_service.web.visit import THEME, THEMES, Route, Visit

VISITOR: Final = "leakguard-visit"
"""Cookie of who is not signed in yet: the form to sign in is bound to it."""

FLOW: Final = "leakguard-flow"
"""Cookie of a sign-in that is under way at the identity provider; sealed."""

_YEAR: Final = 365 * 86_400


def known(service: Service, request: Request, cookie: str) -> tuple[Actor, int] | None:
    """Who the session's cookie belongs to, with the tenant."""
    who = people.actor_of_session(service, cookie, address(request))
    return (who.actor, who.tenant_id) if who else None


def address(request: Request) -> str:
    """The network address of who asks; behind a trusted proxy, what the proxy says."""
    return request.client.host if request.client else ""


def ask(visit: Visit) -> Response:
    """The page to sign in."""
    return _form(visit, 200)


def with_token(visit: Visit) -> Response:
    """Signs in with a token."""
    where = address(visit.request)
    if wait := visit.web.attempts.wait(where):
        minutes = math.ceil(wait / 60)
        return _form(visit, 429, f"Too many attempts: try again in {minutes} min.")
    try:
        cookie = people.sign_in_with_token(visit.service, visit.text("token", 200), where)
    except (NotAllowed, Invalid) as error:
        visit.web.attempts.failed(where)
        return _form(visit, 403, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    return _signed_in(visit, cookie, local_path(visit.text("next")))


def _form(visit: Visit, status: int, problem: str = "") -> Response:
    if visit.actor is not None:
        return visit.go("/")
    cookie = visit.cookie or secrets.token_urlsafe(24)
    wanted = visit.text("next") or visit.request.query_params.get("next", "")
    answer = visit.page(
        "sign_in.html",
        status,
        form_token=form_token(cookie),
        problem=problem,
        next=local_path(wanted),
        provider=oidc.name(visit.service.settings),
    )
    visit.set_cookie(answer, VISITOR, cookie, 86_400)
    return answer


def to_provider(visit: Visit) -> Response:
    """Leads to the identity provider; what is needed on the way back goes into a sealed cookie."""
    back = visit.base_url() + "/sign-in/oidc/back"
    wanted = local_path(visit.request.query_params.get("next", ""))
    where, flow = oidc.begin(visit.service, back, wanted)
    answer = RedirectResponse(where, 303, {"Cache-Control": "no-store"})
    visit.set_cookie(answer, FLOW, flow, oidc.SECONDS)
    return answer


def from_provider(visit: Visit) -> Response:
    """Back from the identity provider."""
    where = address(visit.request)
    if visit.web.attempts.wait(where):
        return _form(visit, 429, "Too many attempts: try again in some minutes.")
    try:
        flow = visit.request.cookies.get(FLOW, "")
        claim = oidc.finish(visit.service, flow, visit.asked())
        cookie = people.sign_in_with_subject(
            visit.service, claim.subject, claim.logins, claim.name, where
        )
    except (NotAllowed, Invalid) as error:
        visit.web.attempts.failed(where)
        return _form(visit, 403, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    answer = _signed_in(visit, cookie, local_path(claim.next))
    answer.delete_cookie(FLOW, path="/")
    return answer


def _signed_in(visit: Visit, cookie: str, where: str) -> Response:
    """A new cookie each time: what was there before cannot be made to belong to somebody else."""
    answer = visit.go(where)
    name = cookie_name(visit.request, visit.service.settings)
    visit.set_cookie(answer, name, cookie, visit.service.settings.session_hours * 3_600)
    answer.delete_cookie(VISITOR, path="/")
    return answer


def out(visit: Visit) -> Response:
    """Ends the session, here and in the database."""
    people.end_session(visit.service, visit.cookie, address(visit.request))
    answer = RedirectResponse("/sign-in", 303, {"Clear-Site-Data": '"cache"'})
    settings = visit.service.settings
    name = cookie_name(visit.request, settings)
    answer.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True)
    return answer


def theme(visit: Visit) -> Response:
    """Light, dark, or as the system is."""
    wanted = visit.text("theme")
    answer = visit.back("/")
    visit.set_cookie(answer, THEME, wanted if wanted in THEMES else "auto", _YEAR)
    return answer


ROUTES: Final = (
    Route("GET", "/sign-in", ask, None),
    Route("POST", "/sign-in", with_token, None),
    Route("GET", "/sign-in/oidc", to_provider, None),
    Route("GET", "/sign-in/oidc/back", from_provider, None),
    Route("POST", "/sign-out", out, Role.VIEWER),
    Route("POST", "/theme", theme, Role.VIEWER),
)
