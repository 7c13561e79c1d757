import pytest

from slcp.errors import BadInput, ConfigError, ErrorCode, ProtocolError, RequestError, SlcpError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(ProtocolError(BadInput.BAD_HANDLE, "'An i'"), "bad_handle: 'An i'", id="a peer's, with detail"),
        pytest.param(ProtocolError(BadInput.EMPTY_LIST), "empty_list", id="a peer's"),
        pytest.param(RequestError(ErrorCode.UNKNOWN_USER, "no user Noah"), "no user Noah", id="the user's"),
        pytest.param(ConfigError("config.toml: port must be"), "config.toml: port must be", id="of the configuration"),
    ],
)
def test_every_error_raised_on_purpose_has_one_root_and_says_what_is_wrong(error: SlcpError, text: str) -> None:
    assert isinstance(error, SlcpError)
    assert str(error) == text


def test_the_words_that_scripts_compare_are_there() -> None:
    assert {code.value for code in ErrorCode} >= {
        "unknown_user",
        "ambiguous_user",
        "not_an_image",
        "too_large",
        "no_such_file",
        "daemon_leaving",
    }


@pytest.mark.parametrize("words", [ErrorCode, BadInput])
def test_words_are_lower_case_like_the_names_of_their_members(words: type[ErrorCode] | type[BadInput]) -> None:
    assert [member.value for member in words] == [member.name.lower() for member in words]
