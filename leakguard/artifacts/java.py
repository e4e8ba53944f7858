"""Java archives: jar, war, ear and Spring Boot's, from the manifest and Maven's properties."""

from itertools import islice

from leakguard.artifacts import cms, metadata
from leakguard.artifacts.model import Build, Signer
from leakguard.artifacts.tree import Tree

_MANIFEST = "META-INF/MANIFEST.MF"
_ANDROID = ("AndroidManifest.xml", "classes.dex", "BundleConfig.pb")
_SOURCE = (".java", ".kt", ".kts", ".scala", ".groovy")
_SIGNATURES = (".RSA", ".DSA", ".EC")
_NAMES = ("Implementation-Title", "Bundle-Name", "Bundle-SymbolicName", "Short-Name")
_SYMBOLIC = ("Bundle-SymbolicName", "Automatic-Module-Name", "Extension-Name")
_VERSIONS = ("Implementation-Version", "Bundle-Version", "Plugin-Version")
_POMS = 200
"""Most pom.properties that are read of an archive that was shaded from many."""

Fields = dict[str, list[str]]


def describe_tree(tree: Tree) -> list[Build]:
    """One Build `jar`, `war` or `ear`, or none; none for Android packages and wheels.

    Sources: JAR File Specification; Jakarta Servlet (WEB-INF) and Enterprise (application.xml);
    Maven Archiver (META-INF/maven/<group>/<artifact>/pom.properties).
    """
    kind = _kind(tree)
    if not kind:
        return []
    manifest = metadata.fields(metadata.text(tree, _MANIFEST))
    pom = _main_pom(tree, manifest)
    name = metadata.first(pom, "artifactId") or metadata.first(manifest, *_NAMES)
    if name.startswith("%"):
        name = metadata.first(manifest, "Bundle-SymbolicName").partition(";")[0]
    build = Build(
        kind,
        platform="java",
        name=name,
        identifier=_identifier(pom, manifest),
        version=metadata.first(pom, "version") or metadata.first(manifest, *_VERSIONS),
        signer=_signer(tree),
        source=tuple(islice((n for n in tree.names if n.endswith(_SOURCE)), 20)),
    )
    return [build]


def _kind(tree: Tree) -> str:
    names = tree.names
    if any(name in names for name in _ANDROID):
        return ""
    if "META-INF/application.xml" in names:
        return "ear"
    if any(name.startswith("WEB-INF/") for name in names):
        return "war"
    is_wheel = any(name.endswith(".dist-info/WHEEL") for name in names)
    return "jar" if _MANIFEST in names and not is_wheel else ""


def _identifier(pom: Fields, manifest: Fields) -> str:
    """`group:artifact`, or what OSGi and the module system call it."""
    group, artifact = metadata.first(pom, "groupId"), metadata.first(pom, "artifactId")
    if group and artifact:
        return f"{group}:{artifact}"
    return metadata.first(manifest, *_SYMBOLIC).partition(";")[0]


def _main_pom(tree: Tree, manifest: Fields) -> Fields:
    """The archive's own pom.properties; nothing when none of several fits the manifest."""
    folder = "META-INF/maven/"
    names = [n for n in tree.names if n.startswith(folder) and n.endswith("/pom.properties")]
    poms = [_properties(metadata.text(tree, name)) for name in names[:_POMS]]
    if len(poms) < 2:
        return poms[0] if poms else {}
    best = max(poms, key=lambda pom: _fit(pom, manifest))
    return best if _fit(best, manifest) else {}


def _fit(pom: Fields, manifest: Fields) -> int:
    """How well a pom.properties fits the manifest: 0 for not at all."""
    artifact, group = metadata.first(pom, "artifactId"), metadata.first(pom, "groupId")
    named = {metadata.first(manifest, name).partition(";")[0] for name in (*_NAMES, *_SYMBOLIC)}
    if artifact and named & {artifact, f"{group}:{artifact}", f"{group}.{artifact}"}:
        return 1000
    main = metadata.first(manifest, "Start-Class", "Main-Class")
    return len(group) if group and main.startswith(f"{group}.") else 0


def _properties(content: str) -> Fields:
    """`key=value` lines; comments are left out (java.util.Properties, without its escapes)."""
    lines = (line.strip() for line in content.splitlines())
    pairs = (line.partition("=") for line in lines if line[:1] not in ("#", "!"))
    return {key.strip(): [value.strip()] for key, mark, value in pairs if mark}


def _signer(tree: Tree) -> Signer | None:
    """Whoever made the first signature block that can be read."""
    folder = "META-INF/"
    blocks = [n for n in tree.names if n.startswith(folder) and n.upper().endswith(_SIGNATURES)]
    for name in blocks[:4]:
        try:
            if signer := cms.signer(metadata.read(tree, name)):
                return signer
        except Exception:  # noqa: S112 - a damaged signature is none
            continue
    return None
