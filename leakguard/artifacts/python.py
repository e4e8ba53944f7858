"""Python packages: wheels, source distributions and eggs, from their core metadata."""

from leakguard.artifacts import metadata
from leakguard.artifacts.model import Build, Sign, Weight
from leakguard.artifacts.tree import Tree


def describe_tree(tree: Tree) -> list[Build]:
    """One Build `wheel`, `sdist` or `egg`, or none.

    Source: PyPA specifications, "Core metadata", "Binary distribution format", "Source
    distribution format"; setuptools' "The Internal Structure of Python Eggs".
    """
    kind, name = _kind(tree)
    if not kind:
        return []
    fields = metadata.fields(metadata.text(tree, name))
    title = metadata.first(fields, "Name")
    build = Build(
        kind,
        platform="python",
        name=title,
        version=metadata.first(fields, "Version"),
        signs=_signs(name, fields.get("Classifier", [])),
    )
    return [build] if title else []


def _kind(tree: Tree) -> tuple[str, str]:
    """The kind and the member with the metadata, from the names alone."""
    names = tree.names
    if "EGG-INFO/PKG-INFO" in names:
        return "egg", "EGG-INFO/PKG-INFO"
    wheels = [n for n in names if n.endswith(".dist-info/METADATA") and n.count("/") == 1]
    if len(wheels) == 1 and wheels[0].replace("/METADATA", "/WHEEL") in names:
        installed = wheels[0].replace("/METADATA", "/INSTALLER") in names
        return ("", "") if installed else ("wheel", wheels[0])
    if not any(n.endswith("/PKG-INFO") and n.count("/") == 1 for n in names):
        return "", ""
    top = metadata.single_top(names)
    return ("sdist", f"{top}/PKG-INFO") if top and f"{top}/PKG-INFO" in names else ("", "")


def _signs(name: str, classifiers: list[str]) -> tuple[Sign, ...]:
    """PyPI refuses whatever is classified as `Private ::` something."""
    private = [text for text in classifiers if text.strip().startswith("Private ::")]
    if not private:
        return ()
    proof = f"{name} Classifier={metadata.clean(private[0])}"
    return (Sign(Weight.HARD, "marked as not to be published", proof),)
