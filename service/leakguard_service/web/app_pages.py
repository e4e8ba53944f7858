"""A GitHub App in one click: the form that is sent to GitHub, and the way back."""

from typing import Final
from urllib.parse import urlsplit

from starlette.responses import Response

from leakguard_service.errors import JobError
from leakguard_service.forges import manifest
from leakguard_service.nouns import ForgeKind, Role
from leakguard_service.triage.urls import api_url_of, base_url
from leakguard_service.web.visit import Route, Visit


def ask(visit: Visit) -> Response:
    """The manifest, to look at and to send to GitHub from this browser."""
    asked, private = visit.asked(), visit.service.settings.allow_private_addresses
    web_url = base_url(asked.get("web_url", ""), ForgeKind.GITHUB, private)
    form = manifest.start_form(
        visit.service,
        visit.who,
        visit.tenant_id,
        visit.base_url(),
        org=asked.get("owner", "").strip(),
        web_url=web_url,
        api_url=api_url_of("", web_url, ForgeKind.GITHUB, private),
    )
    parts = urlsplit(form.url)
    return visit.page(
        "github_app.html",
        forge=f"{parts.scheme}://{parts.netloc}",
        form=form,
        host=parts.netloc,
        permissions=manifest.PERMISSIONS,
        local=not visit.base_url().startswith("https://"),
    )


def made(visit: Visit) -> Response:
    """Back from GitHub with a code: fetches the App's key, and leads to where it is installed.

    A GET, as GitHub has it; the sealed state proves that this admin began it here.
    """
    asked = visit.asked()
    try:
        with visit.service.db.write() as session:
            row = manifest.finish(
                visit.service,
                session,
                visit.who,
                visit.tenant_id,
                asked.get("code", "")[:300],
                asked.get("state", "")[:4_000],
            )
    except JobError as error:
        said = f"GitHub did not hand over the App: {error}. Begin again."
        return visit.go("/settings/connections/new?forge=github", said, "bad")
    said = "The App is made. Now install it where your repositories are."
    return visit.go(f"/settings/connections/{row.id}", said)


ROUTES: Final = (
    Route("GET", "/settings/github-app", ask, Role.ADMIN),
    Route("GET", manifest.RETURN_PATH, made, Role.ADMIN),
)
