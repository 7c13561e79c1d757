import json
from contextlib import suppress
from dataclasses import MISSING, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slcp.control import (
    MAX_REQUEST,
    WRITTEN_AT_ONCE,
    decode_call,
    encode_bare_event,
    encode_error,
    encode_event,
    encode_event_body,
    encode_result,
)
from slcp.errors import ErrorCode, RequestError
from slcp.events import ConfigChanged, Event, ImageProgressed, TextReceived, UserJoined
from slcp.requests import (
    EVERYONE,
    METHODS,
    GetConfig,
    Hello,
    History,
    MarkRead,
    Request,
    SendImage,
    SendText,
    SetConfig,
    Subscribe,
    Users,
)
from slcp.results import (
    ConfigEntry,
    ConfigResult,
    Direction,
    Done,
    HelloResult,
    HistoryResult,
    Kind,
    MessageEntry,
    MessageState,
    QueuedManyResult,
    Result,
)


def call(method: str, **params: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).encode() + b"\n"


# Requests


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        pytest.param(call("hello"), Hello(), id="no parameters"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"get_config"}\n', GetConfig(), id="no params at all"),
        pytest.param(call("users"), Users(refresh=False), id="a default"),
        pytest.param(call("users", refresh=True), Users(refresh=True), id="a switch"),
        pytest.param(call("send_text", to="Luca", text="Hallo"), SendText("Luca", "Hallo"), id="one recipient"),
        pytest.param(call("send_text", to=["Luca", "Mia"], text="Hi"), SendText(["Luca", "Mia"], "Hi"), id="several"),
        pytest.param(call("send_text", to="*", text="Hi"), SendText(EVERYONE, "Hi"), id="everyone"),
        pytest.param(
            call("send_text", to="Luca", text="Hi", automatic=True),
            SendText("Luca", "Hi", automatic=True),
            id="a bot's",
        ),
        pytest.param(call("send_image", to="Luca", path="/a.png"), SendImage("Luca", "/a.png"), id="an image"),
        pytest.param(call("subscribe", since=0), Subscribe(0), id="a number"),
        pytest.param(call("subscribe", since=None), Subscribe(None), id="null for none"),
        pytest.param(
            call("history", **{"with": "Luca", "before": 9, "limit": 5}),
            History(with_="Luca", before=9, limit=5),
            id="with, a keyword in Python",
        ),
        pytest.param(call("mark_read", **{"with": "Luca", "up_to": 9}), MarkRead("Luca", 9), id="with, needed"),
        pytest.param(call("set_config", key="inactive", value=True), SetConfig("inactive", True), id="any type"),
        pytest.param(call("set_config", key="blocked", value=[]), SetConfig("blocked", []), id="an empty list"),
    ],
)
def test_a_line_is_read_as_a_typed_request(line: bytes, request_: Request) -> None:
    assert decode_call(line).request() == request_


def test_every_method_of_the_api_is_there() -> None:
    assert set(METHODS) >= {
        "hello",
        "status",
        "users",
        "send_text",
        "send_image",
        "history",
        "conversations",
        "mark_read",
        "subscribe",
        "get_config",
        "set_config",
        "join",
        "leave",
        "retry",
        "block",
        "shutdown",
    }


@pytest.mark.parametrize("method", METHODS)
def test_every_method_can_be_called_with_its_required_parameters_alone(method: str) -> None:
    required = [field.name for field in fields(METHODS[method]) if field.default is MISSING]
    request_ = decode_call(
        call(method, **{name.rstrip("_"): {"up_to": 7}.get(name, "x") for name in required})
    ).request()
    assert type(request_) is METHODS[method]


@pytest.mark.parametrize("call_id", [7, "seven", 7.5, 0, ""], ids=repr)
def test_the_id_is_kept_as_it_is(call_id: int | float | str) -> None:
    line = json.dumps({"jsonrpc": "2.0", "id": call_id, "method": "join"}).encode()
    assert decode_call(line).id == call_id


@pytest.mark.parametrize(
    ("line", "code", "hint"),
    [
        pytest.param(b"status\n", ErrorCode.PARSE_ERROR, "not JSON", id="no JSON"),
        pytest.param(b"\n", ErrorCode.PARSE_ERROR, "not JSON", id="empty line"),
        pytest.param(b'{"id":1,"method":"st\xff"}\n', ErrorCode.PARSE_ERROR, "UTF-8", id="no UTF-8"),
        pytest.param(b"[" * 100_000, ErrorCode.PARSE_ERROR, "not JSON", id="nested without end"),
        pytest.param(b'{"id":' + b"9" * 5000 + b"}", ErrorCode.PARSE_ERROR, "not JSON", id="endless number"),
        pytest.param(b"[]\n", ErrorCode.INVALID_REQUEST, "one JSON object a line", id="a batch"),
        pytest.param(b"7\n", ErrorCode.INVALID_REQUEST, "one JSON object a line", id="a number"),
        pytest.param(b'{"id":1}\n', ErrorCode.INVALID_REQUEST, '"method"', id="no method"),
        pytest.param(b'{"id":1,"method":7}\n', ErrorCode.INVALID_REQUEST, '"method"', id="method is a number"),
        pytest.param(b'{"method":"join"}\n', ErrorCode.INVALID_REQUEST, '"id"', id="a notification"),
        pytest.param(b'{"id":null,"method":"join"}\n', ErrorCode.INVALID_REQUEST, '"id"', id="id is null"),
        pytest.param(b'{"id":[1],"method":"join"}\n', ErrorCode.INVALID_REQUEST, '"id"', id="id is a list"),
        pytest.param(b'{"id":1e999,"method":"join"}\n', ErrorCode.INVALID_REQUEST, '"id"', id="id is infinite"),
        pytest.param(
            b'{"id":1,"method":"retry","params":["7"]}\n', ErrorCode.INVALID_REQUEST, "by name", id="params by position"
        ),
    ],
)
def test_a_line_that_is_no_request_is_refused(line: bytes, code: ErrorCode, hint: str) -> None:
    with pytest.raises(RequestError, match=hint) as caught:
        decode_call(line)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("line", "code", "hint"),
    [
        pytest.param(call("dance"), ErrorCode.UNKNOWN_METHOD, "no method 'dance'; there are: hello, ", id="no method"),
        pytest.param(
            call("send_text", to="Luca"),
            ErrorCode.INVALID_PARAMS,
            "send_text needs the parameter 'text'",
            id="parameter missing",
        ),
        pytest.param(
            call("retry", id="7", ID="7"),
            ErrorCode.INVALID_PARAMS,
            "retry takes no parameter 'ID'; it takes: id",
            id="parameter too many",
        ),
        pytest.param(
            call("join", now=True), ErrorCode.INVALID_PARAMS, "it takes: none", id="parameter where there are none"
        ),
        pytest.param(
            call("history", before="9"),
            ErrorCode.INVALID_PARAMS,
            "history: 'before' must be a whole number or null",
            id="string for a number",
        ),
        pytest.param(
            call("history", limit=True),
            ErrorCode.INVALID_PARAMS,
            "'limit' must be a whole number",
            id="true",
        ),
        pytest.param(
            call("history", limit=3.0),
            ErrorCode.INVALID_PARAMS,
            "'limit' must be a whole number",
            id="3.0",
        ),
        pytest.param(
            call("history", **{"with": 7}),
            ErrorCode.INVALID_PARAMS,
            "'with' must be a string or null",
            id="with",
        ),
        pytest.param(
            call("users", refresh=1), ErrorCode.INVALID_PARAMS, "'refresh' must be true or false", id="1 is not true"
        ),
        pytest.param(
            call("send_text", to=["Luca", 7], text="Hi"),
            ErrorCode.INVALID_PARAMS,
            "'to' must be a string or a list of strings",
            id="list with a number",
        ),
        pytest.param(
            call("send_text", to={"handle": "Luca"}, text="Hi"),
            ErrorCode.INVALID_PARAMS,
            "'to' must be a string or a list of strings",
            id="an object",
        ),
        pytest.param(
            call("send_text", to="Luca", text=None),
            ErrorCode.INVALID_PARAMS,
            "'text' must be a string",
            id="null",
        ),
    ],
)
def test_a_request_with_wrong_parameters_is_refused_under_its_id(line: bytes, code: ErrorCode, hint: str) -> None:
    refused = decode_call(line)
    with pytest.raises(RequestError, match=hint) as caught:
        refused.request()
    assert caught.value.code is code
    assert refused.id == 7


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
PARAMS = st.dictionaries(
    st.sampled_from(["to", "text", "path", "with", "up_to", "limit", "key", "value", "id", "x"]), JSON
)
CALLS = st.builds(
    lambda method, params: json.dumps({"id": 1, "method": method, "params": params}).encode(),
    st.sampled_from([*METHODS, "dance"]),
    PARAMS,
)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()) | CALLS)
def test_no_line_does_more_harm_than_a_refusal(line: bytes) -> None:
    with suppress(RequestError):
        assert type(decode_call(line).request()) in METHODS.values()


def test_the_longest_text_fits_a_line_with_every_character_escaped() -> None:
    assert len(call("send_text", to="Luca", text="\0" * 65536)) <= MAX_REQUEST


# Answers


MESSAGE = MessageEntry(
    seq=3,
    id="7",
    time="2025-05-01T10:00:00Z",
    direction=Direction.OUT,
    kind=Kind.TEXT,
    handle="Luca",
    ip="192.168.0.11",
    port=5002,
    state=MessageState.SENT,
    reason=None,
    automatic=False,
    secure=False,
    text="Hallo",
    path=None,
    size=None,
    sha256=None,
    width=None,
    height=None,
    batch=None,
)


@pytest.mark.parametrize(
    ("result", "json_result"),
    [
        pytest.param(Done(), {}, id="done"),
        pytest.param(
            HelloResult(version="0.1.0", api=1, handle="Ani", seq=12),
            {"version": "0.1.0", "api": 1, "handle": "Ani", "seq": 12},
            id="hello",
        ),
        pytest.param(
            QueuedManyResult(["7"], ["Luca@192.168.0.11:5002"]),
            {"ids": ["7"], "names": ["Luca@192.168.0.11:5002"]},
            id="ids",
        ),
        pytest.param(
            ConfigResult({"port": ConfigEntry(5001, "default", needs_restart=True)}),
            {"config": {"port": {"value": 5001, "source": "default", "needs_restart": True}}},
            id="nested",
        ),
        pytest.param(
            HistoryResult([MESSAGE], more=True),
            {
                "messages": [
                    {
                        "seq": 3,
                        "id": "7",
                        "time": "2025-05-01T10:00:00Z",
                        "direction": "out",
                        "kind": "text",
                        "handle": "Luca",
                        "ip": "192.168.0.11",
                        "port": 5002,
                        "state": "sent",
                        "reason": None,
                        "automatic": False,
                        "secure": False,
                        "text": "Hallo",
                        "path": None,
                        "size": None,
                        "sha256": None,
                        "width": None,
                        "height": None,
                        "batch": None,
                    }
                ],
                "more": True,
            },
            id="words of enums",
        ),
    ],
)
def test_a_result_is_an_object_under_the_id(result: Result, json_result: object) -> None:
    assert json.loads(b"".join(encode_result("q", result))) == {"jsonrpc": "2.0", "id": "q", "result": json_result}


@given(st.lists(st.text(), max_size=7), st.lists(st.text(), max_size=7))
def test_a_long_result_is_the_same_line_in_parts(ids: list[str], names: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("slcp.control.WRITTEN_AT_ONCE", 3)
        parts = [part.decode() for part in encode_result("q", QueuedManyResult(ids, names))]
    whole = {"jsonrpc": "2.0", "id": "q", "result": {"ids": ids, "names": names}}
    assert "".join(parts) == json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n"
    assert (len(parts) > 1) is (max(len(ids), len(names)) > 3)


def test_no_part_of_a_long_result_is_long() -> None:
    users = [f"user{number}@127.0.0.1:5002" for number in range(10 * WRITTEN_AT_ONCE)]
    parts = list(encode_result("q", QueuedManyResult([], users)))
    assert max(part.count(b"@") for part in parts) == WRITTEN_AT_ONCE


@pytest.mark.parametrize(
    ("code", "number"),
    [
        (ErrorCode.PARSE_ERROR, -32700),
        (ErrorCode.INVALID_REQUEST, -32600),
        (ErrorCode.UNKNOWN_METHOD, -32601),
        (ErrorCode.INVALID_PARAMS, -32602),
        (ErrorCode.INTERNAL_ERROR, -32603),
        (ErrorCode.UNKNOWN_USER, -32000),
        (ErrorCode.TOO_LARGE, -32000),
    ],
)
def test_an_error_has_the_number_of_json_rpc_and_a_stable_word(code: ErrorCode, number: int) -> None:
    assert json.loads(encode_error(7, RequestError(code, "say which one"))) == {
        "jsonrpc": "2.0",
        "id": 7,
        "error": {"code": number, "message": "say which one", "data": {"code": code.value}},
    }


def test_an_error_of_a_line_that_has_no_id_has_null() -> None:
    assert json.loads(encode_error(None, RequestError(ErrorCode.PARSE_ERROR, "no JSON")))["id"] is None


# Events


JOINED = UserJoined(handle="Luca", ip="192.168.0.11", port=5002)


def test_a_durable_event_has_seq_and_time() -> None:
    assert json.loads(encode_event(encode_event_body(JOINED), seq=123, time="2025-05-01T10:00:00Z")) == {
        "jsonrpc": "2.0",
        "method": "event",
        "params": {
            "seq": 123,
            "time": "2025-05-01T10:00:00Z",
            "type": "user_joined",
            "handle": "Luca",
            "ip": "192.168.0.11",
            "port": 5002,
            "second_hand": False,
            "same_handle": False,
        },
    }


def test_progress_has_neither() -> None:
    event = ImageProgressed(id="7", handle="Luca", direction="in", done=1024, size=4096)
    assert json.loads(encode_event(encode_event_body(event)))["params"] == {
        "type": "image_progressed",
        "id": "7",
        "handle": "Luca",
        "direction": "in",
        "done": 1024,
        "size": 4096,
    }


TEXTS = st.lists(st.text() | st.sampled_from("\udc80\udcff")).map("".join)  # as file names that are no UTF-8


@given(st.builds(ConfigChanged, key=st.text(), value=TEXTS | st.booleans() | st.lists(TEXTS)))
def test_any_value_is_one_line_and_comes_back_as_it_was(event: ConfigChanged) -> None:
    line = encode_event(encode_event_body(event), seq=1, time="2025-05-01T10:00:00Z")
    assert line.index(b"\n") == len(line) - 1
    assert json.loads(line)["params"]["value"] == event.value


@given(st.builds(ConfigChanged, key=st.text(), value=TEXTS | st.booleans() | st.lists(TEXTS)))
def test_a_bare_event_is_the_same_object_on_one_line_of_ascii(event: ConfigChanged) -> None:
    body, time = encode_event_body(event), "2025-05-01T10:00:00Z"
    line = encode_bare_event(body, 1, time)
    assert line.isascii()
    assert line.index(b"\n") == len(line) - 1
    assert json.loads(line) == json.loads(encode_event(body, 1, time))["params"]


def test_text_is_readable_in_the_line() -> None:
    event: Event = TextReceived(id="7", handle="Änne", ip="10.0.0.1", port=None, text="Grüße 🦊")
    assert "Grüße 🦊".encode() in encode_event(encode_event_body(event))
