"""The API's users, tokens and settings of the tenant, and who one is."""

from typing import Any, Final

from leakguard_service import limits
from leakguard_service.api.admin_models import (
    MeModel,
    NewTokenModel,
    TokenDraft,
    TokenModel,
    UserChange,
    UserDraft,
    UserModel,
)
from leakguard_service.api.routes import After, Limit, Listed, Number, part, problems
from leakguard_service.api.scopes import Admin, Anybody
from leakguard_service.db.scope import mine
from leakguard_service.db.tables import ApiToken, User
from leakguard_service.tenancy import TenantSettings
from leakguard_service.triage import people
from leakguard_service.triage.cursors import Cursor, page_of
from leakguard_service.triage.tenants import change_settings

routes: Final = part("people and settings")

_USERS: Final = Cursor("users", (User.id.asc(),))
_TOKENS: Final = Cursor("tokens", (ApiToken.id.asc(),))


@routes.get("/me", operation_id="getMe", responses=problems())
def me(call: Anybody) -> MeModel:
    """Who the token is, and what it may do."""
    actor = call.actor
    return MeModel(
        kind=actor.kind,
        id=actor.id,
        name=actor.name,
        role=actor.role,
        scopes=sorted(call.who.scopes),
    )


@routes.get("/users", operation_id="listUsers", responses=problems())
def list_users(call: Admin, after: After = "", limit: Limit = limits.PAGE) -> Listed[UserModel]:
    """Users, those invited first first."""
    with call.service.db.read() as session:
        page = page_of(session, mine(User, call.tenant_id), _USERS, after, limit)
        items = [UserModel.model_validate(row) for row in page.rows]
        return Listed(items=items, next=page.next)


@routes.post(
    "/users", operation_id="inviteUser", status_code=201, responses=problems(400, 409, 413)
)
def invite(call: Admin, asked: UserDraft) -> UserModel:
    """Invites somebody: they may sign in as soon as the identity provider says who they are."""
    with call.service.db.write() as session:
        row = people.invite(
            session, call.actor, call.tenant_id, asked.login, asked.role, asked.name
        )
        session.refresh(row)
        return UserModel.model_validate(row)


@routes.patch("/users/{user_id}", operation_id="changeUser", responses=problems(400, 404, 409, 413))
def change(call: Admin, user_id: Number, asked: UserChange) -> UserModel:
    """Gives a user another role, or switches them off or on."""
    with call.service.db.write() as session:
        row = people.change_user(
            session,
            call.actor,
            call.tenant_id,
            user_id,
            role=asked.role,
            active=asked.active,
        )
        return UserModel.model_validate(row)


@routes.delete(
    "/users/{user_id}",
    operation_id="removeUser",
    status_code=204,
    responses=problems(404, 409),
)
def remove(call: Admin, user_id: Number) -> None:
    """Removes a user; their tokens and sessions end, what they did stays in the log."""
    with call.service.db.write() as session:
        people.remove_user(session, call.actor, call.tenant_id, user_id)


@routes.get("/tokens", operation_id="listTokens", responses=problems())
def list_tokens(call: Admin, after: After = "", limit: Limit = limits.PAGE) -> Listed[TokenModel]:
    """Tokens, revoked ones among them."""
    with call.service.db.read() as session:
        page = page_of(session, mine(ApiToken, call.tenant_id), _TOKENS, after, limit)
        return Listed(items=[TokenModel.of(row) for row in page.rows], next=page.next)


@routes.post(
    "/tokens", operation_id="createToken", status_code=201, responses=problems(400, 409, 413)
)
def create_token(call: Admin, asked: TokenDraft) -> NewTokenModel:
    """Makes a token; its text is shown this once."""
    with call.service.db.write() as session:
        made = people.new_api_token(
            session,
            call.actor,
            call.tenant_id,
            name=asked.name,
            scopes=asked.scopes,
            role=asked.role,
            days=asked.days,
            user_id=asked.user_id,
        )
        session.refresh(made.row)
        return NewTokenModel(row=TokenModel.of(made.row), token=made.token)


@routes.delete(
    "/tokens/{token_id}",
    operation_id="revokeToken",
    status_code=204,
    responses=problems(404, 409),
)
def revoke(call: Admin, token_id: Number) -> None:
    """Ends a token at once; it stays in the list."""
    with call.service.db.write() as session:
        people.revoke_token(session, call.actor, call.tenant_id, token_id)


@routes.get("/settings", operation_id="getSettings", responses=problems())
def settings(call: Admin) -> TenantSettings:
    """What the tenant has settled."""
    with call.service.db.read() as session:
        return call.service.tenant_settings(session, call.tenant_id)


@routes.patch("/settings", operation_id="changeSettings", responses=problems(400, 413))
def change_tenant(call: Admin, asked: dict[str, Any]) -> TenantSettings:
    """Changes the settings that are given: those of `GET /settings`."""
    with call.service.db.write() as session:
        return change_settings(session, call.actor, call.tenant_id, asked)
