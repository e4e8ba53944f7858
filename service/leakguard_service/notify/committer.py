"""Who committed the secret is told by e-mail: only in domains that the tenant named.

Histories are full of strangers' addresses, and an author's name is whatever somebody typed.
"""

from sqlalchemy.orm import Session

from leakguard_service.db.scope import get
from leakguard_service.db.tables import Finding
from leakguard_service.errors import Hopeless
from leakguard_service.notify import build, mail
from leakguard_service.notify.model import Post, Sent
from leakguard_service.service import Service


def active(service: Service, session: Session, tenant_id: int) -> bool:
    """Whether committers are told at all."""
    settled = service.tenant_settings(session, tenant_id)
    return bool(
        settled.notify_committer
        and settled.committer_domains
        and service.settings.smtp_url.get_secret_value()
    )


def recipient(
    service: Service, session: Session, tenant_id: int, finding_id: int, change: str
) -> str:
    """The address of the author of the commit; empty when nobody may be written to."""
    if not active(service, session, tenant_id):
        return ""
    place = build.place(session, get(session, Finding, finding_id, tenant_id), change)
    written = address(place.author) if place else ""
    domains = service.tenant_settings(session, tenant_id).committer_domains
    allowed = {domain.strip().lstrip("@").lower() for domain in domains}
    return written if mail.domain(written) in allowed - {""} else ""


def address(author: str) -> str:
    """The address of `Name <address>`; empty when it is none."""
    _, opened, inside = author.rpartition("<")
    written = inside.removesuffix(">")
    return written if opened and inside.endswith(">") and mail.domain(written) else ""


def send(post: Post) -> Sent:
    """Writes to the committer. Raises Later and Hopeless."""
    if not post.recipients:
        raise Hopeless("the commit's author is nobody who may be written to")
    return mail.send(post)


def test(post: Post) -> str:
    """Signs in to the mail server; nobody is written to. Raises Later and Hopeless."""
    mail.check(post.service.settings)
    return "the mail server takes messages; none was sent"
