"""Words for the forge: nothing in them has a meaning but what was meant."""

import re

from leakguard_service.forges.port import Mark
from leakguard_service.work.summary import Coverage, Said, Shown, summary, title
from leakguard_service.work.words import code, link, path_text

HOSTILE = "a|b`<img src=x onerror=1>@all #1 [x](http://evil.example)\n\n# big\u202e\0\udcff"


def said(count: int = 1, skips: int = 0) -> Said:
    """Leaks at hostile paths."""
    mark = Mark(1, HOSTILE, 3, 3, 1, 9, HOSTILE, "text", 4, "rule", "a…b", "f" * 32)
    one = Shown(mark, "https://leaks.example/findings/1", "https://forge.example/a(b)|c")
    coverage = Coverage(
        commits=2, skipped=skips, skips=((HOSTILE, HOSTILE),) * min(skips, 20), notes=(HOSTILE,)
    )
    verdict = "leaks" if count else ("incomplete" if skips else "clean")
    return Said(verdict, count, 0, [one] * count, coverage, "https://leaks.example/scans/1")


def test_others_words_have_no_meaning() -> None:
    text = summary(said(1, 1))
    bare = re.sub(r"<code>[^<]*</code>", "", text)
    for sign in ("evil", "img", "@", "`", "\0", "\u202e", "# big"):
        assert sign not in bare
    inside = "".join(re.findall(r"<code>([^<]*)</code>", text))
    assert re.fullmatch(r"[A-Za-z0-9 ,&#;]*", inside)
    rows = [line for line in text.splitlines() if line.startswith("| critical")]
    assert [row.count("|") for row in rows] == [5]
    assert "(https://forge.example/a%28b%29%7Cc)" in text


def test_a_summary_fits() -> None:
    assert len(summary(said(5_000, 5_000))) < 65_535
    assert "4,950 more" in summary(said(5_000))


def test_titles_say_what_counts() -> None:
    assert title(said(2)) == "2 leaks found"
    assert title(said(0, 3)) == "3 things could not be looked at"
    assert title(said(0)) == "No leaks found"


def test_links_lead_to_the_web_only() -> None:
    assert link("x", "javascript:alert(1)") == "x"
    assert code("a" * 300).count("a") == 199
    assert path_text("b/" * 2_000).startswith("…")
