"""`leakguard serve` and `leakguard worker`: the service, where it is installed."""

import importlib
from collections.abc import Callable
from typing import Any

import click


def _service(name: str) -> Any:
    """A module of the service. Says what to install when it is not there."""
    try:
        return importlib.import_module(f"leakguard_service.{name}")
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"the service needs the package {error.name}: pip install 'leakguard[service]'"
        ) from error


def _run(verb: str, overrides: dict[str, object], **options: object) -> None:
    errors, settings = _service("errors"), _service("settings")
    given = {key: value for key, value in overrides.items() if value is not None}
    try:
        chosen = settings.Settings(**given)
    except ValueError as error:
        raise click.ClickException(_told(error)) from None
    try:
        getattr(_service("run"), verb)(chosen, **options)
    except errors.ServiceError as error:
        raise click.ClickException(str(error)) from error


def _told(error: ValueError) -> str:
    """Which settings are wrong, without their values: they may be secrets."""
    wrong: list[Any] = getattr(error, "errors", list)()
    parts = [f"LEAKGUARD_{str(item['loc'][0]).upper()}: {item['msg']}" for item in wrong]
    return "; ".join(parts) or "a setting cannot be used"


def _workers(text: str) -> Callable[[Any], Any]:
    return click.option("--workers", type=click.IntRange(0, 64), metavar="N", help=text)


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on [127.0.0.1].")
@click.option("--port", type=click.IntRange(1, 65_535), metavar="N", help="Port [8080].")
@_workers("Jobs at a time in this process; 0 leaves them to `leakguard worker` [2].")
@click.option("--new-admin-token", is_flag=True, help="Make and show a new admin token.")
def serve(host: str | None, port: int | None, workers: int | None, new_admin_token: bool) -> None:
    """Run the service: webhooks, scans of pushed branches, pages, API.

    Everything else is set by variables that begin with LEAKGUARD_, such as LEAKGUARD_DATA_DIR and
    LEAKGUARD_DATABASE_URL. The first start shows an admin token.
    """
    overrides: dict[str, object] = {"host": host, "port": port, "workers": workers}
    _run("serve", overrides, new_admin_token=new_admin_token)


@click.command()
@_workers("Jobs at a time [2].")
def worker(workers: int | None) -> None:
    """Run jobs of the service beside `leakguard serve --workers 0`. Needs PostgreSQL."""
    _run("work", {"workers": workers})
