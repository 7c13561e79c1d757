"""The control API: requests, results and events <-> lines of JSON-RPC 2.0 (docs/control.md).

One object a line, UTF-8. Requests are read in two steps, so that one with wrong parameters
is refused under its own id.
"""

import json
import math
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache

from slcp.errors import ErrorCode, RequestError
from slcp.events import Event, type_name
from slcp.requests import METHODS, Request
from slcp.results import Result

MAX_REQUEST = 1 << 20  # bytes of a line: a text of 64 KiB fits, with every character escaped
SHOWN = 64  # characters of an unknown name that its refusal repeats
WRITTEN_AT_ONCE = 500  # entries of a list: a few ms
MAX_NUMBER = (1 << 63) - 1  # a whole number of SQLite

JsonValue = bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"] | None
RequestId = int | float | str | None

_JSON_RPC_CODES = {
    ErrorCode.PARSE_ERROR: -32700,
    ErrorCode.INVALID_REQUEST: -32600,
    ErrorCode.UNKNOWN_METHOD: -32601,
    ErrorCode.INVALID_PARAMS: -32602,
    ErrorCode.INTERNAL_ERROR: -32603,
}
_OUR_CODE = -32000  # for all others: the word in data.code tells them apart


# Reading


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose id is known, its parameters not yet looked at."""

    id: RequestId
    method: str
    params: Mapping[str, JsonValue]

    def request(self) -> Request:
        """Return the typed request. Raises RequestError: unknown_method, invalid_params."""
        method = METHODS.get(self.method)
        if method is None:
            name = self.method[:SHOWN]
            raise RequestError(ErrorCode.UNKNOWN_METHOD, f"no method {name!r}; there are: {', '.join(METHODS)}")
        values = {_FIELD_NAMES.get(name, name): value for name, value in self.params.items()}
        _check_names(self.method, values)
        _check_types(self.method, values)
        return method(**values)  # type: ignore[arg-type]  # _check_types has looked at each


def decode_call(line: bytes) -> Call:
    """Read one line. Raises RequestError: parse_error, invalid_request."""
    try:
        data = _DECODER.decode(line.decode())
    except (ValueError, RecursionError) as error:
        raise RequestError(ErrorCode.PARSE_ERROR, f"this line is not JSON in UTF-8: {error}") from error
    if not isinstance(data, dict):
        raise RequestError(ErrorCode.INVALID_REQUEST, "a request is one JSON object a line")
    method, params, call_id = data.get("method"), data.get("params", {}), data.get("id")
    if not isinstance(method, str):
        raise RequestError(ErrorCode.INVALID_REQUEST, '"method" is missing, or no string')
    if not isinstance(params, dict):
        raise RequestError(ErrorCode.INVALID_REQUEST, '"params" must be an object: parameters go by name')
    if isinstance(call_id, bool) or not isinstance(call_id, int | float | str):
        raise RequestError(ErrorCode.INVALID_REQUEST, '"id" is missing: a notification would get no answer')
    if isinstance(call_id, float) and not math.isfinite(call_id):
        raise RequestError(ErrorCode.INVALID_REQUEST, '"id" is a number that JSON could not repeat')
    return Call(call_id, method, params)


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)  # json.loads() would make one for each line
_FIELD_NAMES = {"with": "with_"}  # "with" is a keyword of Python


def _check_names(name: str, values: Mapping[str, JsonValue]) -> None:
    needed = _parameters(name)
    for unknown in values.keys() - needed.keys():
        takes = ", ".join(field.rstrip("_") for field in needed) or "none"
        why = f"{name} takes no parameter {unknown[:SHOWN]!r}; it takes: {takes}"
        raise RequestError(ErrorCode.INVALID_PARAMS, why)
    for missing in (field for field, is_needed in needed.items() if is_needed and field not in values):
        raise RequestError(ErrorCode.INVALID_PARAMS, f"{name} needs the parameter {missing.rstrip('_')!r}")


def _check_types(name: str, values: Mapping[str, JsonValue]) -> None:
    hints = _hints(name)
    for key, value in values.items():
        if not _fits(value, hints[key]):
            expected = " or ".join(_JSON_WORDS[kind] for kind in hints[key])
            raise RequestError(ErrorCode.INVALID_PARAMS, f"{name}: {key.rstrip('_')!r} must be {expected}")
        if any(map(_SURROGATE.search, _texts(value))):
            raise RequestError(ErrorCode.INVALID_PARAMS, f"{name}: {key.rstrip('_')!r} is no valid Unicode")


@cache
def _parameters(method: str) -> dict[str, bool]:
    """Return the fields of a request, and of each whether it must be given."""
    return {field.name: field.default is MISSING for field in fields(METHODS[method])}


@cache
def _hints(method: str) -> dict[str, tuple[object, ...]]:
    """Return the types that each parameter may have."""
    return {name: _alternatives(hint) for name, hint in typing.get_type_hints(METHODS[method]).items()}


_JSON_WORDS: dict[object, str] = {
    bool: "true or false",
    int: "a whole number",
    str: "a string",
    list[str]: "a list of strings",
    types.NoneType: "null",
}


def _alternatives(hint: object) -> tuple[object, ...]:
    return typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)


def _fits(value: JsonValue, types_taken: tuple[object, ...]) -> bool:
    """Tell whether a JSON value is of one of these types; true is no number, 3.0 no whole one."""
    if isinstance(value, list):
        return list[str] in types_taken and all(isinstance(item, str) for item in value)
    if isinstance(value, int) and not -MAX_NUMBER <= value <= MAX_NUMBER:
        return False
    return type(value) in types_taken


_SURROGATE = re.compile(r"[\ud800-\udfff]")  # alone it is no Unicode: neither the history nor a peer could take it


def _texts(value: JsonValue) -> list[str]:
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


# Writing


def encode_result(call_id: RequestId, result: Result) -> Iterator[bytes]:
    """Yield the line of a result: in one part, or in several that each take a few ms where a list is long."""
    values = _values(result)
    if any(isinstance(value, list) and len(value) > WRITTEN_AT_ONCE for value in values.values()):
        yield from map(_bytes, _result_in_parts(call_id, values))
    else:
        yield _line({"jsonrpc": "2.0", "id": call_id, "result": values})


def _result_in_parts(call_id: RequestId, values: Mapping[str, object]) -> Iterator[str]:
    yield f'{{"jsonrpc":"2.0","id":{_json(call_id)},"result":'
    before = "{"
    for name, value in values.items():
        yield f"{before}{_json(name)}:"
        yield from _list_in_parts(value) if isinstance(value, list) else [_json(value)]
        before = ","
    yield "}}\n"


def _list_in_parts(entries: Sequence[object]) -> Iterator[str]:
    yield "["
    for start in range(0, len(entries), WRITTEN_AT_ONCE):
        part = _json(entries[start : start + WRITTEN_AT_ONCE])
        yield f"{',' if start else ''}{part[1:-1]}"
    yield "]"


def encode_error(call_id: RequestId, error: RequestError) -> bytes:
    code = _JSON_RPC_CODES.get(error.code, _OUR_CODE)
    detail = {"code": code, "message": str(error), "data": {"code": error.code}}
    return _line({"jsonrpc": "2.0", "id": call_id, "error": detail})


def encode_event_body(event: Event) -> str:
    """Write an event as a JSON object without seq and time: the form in which the history keeps it."""
    return _json({"type": type_name(type(event)), **_values(event)})


def encode_event(body: str, seq: int | None = None, time: str | None = None) -> bytes:
    """Write the line of an event. `seq` and `time` are None for events that are not durable."""
    head = "" if seq is None else f'"seq":{seq},"time":"{time}",'
    return _bytes(f'{{"jsonrpc":"2.0","method":"event","params":{{{head}{body[1:]}}}\n')


def encode_bare_event(body: str, seq: int, time: str) -> bytes:
    """Write a durable event as a line of its own, in ASCII: what `slcpctl listen --json` prints."""
    return json.dumps({"seq": seq, "time": time, **json.loads(body)}).encode() + b"\n"


def _line(data: dict[str, object]) -> bytes:
    return _bytes(f"{_json(data)}\n")


def _json(data: object) -> str:
    return _ENCODER.encode(data)


def _values(of: Result | Event) -> dict[str, object]:
    """Return the fields of a dataclass, none of them copied: asdict() takes ten times as long."""
    return {name: getattr(of, name) for name in type(of).__dataclass_fields__}


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_values)  # it asks for what is nested


def _bytes(text: str) -> bytes:
    """Encode JSON; a lone surrogate (a file name that is no UTF-8) becomes an escape, as JSON writes it."""
    return text.encode(errors="backslashreplace")
