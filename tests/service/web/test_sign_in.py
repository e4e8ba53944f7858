"""Signing in: with tokens, through identity providers, and what attackers try."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from leakguard_service.db.tables import User, WebSession
from leakguard_service.nouns import SYSTEM, Role
from leakguard_service.service import Service
from leakguard_service.settings import Settings
from leakguard_service.triage import people
from leakguard_service.triage.scopes import Scope
from leakguard_service.web.security import SIGN_INS, Attempts, local_path
from tests.service.conftest import add_tenant
from tests.service.web import demo
from tests.service.web.browse import BASE, Browser, site, text
from tests.service.web.provider import CLIENT, SECRET, Provider, running


def test_a_token_opens_the_pages_and_the_cookie_is_new_each_time(service: Service) -> None:
    token = demo.tokens(service, add_tenant(service))["admin"]
    browser = Browser(site(service)).sign_in(token)
    first = browser.client.cookies["leakguard"]
    browser.post("/sign-out")
    assert browser.get("/").status_code == 303
    again = Browser(site(service))
    again.client.cookies.set("leakguard", first)
    assert again.get("/").status_code == 303, "the session ended at sign-out"
    assert browser.sign_in(token).client.cookies["leakguard"] != first
    with service.db.read() as session:
        assert session.query(WebSession).count() == 1
        assert session.query(WebSession).one().hash != browser.client.cookies["leakguard"]


def test_a_planted_cookie_is_not_used(service: Service) -> None:
    token = demo.tokens(service, add_tenant(service))["admin"]
    browser = Browser(site(service))
    browser.client.cookies.set("leakguard", "planted", domain="leakguard.test", path="/")
    answer = browser.post("/sign-in", {"token": token}, token=browser.token("/sign-in"))
    assert answer.status_code == 303
    assert "planted" not in answer.headers["set-cookie"].partition(";")[0]


def test_cookies_are_kept_from_scripts_and_from_other_sites(service: Service) -> None:
    token = demo.tokens(service, add_tenant(service))["admin"]
    for base, name in ((BASE, "leakguard="), ("https://leakguard.test", "__Host-leakguard=")):
        browser = Browser(site(service), base)
        form = browser.token("/sign-in")
        answer = browser.post("/sign-in", {"token": token}, token=form)
        cookie = next(
            one for one in answer.headers.get_list("set-cookie") if one.startswith(name)
        )  # fmt: skip
        for word in ("HttpOnly", "SameSite=lax", "Path=/"):
            assert word in cookie
        assert ("Secure" in cookie) is base.startswith("https")
        assert "Domain" not in cookie
        secure = "strict-transport-security" in answer.headers
        assert secure is base.startswith("https")


def test_tokens_for_the_api_only_and_wrong_ones_open_nothing(service: Service) -> None:
    tenant = add_tenant(service)
    with service.db.write() as session:
        made = people.new_api_token(
            session, SYSTEM, tenant, name="api", scopes=[Scope.FINDINGS_READ], role=Role.ADMIN
        )
    browser = Browser(site(service))
    for token in (made.token, "lgs_wrong", "", "x" * 300):
        answer = browser.post("/sign-in", {"token": token}, token=browser.token("/sign-in"))
        assert answer.status_code == 403
        assert made.token not in answer.text


def test_failures_are_counted_by_address(service: Service) -> None:
    token = demo.tokens(service, add_tenant(service))["admin"]
    browser = Browser(site(service))
    form = browser.token("/sign-in")
    for _ in range(SIGN_INS):
        assert browser.post("/sign-in", {"token": "wrong"}, token=form).status_code == 403
    assert browser.post("/sign-in", {"token": token}, token=form).status_code == 429
    attempts = Attempts()
    for second in range(SIGN_INS):
        attempts.failed("a", now=second)
    assert attempts.wait("a", now=SIGN_INS) > 0
    assert attempts.wait("b", now=SIGN_INS) == 0
    assert attempts.wait("a", now=1_000) == 0


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)",
     "/a\r\nSet-Cookie: x=y", " //evil.example", "evil.example", "/\t/evil.example"],
)  # fmt: skip
def test_nobody_is_led_elsewhere(service: Service, wanted: str) -> None:
    assert local_path(wanted) == "/"
    token = demo.tokens(service, add_tenant(service))["admin"]
    browser = Browser(site(service))
    form = browser.token("/sign-in")
    answer = browser.post("/sign-in", {"token": token, "next": wanted}, token=form)
    assert answer.headers["location"] == "/"
    assert browser.post("/theme", {"theme": "dark", "back": wanted}).headers["location"] == "/"


def test_after_signing_in_the_page_that_was_asked_for_is_shown(service: Service) -> None:
    token = demo.tokens(service, add_tenant(service))["admin"]
    browser = Browser(site(service))
    answer = browser.get("/findings?state=open&text=a%26b")
    where = answer.headers["location"]
    page = browser.get(where).text
    assert 'name="next" value="/findings?state=open&amp;text=a%26b"' in page
    fields = {"token": token, "next": "/findings?state=open&text=a%26b"}
    answer = browser.post("/sign-in", fields, token=browser.token(where))
    assert answer.headers["location"] == "/findings?state=open&text=a%26b"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running() as made:
        yield made


class Realm:
    """A service that signs in through the provider, with one invitation."""

    def __init__(self, service: Service, provider: Provider, login: str) -> None:
        chosen: dict[str, Any] = {
            "oidc_issuer": provider.issuer, "oidc_client_id": CLIENT,
            "oidc_client_secret": SecretStr(SECRET), "oidc_name": "Corp",
        }  # fmt: skip
        settings: Settings = service.settings.model_copy(update=chosen)
        self.service, self.provider = replace(service, settings=settings), provider
        self.tenant = add_tenant(service)
        with service.db.write() as session:
            admin = replace(SYSTEM, role=Role.ADMIN)
            self.user = people.invite(session, admin, self.tenant, login, Role.TRIAGER).id
        self.app = site(self.service)

    def try_it(self, browser: Browser | None = None) -> Any:
        """Through the provider and back; the last answer."""
        self.browser = browser or Browser(self.app)
        where = self.browser.get("/sign-in/oidc?next=/findings").headers["location"]
        assert where.startswith(f"{self.provider.issuer}/authorize?")
        return self.browser.get(self.provider.agree(where).removeprefix(BASE))


def test_an_invited_person_comes_in_through_the_provider(
    service: Service, provider: Provider
) -> None:
    realm = Realm(service, provider, "mara@corp.example")
    assert "Sign in with Corp" in Browser(realm.app).get("/sign-in").text
    answer = realm.try_it()
    assert answer.status_code == 303, text(answer.text)
    assert answer.headers["location"] == "/findings"
    assert "mara@corp.example" in realm.browser.get("/").text
    assert provider.exchanged[0]["code_verifier"]
    with service.db.read() as session:
        assert session.get_one(User, realm.user).subject == f"{provider.issuer}|subject-1"


def test_who_came_once_is_known_by_the_providers_number(
    service: Service, provider: Provider
) -> None:
    realm = Realm(service, provider, "mara@corp.example")
    assert realm.try_it().status_code == 303
    provider.claims = {"email": "renamed@corp.example"}
    assert realm.try_it().status_code == 303
    provider.claims = {"sub": "subject-2"}
    assert realm.try_it().status_code == 403, "the address was taken over by somebody else"


def test_the_login_name_counts_too(service: Service, provider: Provider) -> None:
    realm = Realm(service, provider, "mara")
    provider.claims = {"email_verified": False, "preferred_username": "Mara"}
    assert realm.try_it().status_code == 303


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False}, {"email_verified": "true"}, {"email": "other@corp.example"},
        {"iss": "https://evil.example"}, {"aud": "another-service"}, {"nonce": "other"},
        {"exp": 1_000}, {"azp": "another-service", "aud": [CLIENT, "another-service"]},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_proven_opens_nothing(
    service: Service, provider: Provider, claims: dict[str, Any]
) -> None:
    realm = Realm(service, provider, "mara@corp.example")
    provider.claims = claims
    answer = realm.try_it()
    assert answer.status_code == 403
    assert realm.browser.get("/").status_code == 303


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_tokens_that_anybody_could_make_open_nothing(
    service: Service, provider: Provider, algorithm: str
) -> None:
    realm = Realm(service, provider, "mara@corp.example")
    provider.algorithm = algorithm
    assert realm.try_it().status_code == 403


def test_a_token_of_an_unknown_key_opens_nothing(service: Service, provider: Provider) -> None:
    realm = Realm(service, provider, "mara@corp.example")
    provider.foreign_key = True
    assert realm.try_it().status_code == 403


def test_a_flow_belongs_to_one_browser_and_one_use(service: Service, provider: Provider) -> None:
    realm = Realm(service, provider, "mara@corp.example")
    browser = Browser(realm.app)
    back = provider.agree(browser.get("/sign-in/oidc").headers["location"]).removeprefix(BASE)
    assert Browser(realm.app).get(back).status_code == 403, "another browser"
    other = Browser(realm.app)
    other.get("/sign-in/oidc")
    assert other.get(back).status_code == 403, "another flow's state"
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code in (303, 400, 403)
    assert Browser(realm.app).get("/sign-in/oidc/back?error=access_denied").status_code == 403


def test_a_provider_that_is_away_is_said(service: Service) -> None:
    with running() as provider:
        realm = Realm(service, provider, "mara@corp.example")
    answer = Browser(realm.app).get("/sign-in/oidc")
    assert answer.status_code == 400
    assert "does not answer" in text(answer.text)


def test_github_is_asked_by_oauth(service: Service, provider: Provider) -> None:
    realm = Realm(service, provider, "mara")
    chosen = realm.service.settings.model_copy(update={"oidc_issuer": "https://github.com"})
    app = site(replace(realm.service, settings=chosen))
    where = Browser(app).get("/sign-in/oidc").headers["location"]
    assert where.startswith("https://github.com/login/oauth/authorize?")
    assert "code_challenge=" in where
