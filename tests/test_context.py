"""Values whose vendor is named near them: whose they are, and when they are nobody's."""

from dataclasses import replace

import pytest

from leakguard.matcher import Matcher, load_matcher
from leakguard.model import Rule
from tests.helpers import RULE, candidates

HEX = "8d758973b40208e9" + "0469f5841ec378d3"
LONG = "Zx8Qw3" + "Rt5Yb7Nm2Kp9Lc4V"


def near(id_: str, name: str, pattern: str, words: str = "") -> Rule:
    return replace(
        RULE, id=id_, family=id_, near=name, words=words, pattern=f"(?P<secret>{pattern})"
    )


RULES = (
    near("admin", "algolia", "[0-9a-f]{32}", "admin"),
    near("algolia", "algolia", "[0-9a-f]{32}"),
    near("mixpanel", "mixpanel", "[0-9a-f]{32}"),
    near("acme", r"\bacme", "[A-Za-z0-9]{22}"),
)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return load_matcher(RULES)


def owners(matcher: Matcher, text: str) -> list[tuple[str, str]]:
    return [(c.rule.id, c.secret.decode()) for c in candidates(matcher, {"a": text.encode()})]


@pytest.mark.parametrize(
    "text",
    [
        f"ALGOLIA_API_KEY={HEX}",
        f'"algoliaApiKey": "{HEX}"',
        f"X-Algolia-API-Key: {HEX}",
        f"curl -H 'X-Api-Key: {HEX}' https://x.algolia.net/1/indexes",
        f"https://x.algolia.net/?apikey={HEX}&q=1",
        f"algolia:\n  app_id: AB12\n  # of the shop\n  api_key: {HEX}",
        f'# for Algolia\nkey = "{HEX}"',
        f'client.setKey("{HEX}")\nconnect(client, "algolia")',
        f'<add key="AlgoliaKey" value="{HEX}"/>',
        f"const key: string = '{HEX}' // algolia",
        f"algolia.key => '{HEX}'",
        f"the Algolia key is {HEX}.",
        f"key = env.ALGOLIA_KEY || '{HEX}'",
        f'{{\\"algolia\\": {{\\"token\\": \\"{HEX}\\"}}}}',
        f"Authorization: Bearer {HEX}\nHost: algolia.net",
    ],
)
def test_a_value_is_its_vendors(matcher: Matcher, text: str) -> None:
    assert owners(matcher, text) == [("algolia", HEX)]


@pytest.mark.parametrize(
    "text",
    [
        f"api_key: {HEX}",
        f"algolia\n\n\n\n\napi_key: {HEX}",
        f"algolia_api_key: {HEX}0",
        f"algolia_api_key: {HEX[:-1]}",
        f"algolia checksum of the archive {HEX}",
        f"acme_token: {LONG[:-1]}_",
    ],
)
def test_a_value_is_nobodys(matcher: Matcher, text: str) -> None:
    assert owners(matcher, text) == []


def test_words_decide_between_kinds(matcher: Matcher) -> None:
    assert owners(matcher, f"algolia_admin_key: {HEX}") == [("admin", HEX)]
    assert owners(matcher, f"algolia admin\nkey: {HEX}") == [("algolia", HEX)]


def test_the_nearest_name_counts(matcher: Matcher) -> None:
    other = HEX[::-1]
    text = f"algolia_key: {HEX}\nmixpanel_key: {other}\n"

    assert owners(matcher, text) == [("algolia", HEX), ("mixpanel", other)]
    assert owners(matcher, f"mixpanel:\n  key: {HEX}\nalgolia:\n") == [("mixpanel", HEX)]


def test_a_name_in_another_blob_does_not_count(matcher: Matcher) -> None:
    blobs = {"a": b"algolia", "b": f"key: {HEX}".encode(), "c": b"algolia"}

    assert candidates(matcher, blobs) == []


def test_many_versions_are_all_found(matcher: Matcher) -> None:
    blobs = {f"{n}": f"{n}\nalgolia_key: {HEX}\n".encode() for n in range(200)}

    assert len(candidates(matcher, blobs)) == 200
