"""What the manifests of a repository call its products. Pure: bytes in, an Identity out.

Sources: the pages of each tool on its own file.
"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from configparser import ConfigParser
from typing import Final

from leakguard.artifacts.identities import Identity, first, identity, pairs, table, text_of

_GRADLE = re.compile(
    r"""(?:^|[{;])[ \t]*(applicationId|namespace|versionName)\b[ \t]*[=(]?[ \t]*"""
    r"""["']([^"'$\n]+)["']""",
    re.MULTILINE,
)
_ANDROID = re.compile(r"<manifest\b([^<>]*)>")
_PACKAGE = re.compile(r"""\spackage\s*=\s*["']([\w.]+)["']""")
_XCODE = re.compile(
    r"^[ \t]*(PRODUCT_BUNDLE_IDENTIFIER|PRODUCT_NAME|MARKETING_VERSION)[ \t]*=([^$\n]*)$",
    re.MULTILINE,
)
_DOTNET = re.compile(r"<(AssemblyName|Product|PackageId|RootNamespace|Company|Version)>([^<$]*)</")
_SETUP = re.compile(r"""\b(name|version)\s*=\s*["']([^"'\n]+)["']""")
_WIX = re.compile(r"<(?:Product|Package|Bundle)\b([^<>]*)>")
_WIX_FIELD = re.compile(r"""\b(Name|Version)\s*=\s*["']([^"'$]+)["']""")
_YAML = re.compile(r"^(appId|productName|name|title|version):([^\n]*)$", re.MULTILINE)


def is_manifest(path: str) -> bool:
    """Whether a path is that of a manifest, by its last part."""
    return _reader(path) is not None


def identity_of(path: str, data: bytes) -> Identity:
    """What a manifest says; nothing when it is damaged or no manifest."""
    read = _reader(path)
    if read is None:
        return Identity()
    try:
        return read(path, data)
    except Exception:  # whatever is in it, others may still tell something
        return Identity()


def _reader(path: str) -> "Callable[[str, bytes], Identity] | None":
    name = path.rpartition("/")[2].lower()
    if read := _READERS.get(name):
        return read
    return next((read for end, read in _ENDS.items() if name.endswith(end)), None)


def _yaml(data: bytes) -> Mapping[str, list[str]]:
    """The plain top-level values that are of interest."""
    lines = (line.partition(" #")[0] for line in text_of(data).splitlines())
    return pairs(_YAML, "\n".join(lines), " \t\"'")


def _gradle(_path: str, data: bytes) -> Identity:
    found = pairs(_GRADLE, text_of(data))
    identifiers = [*found.get("applicationId", ()), *found.get("namespace", ())]
    return identity(identifiers, version=first(found, "versionName"))


def _android(_path: str, data: bytes) -> Identity:
    return identity(
        name for tag in _ANDROID.findall(text_of(data)) for name in _PACKAGE.findall(tag)
    )


def _plist(_path: str, data: bytes) -> Identity:
    # A binary list is no source, and a drawing can be a list of megabytes.
    if b"CFBundle" not in data or not data.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"<"):
        return Identity()
    import plistlib

    found = table(plistlib.loads(data, fmt=plistlib.FMT_XML))
    names = [found.get("CFBundleDisplayName"), found.get("CFBundleName")]
    version = found.get("CFBundleShortVersionString")
    return identity([found.get("CFBundleIdentifier")], names, version=version)


def _xcode(_path: str, data: bytes) -> Identity:
    found = pairs(_XCODE, text_of(data), ' \t\r;"')
    return identity(
        found.get("PRODUCT_BUNDLE_IDENTIFIER", ()),
        found.get("PRODUCT_NAME", ()),
        version=first(found, "MARKETING_VERSION"),
    )


def _node(_path: str, data: bytes) -> Identity:
    found = json.loads(data)
    build = table(found, "build")
    names = [found.get("name"), found.get("productName"), build.get("productName")]
    return identity([build.get("appId")], names, version=found.get("version"))


def _expo(_path: str, data: bytes) -> Identity:
    found = json.loads(data)
    app = table(found, "expo") or found
    identifiers = [
        table(app, "ios").get("bundleIdentifier"), table(app, "android").get("package")
    ]  # fmt: skip
    names = [app.get("name"), app.get("displayName"), app.get("slug")]
    return identity(identifiers, names, version=app.get("version"))


def _python(_path: str, data: bytes) -> Identity:
    found = tomllib.loads(text_of(data))
    project = table(found, "project") or table(found, "tool", "poetry")
    return identity(products=[project.get("name")], version=project.get("version"))


def _setup_cfg(_path: str, data: bytes) -> Identity:
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text_of(data))
    get = parser["metadata"].get
    version = get("version", "")
    is_pointer = version.startswith(("attr:", "file:"))
    return identity(products=[get("name")], version="" if is_pointer else version)


def _setup_py(_path: str, data: bytes) -> Identity:
    found = pairs(_SETUP, text_of(data).partition("setup(")[2])
    return identity(products=found.get("name", ())[:1], version=first(found, "version"))


def _cargo(_path: str, data: bytes) -> Identity:
    package = table(tomllib.loads(text_of(data)), "package")
    return identity(products=[package.get("name")], version=package.get("version"))


def _dotnet(path: str, data: bytes) -> Identity:
    """Without an AssemblyName the file's name stands for it; an ItemGroup has others' versions."""
    found = pairs(_DOTNET, text_of(data))
    version = first(pairs(_DOTNET, text_of(data).partition("<ItemGroup")[0]), "Version")
    stem = path.rpartition("/")[2].rpartition(".")[0]
    keys = ("AssemblyName", "Product", "PackageId", "RootNamespace")
    names = [name for key in keys for name in found.get(key, ())]
    if "AssemblyName" not in found and path.lower().endswith("proj"):
        names.append(stem)
    return identity((), names, found.get("Company", ()), version)


def _maven(_path: str, data: bytes) -> Identity:
    """The project's own coordinates; those of its parent where it has none."""
    text = _without(text_of(data), "<!--", "-->")
    parent = _element(text, "parent")
    for tag in ("parent", "dependencyManagement", "dependencies", "build", "profiles", "reporting"):
        text = _without(text, f"<{tag}>", f"</{tag}>")
    group = _element(text, "groupId") or _element(parent, "groupId")
    artifact = _element(text, "artifactId")
    version = _element(text, "version") or _element(parent, "version")
    return identity([f"{group}:{artifact}"] if group and artifact else (), version=version)


def _element(text: str, tag: str) -> str:
    _, _, rest = text.partition(f"<{tag}>")
    content, end, _ = rest.partition(f"</{tag}>")
    return content.strip() if end else ""


def _without(text: str, start: str, end: str) -> str:
    """A text without what stands between two marks; without its rest when the second is missing."""
    kept, position = [], 0
    while (found := text.find(start, position)) >= 0:
        kept.append(text[position:found])
        after = text.find(end, found + len(start))
        position = after + len(end) if after >= 0 else len(text)
    return "".join((*kept, text[position:]))


def _electron(_path: str, data: bytes) -> Identity:
    if data.lstrip().startswith(b"{"):
        found = json.loads(data)
        return identity([found.get("appId")], [found.get("productName")])
    found = _yaml(data)
    return identity(found.get("appId", ()), found.get("productName", ()))


def _snapcraft(_path: str, data: bytes) -> Identity:
    found = _yaml(data)
    names = [*found.get("name", ()), *found.get("title", ())]
    return identity(products=names, version=first(found, "version"))


def _wix(_path: str, data: bytes) -> Identity:
    found = [pairs(_WIX_FIELD, attributes) for attributes in _WIX.findall(text_of(data))]
    names = [first(fields, "Name") for fields in found]
    versions = [first(fields, "Version") for fields in found]
    return identity(products=names, version=next(filter(None, versions), ""))


_READERS: Final[Mapping[str, Callable[[str, bytes], Identity]]] = {
    "build.gradle": _gradle,
    "build.gradle.kts": _gradle,
    "androidmanifest.xml": _android,
    "project.pbxproj": _xcode,
    "package.json": _node,
    "app.json": _expo,
    "pyproject.toml": _python,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "cargo.toml": _cargo,
    "pom.xml": _maven,
    "directory.build.props": _dotnet,
    "electron-builder.yml": _electron,
    "electron-builder.yaml": _electron,
    "electron-builder.json": _electron,
    "snapcraft.yaml": _snapcraft,
}
"""By the file's name, in lower case."""

_ENDS: Final[Mapping[str, Callable[[str, bytes], Identity]]] = {
    "info.plist": _plist,
    ".xcconfig": _xcode,
    ".csproj": _dotnet,
    ".fsproj": _dotnet,
    ".vbproj": _dotnet,
    ".wxs": _wix,
}
"""By how the name ends."""
