"""What the manifest of an Android app says, from binary, protobuf or plain XML."""

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from leakguard.artifacts.axml import Element, Value
from leakguard.artifacts.model import Sign, Weight

DEBUGGABLE = "debuggable"
_FILE = "AndroidManifest.xml"
_INTERNAL_ENDS = (".debug", ".dev", ".internal", ".qa", ".staging")
_STORE_DATA = ("com.android.vending.derived.apk.id", "com.android.stamp.source")
_TEXT_TAG = re.compile(rb"<manifest\b[^<>]{0,8000}>")
_TEXT_ATTRIBUTE = re.compile(rb"""([\w:]{1,60})\s{0,20}=\s{0,20}["']([^"'<>]{0,500})["']""")


class Resolver(Protocol):
    """A table of resources."""

    def text(self, resource: int) -> str:
        """The text that an id stands for; empty when it has none."""
        ...


class Manifest(NamedTuple):
    """The part of a manifest that names and judges an app."""

    package: str
    version: str = ""
    code: str = ""
    label: str = ""
    split: str = ""
    """The name of a part of an app; empty for the app itself."""
    signs: tuple[Sign, ...] = ()


def manifest(elements: Sequence[Element], resources: Resolver) -> Manifest:
    """Raises ValueError when it is not the manifest of an app."""
    root = next((it for it in elements if it.tag == "manifest"), None)
    if root is None:
        raise ValueError("no manifest")
    app = next((it for it in elements if (it.parent, it.tag) == ("manifest", "application")), None)
    package = _text(root, "package", resources)
    return Manifest(
        package=package,
        version=_text(root, "versionName", resources),
        code=_code(root, resources),
        label=_text(app, "label", resources) if app else "",
        split=_text(root, "split", resources),
        signs=tuple(_signs(elements, package, app, resources)),
    )


def text_manifest(data: bytes) -> Manifest:
    """Of plain XML, as libraries have it. Raises ValueError when it is no manifest."""
    root = _TEXT_TAG.search(data)
    if root is None:
        raise ValueError("no manifest")
    found = {name.decode(): value.decode("utf-8", "replace")
             for name, value in _TEXT_ATTRIBUTE.findall(root[0])}  # fmt: skip
    return Manifest(
        package=found.get("package", ""),
        version=found.get("android:versionName", ""),
        code=found.get("android:versionCode", ""),
    )


def _signs(
    elements: Sequence[Element], package: str, app: Element | None, resources: Resolver
) -> list[Sign]:
    signs = []
    for name, text in (("debuggable", DEBUGGABLE), ("testOnly", "for tests only")):
        if app and _text(app, name, resources) == "true":
            signs.append(Sign(Weight.HARD, text, f"{_FILE} application@{name}=true"))
    tags = {it.tag for it in elements if it.parent == "manifest"}
    if "instrumentation" in tags and package.endswith(".test"):
        proof = f"{_FILE} instrumentation, manifest@package={package}"
        signs.append(Sign(Weight.MEDIUM, "an app that tests another", proof))
    if end := next((end for end in _INTERNAL_ENDS if package.endswith(end)), None):
        proof = f"{_FILE} manifest@package={package}"
        signs.append(Sign(Weight.MEDIUM, f"its id ends with {end}", proof))
    return signs + _store_signs(elements, resources)


def _store_signs(elements: Sequence[Element], resources: Resolver) -> list[Sign]:
    signs = []
    for it in elements:
        name = _text(it, "name", resources) if it.tag == "meta-data" else ""
        if name in _STORE_DATA and it.parent == "application":
            value = _text(it, "value", resources)
            proof = f"{_FILE} meta-data {name}={value}"
            signs.append(Sign(Weight.RELEASED, "handed out by a store", proof))
    return signs


def _code(root: Element, resources: Resolver) -> str:
    """The version code; as one number of 64 bits where it has a major part, as Android sees it."""
    code, major = (_text(root, name, resources) for name in ("versionCode", "versionCodeMajor"))
    if major.isdecimal() and code.isdecimal():
        return str(int(major) << 32 | int(code))
    return code


def _text(element: Element, name: str, resources: Resolver) -> str:
    value = element.attributes.get(name, Value(""))
    return resources.text(value.reference) if value.reference else value.text
