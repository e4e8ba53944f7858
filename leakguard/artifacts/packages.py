"""Packages of NuGet, RubyGems, Cargo and Conda, from the file in them that says what they are."""

import json
import re
import tomllib
import zlib
from typing import Any
from xml.parsers import expat

from leakguard import limits
from leakguard.artifacts import cms, metadata
from leakguard.artifacts.budget import ArtifactError
from leakguard.artifacts.model import Build, Sign, Signer, Weight
from leakguard.artifacts.tree import Tree

_GEM_VERSION = re.compile(r"^version:.*\n\s+version: *(.+)$", re.MULTILINE)
_GEM_NAME = re.compile(r"^name: *(.+)$", re.MULTILINE)


def describe_tree(tree: Tree) -> list[Build]:
    """One Build `nupkg`, `gem`, `crate` or `conda`, or none."""
    names = tree.names
    if nuspec := [name for name in names if name.endswith(".nuspec") and "/" not in name]:
        return _nupkg(tree, nuspec[0])
    if "metadata.gz" in names and "data.tar.gz" in names:
        return _gem(tree)
    if "info/index.json" in names:
        return _conda(tree)
    if any(name.endswith("/Cargo.toml") and name.count("/") == 1 for name in names):
        return _crate(tree)
    return []


def _nupkg(tree: Tree, name: str) -> list[Build]:
    """Microsoft's ".nuspec File Reference"; `.signature.p7s` as "NuGet Package Signatures"."""
    found, kinds = _nuspec(metadata.read(tree, name))
    symbols = "SymbolsPackage" in kinds
    build = Build(
        "nupkg",
        platform="dotnet",
        name=metadata.clean(found.get("id")),
        version=metadata.clean(found.get("version")),
        signer=_p7s(tree),
        internal="symbols" if symbols else "",
    )
    return [build] if build.name else []


def _p7s(tree: Tree) -> Signer | None:
    try:
        return cms.signer(metadata.read(tree, ".signature.p7s"))
    except Exception:
        return None


def _nuspec(data: bytes) -> tuple[dict[str, str], list[str]]:
    """The texts right below `metadata`, and the package types. Refuses a document type."""
    found: dict[str, str] = {}
    kinds: list[str] = []
    path: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        path.append(name.rpartition(":")[2])
        if path[-1] == "packageType":
            kinds.append(attributes.get("name", ""))

    def characters(value: str) -> None:
        if len(path) == 3 and path[1] == "metadata":
            found[path[2]] = found.get(path[2], "") + value

    def doctype(*_: object) -> None:
        raise ArtifactError("a nuspec with a document type, which none has")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    parser.Parse(data, True)
    return found, kinds


def _gem(tree: Tree) -> list[Build]:
    """Name and version of the YAML that RubyGems writes (Gem::Package, Gem::Specification)."""
    inflate = zlib.decompressobj(31)
    packed = metadata.read(tree, "metadata.gz")
    content = inflate.decompress(packed, limits.ARTIFACT_METADATA_BYTES).decode("utf-8", "replace")
    name, version = (_yaml(pattern, content) for pattern in (_GEM_NAME, _GEM_VERSION))
    return [Build("gem", platform="ruby", name=name, version=version)] if name else []


def _yaml(pattern: re.Pattern[str], content: str) -> str:
    match = pattern.search(content)
    return metadata.clean(match[1].strip().strip("'\"")) if match else ""


def _crate(tree: Tree) -> list[Build]:
    """The Cargo Book, "The Manifest Format"; Cargo keeps the manifest that it rewrote."""
    top = metadata.single_top(tree.names)
    marks = (f"{top}/Cargo.toml.orig", f"{top}/.cargo_vcs_info.json")
    if not top or not any(mark in tree.names for mark in marks):
        return []
    manifest = tomllib.loads(metadata.text(tree, f"{top}/Cargo.toml"))
    package: Any = manifest.get("package")
    if not isinstance(package, dict):
        return []
    name, version = metadata.clean(package.get("name")), metadata.clean(package.get("version"))
    signs: tuple[Sign, ...] = ()
    if package.get("publish") in (False, []):
        proof = f"{top}/Cargo.toml package.publish={package['publish']}".replace("False", "false")
        signs = (Sign(Weight.HARD, "marked as not to be published", proof),)
    return [Build("crate", platform="rust", name=name, version=version, signs=signs)]


def _conda(tree: Tree) -> list[Build]:
    """conda-build's documentation, "Package metadata": info/index.json."""
    index: Any = json.loads(metadata.text(tree, "info/index.json"))
    if not isinstance(index, dict):
        return []
    name, version = metadata.clean(index.get("name")), metadata.clean(index.get("version"))
    build = metadata.clean(index.get("build"))
    found = Build("conda", platform="conda", name=name, version=version, build=build)
    return [found] if name else []
