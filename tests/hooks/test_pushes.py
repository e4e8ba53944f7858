import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakguard.errors import UsageError
from leakguard.hooks.pushes import Pushed, told_to_server

OID = st.text("0123456789abcdef", min_size=40, max_size=40)
REF = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=20
)


@given(OID, OID, REF)
def test_line_of_a_server_is_understood(old: str, new: str, ref: str) -> None:
    line = f"{old} {new} refs/heads/{ref}\n".encode()

    assert told_to_server(line) == Pushed(f"refs/heads/{ref}", new, old)


def test_ref_that_is_no_utf8_is_kept() -> None:
    assert told_to_server(b"1 2 refs/heads/\xff\n").ref == "refs/heads/\udcff"


@pytest.mark.parametrize("line", [b"\n", b"a b\n", b"refs/heads/main\n"])
def test_other_line_is_an_error(line: bytes) -> None:
    with pytest.raises(UsageError, match="no line of git's hook pre-receive"):
        told_to_server(line)
