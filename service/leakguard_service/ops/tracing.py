"""Traces by OpenTelemetry, where the extra `otel` is installed and a receiver is named.

Requests and jobs become spans, with kinds, routes and numbers, never names or content.
https://opentelemetry.io/docs/specs/otlp/
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from leakguard.version import __version__
from leakguard_service.errors import SettingsError
from leakguard_service.settings import Settings

_Tracer = Any
"""opentelemetry.trace.Tracer, when it is there."""


class Tracing:
    """Makes spans, or does nothing when no receiver is named."""

    def __init__(self, tracer: _Tracer = None, close: Callable[[], object] | None = None) -> None:
        self._tracer = tracer
        self._close = close

    @contextmanager
    def span(self, name: str, **attributes: str | int) -> Iterator[Callable[[str, Any], None]]:
        """A span around the block; what it yields sets further attributes.

        An exception marks the span by its type; its text is not recorded.
        """
        if self._tracer is None:
            yield lambda _key, _value: None
            return
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span.set_attribute
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                raise

    def close(self) -> None:
        """Sends what is left."""
        if self._close is not None:
            self._close()


def tracing(settings: Settings) -> Tracing:
    """As the settings say. Raises SettingsError when the extra is needed and not installed."""
    if not settings.otlp_endpoint:
        return Tracing()
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"LEAKGUARD_OTLP_ENDPOINT needs the package {error.name}: pip install 'leakguard[otel]'"
        ) from error
    resource = Resource.create({"service.name": "leakguard", "service.version": __version__})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Tracing(provider.get_tracer("leakguard", __version__), provider.shutdown)
