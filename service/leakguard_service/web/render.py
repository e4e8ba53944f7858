"""Templates in, pages out. All values are escaped; a name that is missing is an error."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from leakguard_service.web import text

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


@cache
def environment() -> Environment:
    """The templates' surroundings: filters and constants they use."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        ago=text.ago,
        moment=text.moment,
        size=text.size,
        number=text.number,
        duration=text.duration,
        short=text.short,
        branch=text.branch,
        lines=text.lines,
        told=text.told,
        words=text.words,
        web_link=text.web_link,
    )
    made.tests["pair"] = lambda value: isinstance(value, list) and len(value) == 2
    made.globals.update(
        query=text.query,
        static=static,
        SEVERITIES=text.SEVERITIES,
        STATES=text.STATES,
        RESOLUTIONS=text.RESOLUTIONS,
        FORGES=text.FORGES,
    )
    return made


def render(template: str, values: Mapping[str, Any]) -> str:
    """The page as HTML."""
    return environment().get_template(template).render(values)


@cache
def static(name: str) -> str:
    """The address of a file of ours. It holds a hash, so browsers may keep the file for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
