"""Whose fault an error is decides what happens to it: one class each.

Anything that is not an SlcpError is a bug: it is logged once, with its trace.
"""

import enum


class SlcpError(Exception):
    """The root of every error that is raised on purpose."""


class BadInput(enum.StrEnum):
    """What was wrong with the input of a peer; `status` counts by these words."""

    NOT_UTF8 = "not_utf8"  # bytes that are no UTF-8
    LINE_TOO_LONG = "line_too_long"  # no end of line within MAX_LINE
    UNKNOWN_COMMAND = "unknown_command"  # a first word that is no command of ours
    MISSING_PARAMETER = "missing_parameter"
    BAD_HANDLE = "bad_handle"
    BAD_ADDRESS = "bad_address"  # no unicast IPv4 address, or no port
    BAD_NUMBER = "bad_number"  # a size or a version
    BAD_TEXT = "bad_text"  # an empty text
    EMPTY_LIST = "empty_list"  # KNOWNUSERS without one readable entry
    TRUNCATED = "truncated"  # the stream ended inside an image
    TOO_SLOW = "too_slow"  # a header or a body that does not come to its end
    TOO_MANY_CONNECTIONS = "too_many_connections"
    IMAGE_REJECTED = "image_rejected"  # too large, or not an image
    NOT_ON_LINK = "not_on_link"  # from outside the networks that we serve
    RATE_LIMITED = "rate_limited"  # more questions, handshakes or texts than one host may send
    BLOCKED = "blocked"  # from a peer that the user has blocked
    NOT_STORED = "not_stored"  # the history could not be written, or its disk is nearly full
    BAD_FRAME = "bad_frame"  # in an encrypted stream
    NO_TLS = "no_tls"  # a stream that began as TLS and was none, or not to its end
    BAD_PROOF = "bad_proof"  # a signature that is not of the key that it comes with
    KEY_CHANGED = "key_changed"  # a key that is not the one trusted for this handle
    PLAIN_TEXT = "plain_text"  # unencrypted, from one who has to prove who it is
    ENCRYPTED = "encrypted"  # while `security` is off


class ProtocolError(SlcpError):
    """A peer's fault: its input is dropped and counted, never answered."""

    def __init__(self, reason: BadInput, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail or str(reason)


class StorageError(SlcpError):
    """The history cannot be read or written: the text says why and what helps."""


class ConfigError(SlcpError):
    """The configuration cannot be used: the text names file, key and what is expected. Exit code 2."""


class ErrorCode(enum.StrEnum):
    """The word in `data.code` of a refused request; stable, scripts compare it."""

    PARSE_ERROR = "parse_error"  # the line is no JSON
    INVALID_REQUEST = "invalid_request"  # JSON, but no request of JSON-RPC 2.0
    UNKNOWN_METHOD = "unknown_method"
    INVALID_PARAMS = "invalid_params"
    UNKNOWN_USER = "unknown_user"
    AMBIGUOUS_USER = "ambiguous_user"  # several users with that handle
    NOBODY_HERE = "nobody_here"  # "*" and no user is present
    UNKNOWN_MESSAGE = "unknown_message"
    NOT_RETRIABLE = "not_retriable"  # the message has neither failed nor been cancelled
    NOT_CANCELLABLE = "not_cancellable"  # the message does not wait to be sent
    NO_SUCH_FILE = "no_such_file"
    NOT_AN_IMAGE = "not_an_image"
    TOO_LARGE = "too_large"
    NO_KEY = "no_key"  # the user has shown no key that could be trusted
    UNKNOWN_KEY = "unknown_key"
    INVALID_VALUE = "invalid_value"
    STORAGE_FAILED = "storage_failed"  # the history cannot be read or written
    DAEMON_LEAVING = "daemon_leaving"
    INTERNAL_ERROR = "internal_error"  # a bug of ours; its trace is in the daemon's log


class RequestError(SlcpError):
    """The user's fault: the request is answered with this code and a text that says what to do next."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
