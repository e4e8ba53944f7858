"""GitHub's published request bodies, from the package that is generated from its OpenAPI."""

import importlib
import re
import sys
import types
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

_VERSION = "v2026_03_10"
_LARGEST = {"message": 65_536, "raw_details": 65_536, "title": 255}
"""Bytes (title: characters) that the description's prose gives for annotations."""


def _package() -> None:
    """Makes githubkit's parts importable without its own start, which needs an old hishel."""
    if "githubkit" in sys.modules:
        return
    spec = find_spec("githubkit")
    assert spec
    assert spec.submodule_search_locations
    module = types.ModuleType("githubkit")
    module.__path__ = list(spec.submodule_search_locations)
    sys.modules["githubkit"] = module


@cache
def _places() -> Mapping[str, str]:
    _package()
    schemas = find_spec("githubkit_schemas")
    assert schemas
    assert schemas.submodule_search_locations
    index = Path(schemas.submodule_search_locations[0], _VERSION, "models", "__init__.py")
    pairs = re.findall(r"from \.(group_\d+) import\s*\(?\s*(\w+) as", index.read_text())
    return {name: group for group, name in pairs}


@cache
def model(name: str) -> type[BaseModel]:
    """The model of this name."""
    module = importlib.import_module(f"githubkit_schemas.{_VERSION}.models.{_places()[name]}")
    found: type[BaseModel] = getattr(module, name)
    return found


def problems(body: Any, *names: str) -> list[str]:
    """What is wrong with a body that must fit one of the models; unknown keys are wrong too."""
    tried = [_against(model(name), body) for name in names]
    return min(tried, key=len)


def _against(shape: type[BaseModel], body: Any) -> list[str]:
    try:
        TypeAdapter(shape).validate_python(body)
    except ValidationError as error:
        return [f"{'/'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return _unknown(shape, body) + _too_large(body)


def _unknown(shape: type[BaseModel], body: Mapping[str, Any]) -> list[str]:
    fields = {field.alias or name: field for name, field in shape.model_fields.items()}
    wrong = [f"{key}: unknown" for key in body if key not in fields]
    for key, value in body.items():
        inner = _inner(fields[key].annotation) if key in fields else None
        for item in value if isinstance(value, list) else [value]:
            if inner and isinstance(item, Mapping):
                wrong += [f"{key}/{text}" for text in _unknown(inner, item)]
    return wrong


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_inner(part) for part in get_args(annotation))
    return next((one for one in found if one), None)


def _too_large(body: Mapping[str, Any]) -> list[str]:
    output = body.get("output") or {}
    wrong = []
    for item in output.get("annotations") or []:
        for key, most in _LARGEST.items():
            size = len(item.get(key, "").encode() if most > 1_000 else item.get(key, ""))
            wrong += [f"annotations/{key}: {size} is too large"] if size > most else []
        spans = item["start_line"] != item["end_line"]
        if spans and ("start_column" in item or "end_column" in item):
            wrong.append("annotations: columns need start and end on one line")
        if item["start_line"] < 1 or item["end_line"] < item["start_line"]:
            wrong.append("annotations: lines count from 1, and the end is not before the start")
    return wrong
