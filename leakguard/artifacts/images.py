"""Container images: what `docker save` writes, and the OCI image layout."""

import json
from collections.abc import Iterator
from typing import Any

from leakguard.artifacts import jsontext, metadata
from leakguard.artifacts.content import Buffer
from leakguard.artifacts.model import Build
from leakguard.artifacts.tree import Tree

_LABEL = "org.opencontainers.image."
_IMAGES = 20
"""Most images of one file that are named."""


def strings(data: Buffer) -> Iterator[bytes]:
    """The texts of an image's config (environment, history, labels) without JSON's escapes."""
    return jsontext.texts(bytes(data))


def describe_tree(tree: Tree) -> list[Build]:
    """A Build `docker` or `oci` for each image, in the order of the manifest or index.

    Sources: Docker Image Specification v1.2, "Combined Image JSON + Filesystem Changeset Format";
    OCI Image Format Specification, "Image Layout" and "Annotations".
    """
    if "manifest.json" in tree.names and (images := _docker(tree)):
        return images
    if "oci-layout" in tree.names and "index.json" in tree.names:
        return _oci(tree)
    return []


def _docker(tree: Tree) -> list[Build]:
    manifest = _json(tree, "manifest.json")
    if not isinstance(manifest, list):
        return []
    images = [entry for entry in manifest if isinstance(entry, dict) and "Layers" in entry]
    return [_docker_image(tree, entry) for entry in images[:_IMAGES]]


def _docker_image(tree: Tree, entry: dict[str, Any]) -> Build:
    tags = [tag for tag in entry.get("RepoTags") or [] if isinstance(tag, str)]
    named = [tag for tag in tags if not tag.endswith(":latest")] or tags or [""]
    return _build("docker", named[0], _json(tree, entry.get("Config")), {})


def _oci(tree: Tree) -> list[Build]:
    found = []
    for entry in _list(_get(_json(tree, "index.json"), "manifests"))[:_IMAGES]:
        manifest = _blob(tree, entry)
        notes = {**_dict(_get(manifest, "annotations")), **_dict(_get(entry, "annotations"))}
        name = notes.get("io.containerd.image.name") or notes.get(_LABEL + "ref.name") or ""
        found.append(_build("oci", name, _blob(tree, _get(manifest, "config")), notes))
    return found


def _build(kind: str, reference: object, config: Any, notes: dict[str, Any]) -> Build:
    """From a reference such as `registry/name:1.2`, the config's labels, and annotations."""
    labels = {**_dict(_get(_get(config, "config"), "Labels")), **notes}
    title = metadata.clean(labels.get(_LABEL + "title"))
    name, version = _reference(metadata.clean(reference))
    if version in ("", "latest"):
        version = metadata.clean(labels.get(_LABEL + "version")) or version
    return Build(
        kind,
        platform=metadata.clean(_get(config, "os")) or "linux",
        name=name or title,
        identifier=name,
        version=version,
        build=metadata.clean(labels.get(_LABEL + "revision")),
    )


def _reference(text: str) -> tuple[str, str]:
    """Name and tag of `[registry[:port]/]name[:tag][@digest]`; a tag alone has no name."""
    text = text.partition("@")[0]
    name, mark, tag = text.rpartition(":")
    if mark and "/" not in tag:
        return name, tag
    return (text, "") if "/" in text else ("", text)


def _json(tree: Tree, name: object) -> Any:
    """A member's JSON; None when it was not kept or is no JSON."""
    data = metadata.read(tree, name) if isinstance(name, str) else b""
    try:
        return json.loads(data) if data else None
    except ValueError:
        return None


def _blob(tree: Tree, descriptor: Any) -> Any:
    """The JSON that a descriptor points to: `blobs/<algorithm>/<digest>`."""
    digest = _get(descriptor, "digest")
    return _json(tree, f"blobs/{digest.replace(':', '/')}") if isinstance(digest, str) else None


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
