import pytest

from slcpctl.window.faces import initials


@pytest.mark.parametrize(
    ("handle", "letters"),
    [("Luca", "L"), ("Tom_Meier", "TM"), ("a.b-c", "AC"), ("émile", "É"), ("_", "?"), ("🐸", "🐸"), ("ß", "SS")],
)
def test_initials(handle: str, letters: str) -> None:
    assert initials(handle) == letters
