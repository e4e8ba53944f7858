"""Spans reach a receiver, with kinds and numbers and no text of errors."""

import sys

import pytest

from leakguard_service.errors import SettingsError
from leakguard_service.ops.tracing import Tracing, tracing
from leakguard_service.settings import Settings
from tests.service.fakeforge import Receiver


def test_spans_are_sent_without_texts_of_errors(settings: Settings) -> None:
    def fails(traces: Tracing) -> None:
        with traces.span("job", kind="push") as mark:
            mark("attempts", 2)
            raise ValueError("swordfish")

    with Receiver() as receiver:
        traces = tracing(settings.model_copy(update={"otlp_endpoint": receiver.url}))
        with pytest.raises(ValueError, match="swordfish"):
            fails(traces)
        traces.close()

        (call,) = receiver.posts
    assert call.path == "/v1/traces"
    assert b"push" in call.body
    assert b"ValueError" in call.body
    assert b"swordfish" not in call.body


def test_nothing_happens_where_no_receiver_is_named(settings: Settings) -> None:
    traces = tracing(settings)

    with traces.span("request") as mark:
        mark("status", 200)
    traces.close()


def test_the_extra_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)

    with pytest.raises(SettingsError, match=r"leakguard\[otel\]"):
        tracing(settings.model_copy(update={"otlp_endpoint": "http://127.0.0.1:1"}))
