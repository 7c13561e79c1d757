"""The table of hostile inputs. A new one is a row more; the test plays every row against a real daemon.

The daemon is Ani. Each row comes from an address of its own; Victim is at another and has done nothing.
"""

import base64
import io
import json
import struct
import zlib

from PIL import Image

from hostile.encrypted import ENCRYPTED
from hostile.row import Effect, End, Finish, Row, Via

MARK = "unknown_command"


def _png(width: int = 8, height: int = 8) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(file, "PNG")
    return file.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose pixels would fill the memory."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _text_bomb() -> bytes:
    """A PNG with a compressed text of 64 MiB in a few bytes."""
    bomb = b"Comment\0\0" + zlib.compress(bytes(64 << 20), 9)
    png = _png()
    return png[:33] + _chunk(b"zTXt", bomb) + png[33:]


def _img(data: bytes, name: bytes = b"Ani") -> bytes:
    return b"IMG %s %d\n" % (name, len(data)) + data


def _json_image(sender: str, name: str, data: bytes) -> bytes:
    return json.dumps([sender, name, base64.b64encode(data).decode()]).encode()


PNG = _png()
_PNG_OF_NO_END = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\0\0\0\0\xe1d\xe1W\0{\0\0IEND"  # an IndexError of Pillow
)
NOTHING = Effect()


def _drops(reason: str, times: int = 1) -> Effect:
    return Effect({reason: times})


def _joins(*handles: str) -> Effect:
    return Effect(joined=handles)


def _ends(**changes: object) -> Effect:
    return Effect(end=End.IN_ORDER, **changes)  # type: ignore[arg-type]


def _resets(reason: str, **changes: object) -> Effect:
    return Effect({reason: 1}, end=End.RESET, **changes)  # type: ignore[arg-type]


def _udp(name: str, sent: bytes, effect: Effect, reaction: str) -> Row:
    return Row(name, Via.WHOIS, (sent,), reaction, effect)


def _own(name: str, sent: bytes, effect: Effect, reaction: str) -> Row:
    return Row(name, Via.OWN, (sent,), reaction, effect)


def _tcp(name: str, sent: bytes, effect: Effect, reaction: str) -> Row:
    return Row(name, Via.TCP, (sent,), reaction, effect)


def _seed(name: str, sent: bytes, effect: Effect, reaction: str) -> Row:
    return Row(name, Via.JSON, (sent,), reaction, effect)


def _control(
    name: str, sent: bytes, *answers: str, reaction: str = "refused with its word; the next is answered"
) -> Row:
    return Row(name, Via.CONTROL, (sent,), reaction, Effect(answers=answers))


def _config(name: str, sent: bytes, says: str) -> Row:
    return Row(
        name, Via.CONFIG, (sent,), "exit code 2, and one line that says which key and why", Effect(code=2, says=says)
    )


def _slcpctl(name: str, *words: bytes, code: int, says: str) -> Row:
    return Row(name, Via.SLCPCTL, words, "an exit code and one line, nothing of it raw", Effect(code=code, says=says))


DROPPED = "dropped, counted, never answered"
TAKEN = "taken for what it says, and no more"
PASSED_OVER = "passed over"

DATAGRAMS = [
    # no message at all
    _udp("an empty datagram", b"", NOTHING, PASSED_OVER),
    _udp("line ends alone", b"\n\r\n\n\r", NOTHING, PASSED_OVER),
    _udp("NULs alone", b"\0" * 1000, NOTHING, PASSED_OVER),
    _udp("the largest datagram", b"A" * 65_507, _drops(MARK), DROPPED),
    _udp("a command of nobody", b"FROBNICATE Ani 5001\n", _drops(MARK), DROPPED),
    _udp("a format string", b"%s%n%x {0.__class__}\n", _drops(MARK), DROPPED),
    _udp("HTTP", b"GET / HTTP/1.1\r\nHost: ani\r\n\r\n", _drops(MARK, 2), DROPPED),
    _udp("a DNS query", b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\0\0\x01\0\x01", _drops(MARK), DROPPED),
    _udp("a thousand lines", b"".join(b"JOIN Line%d 6000\n" % n for n in range(1000)), _joins("Line15"), "16 are read"),
    # bytes that are no text
    _udp("no UTF-8", b"JOIN \xff\xfe 5001\n", _drops("not_utf8"), DROPPED),
    _udp("an overlong slash", b"JOIN \xc0\xaf 5001\n", _drops("not_utf8"), DROPPED),
    _udp("a surrogate as UTF-8", b"JOIN \xed\xa0\x80 5001\n", _drops("not_utf8"), DROPPED),
    _udp("beyond Unicode", b"JOIN \xf5\x80\x80\x80 5001\n", _drops("not_utf8"), DROPPED),
    _udp("UTF-16", "JOIN Sixteen 5001\n".encode("utf-16"), _drops("not_utf8"), DROPPED),
    _udp("half a character at the end", b"JOIN Half\xc3", _drops("not_utf8"), DROPPED),
    _udp("a byte order mark", b"\xef\xbb\xbfJOIN Bom 5001\n", _joins("Bom"), TAKEN),
    # JOIN
    _udp("JOIN of nobody", b"JOIN\n", _drops("missing_parameter"), DROPPED),
    _udp("JOIN at no port", b"JOIN Eve\n", _drops("missing_parameter"), DROPPED),
    _udp("port 0", b"JOIN Eve 0\n", _drops("bad_address"), DROPPED),
    _udp("port -1", b"JOIN Eve -1\n", _drops("bad_address"), DROPPED),
    _udp("port 65536", b"JOIN Eve 65536\n", _drops("bad_address"), DROPPED),
    _udp("port 2^63", b"JOIN Eve 9223372036854775808\n", _drops("bad_address"), DROPPED),
    _udp("port with sign", b"JOIN Eve +5001\n", _drops("bad_address"), DROPPED),
    _udp("port with underscore", b"JOIN Eve 5_001\n", _drops("bad_address"), DROPPED),
    _udp("port in hexadecimal", b"JOIN Eve 0x1389\n", _drops("bad_address"), DROPPED),
    _udp(
        "port in digits of another script",
        "JOIN Eve \u0665\u0660\u0660\u0661\n".encode(),
        _drops("bad_address"),
        DROPPED,
    ),
    _udp("port with leading zeros", b"JOIN Zeros 000000000005001\n", _joins("Zeros"), TAKEN),
    _udp("a handle of 65 characters", b"JOIN " + b"x" * 65 + b" 5001\n", _drops("bad_handle"), DROPPED),
    _udp("a handle with a comma", b"JOIN Eve,Ani 5001\n", _drops("bad_handle"), DROPPED),
    _udp("a handle with a colon", b"JOIN Eve:Ani 5001\n", _drops("bad_handle"), DROPPED),
    _udp("an empty handle", b'JOIN "" 5001\n', _drops("bad_handle"), DROPPED),
    _udp("a handle with a blank", b'JOIN "Eve Ani" 5001\n', _drops("bad_handle"), DROPPED),
    _udp("a handle with a NUL", b"JOIN Eve\0Ani 5001\n", _drops("bad_handle"), DROPPED),
    _udp("a handle with ESC", b"JOIN \x1b[2J 5001\n", _drops("bad_handle"), DROPPED),
    _udp("a handle with CSI of C1", "JOIN \x9b2J 5001\n".encode(), _drops("bad_handle"), DROPPED),
    _udp("a handle with a line separator", "JOIN Eve\u2028Ani 5001\n".encode(), _drops("bad_handle"), DROPPED),
    _udp(
        "a handle that turns the line round",
        "JOIN \u202eevE 5001\n".encode(),
        _joins("\u202eevE"),
        "escaped when shown",
    ),
    _udp("a path for a handle", b"JOIN ../../etc/passwd 5001\n", _joins("../../etc/passwd"), "never part of a path"),
    _udp("our own handle", b"JOIN Ani 5001\n", _joins("Ani"), "another user, marked so"),
    # LEAVE and WHO
    _udp("LEAVE of someone at another address", b"LEAVE Victim\n", NOTHING, "nobody leaves"),
    _udp("LEAVE of us", b"LEAVE Ani\n", NOTHING, "nobody leaves"),
    _udp("LEAVE of nobody", b"LEAVE\n", _drops("missing_parameter"), DROPPED),
    _udp("WHO with a lot behind", b"WHO " + b"x " * 30_000, NOTHING, "answered as WHO"),
    # HELLO
    _udp("HELLO of version 0", b"HELLO Eve 5001 0 -\n", _drops("bad_number"), DROPPED),
    _udp("HELLO of version -1", b"HELLO Eve 5001 -1 -\n", _drops("bad_number"), DROPPED),
    _udp("HELLO of version 10^14", b"HELLO Eve 5001 100000000000000 -\n", _drops("bad_number"), DROPPED),
    _udp("HELLO of a version to come", b"HELLO Future 5001 9999 -\n", _joins("Future"), TAKEN),
    _udp("HELLO without a fingerprint", b"HELLO Eve 5001 1\n", _drops("missing_parameter"), DROPPED),
    _udp("HELLO with half a fingerprint", b"HELLO Eve 5001 1 " + b"a" * 63 + b"\n", _drops("bad_number"), DROPPED),
    _udp("HELLO with a path for a fingerprint", b"HELLO Eve 5001 1 ../../x\n", _drops("bad_number"), DROPPED),
    # lists
    _udp("an empty list", b"KNOWNUSERS\n", _drops("empty_list"), DROPPED),
    _udp("a list of commas", b"KNOWNUSERS " + b"," * 60_000, _drops("empty_list"), DROPPED),
    _udp("a list with 0.0.0.0", b"KNOWNUSERS Eve 0.0.0.0 5001\n", _drops("empty_list"), DROPPED),
    _udp("a list with multicast", b"KNOWNUSERS Eve 224.0.0.1 5001\n", _drops("empty_list"), DROPPED),
    _udp("a list with broadcast", b"KNOWNUSERS Eve 255.255.255.255 5001\n", _drops("empty_list"), DROPPED),
    _udp("a list with our broadcast address", b"KNOWNUSERS Eve 127.255.255.255 5001\n", NOTHING, "nobody joins"),
    _udp("a list with our network", b"KNOWNUSERS Eve 127.0.0.0 5001\n", NOTHING, "nobody joins"),
    _udp("a list with a name of a host", b"KNOWNUSERS Eve localhost 5001\n", _drops("empty_list"), DROPPED),
    _udp("a list with a short address", b"KNOWNUSERS Eve 127.1 5001\n", _drops("empty_list"), DROPPED),
    _udp("a list with an octal address", b"KNOWNUSERS Eve 0177.0.0.1 5001\n", _drops("empty_list"), DROPPED),
    _udp("a list with IPv6", b"KNOWNUSERS Eve ::1 5001\n", _drops("empty_list"), DROPPED),
    _udp("a list with another network", b"KNOWNUSERS Eve 192.0.2.66 5001, Mia 8.8.8.8 53\n", NOTHING, "nobody joins"),
    _udp("a list with us", b"KNOWNUSERS Eve 127.0.0.1 {port}\n", NOTHING, "nobody joins"),
    _udp(
        "a list of a thousand",
        b"KNOWNUSERS " + b", ".join(b"Many%d 127.9.0.1 %d" % (n, n) for n in range(2000, 3000)),
        Effect(joined=256),
        "256 are read, marked as hearsay",
    ),
    # texts and images by UDP
    _own("MSG of nothing", b"MSG Ani\n", _drops("bad_text"), DROPPED),
    _own("MSG with a NUL", b"MSG Ani a\0b\n", _drops("bad_text"), DROPPED),
    _own("MSG of 60,000 bytes", b"MSG Ani " + b"x" * 60_000, Effect(texts=("x" * 60_000,)), TAKEN),
    _own(
        "MSG that clears the screen",
        b"MSG Ani \x1b[2J\x1b]52;c;AA==\x07",
        Effect(texts=("\x1b[2J\x1b]52;c;AA==\x07",)),
        "kept, and escaped when shown",
    ),
    _own("READY out of nowhere", b"READY", _drops(MARK), DROPPED),
    _own("an image of 0 bytes by UDP", b"IMG Ani 0\n", _drops("bad_number"), DROPPED),
    _own("an image of -1 bytes by UDP", b"IMG Ani -1\n", _drops("bad_number"), DROPPED),
    _own("an image of 2^63 bytes by UDP", b"IMG Ani 9223372036854775808\n", _drops("bad_number"), DROPPED),
    _own("an image over the limit of UDP", b"IMG Ani 99999999\nx", _drops(MARK, 2), DROPPED),
    _own("no image, by UDP", b"IMG Ani 5\nhello", _drops("image_rejected"), DROPPED),
    _own("an image by UDP with a tail", _img(PNG) + b"MSG Ani tail\n", Effect(images=1), "the tail is no part of it"),
    Row(
        "an image in a thousand datagrams",
        Via.OWN,
        (b"IMG Ani %d\n" % len(PNG), *(bytes([byte]) for byte in PNG)),
        TAKEN,
        Effect(images=1),
    ),
    # JSON in datagrams
    _own("half an array", b"[", _drops("not_utf8"), DROPPED),
    _own("an empty array", b"[]", _drops(MARK), DROPPED),
    _own("an array of no command", b"[1, null, {}]", _drops(MARK), DROPPED),
    _own("a command in an array", b'[["JOIN", "Eve", "127.0.0.1", 5001]]', _drops(MARK), DROPPED),
    _own("arrays without end", b"[" * 60_000, _drops("not_utf8"), DROPPED),
    _own("objects without end", b'["MSG", "Eve", "Ani", ' + b'{"a":' * 10_000, _drops("not_utf8"), DROPPED),
    _own("an array with a tail", b'["JOIN", "Eve", "127.0.0.1", 5001] x', _drops("not_utf8"), DROPPED),
    _own(
        "a thousand elements", json.dumps(["KNOWNUSERS", *["Eve 127.0.0.9 1"] * 1000]).encode(), _drops(MARK), DROPPED
    ),
    _own("JOIN in JSON, no words", b'["JOIN"]', _drops("missing_parameter"), DROPPED),
    _own("JOIN in JSON, handle a number", b'["JOIN", 5, "127.0.0.1", 5001]', _drops("missing_parameter"), DROPPED),
    _own(
        "JOIN in JSON, handle an object", b'["JOIN", {"a": 1}, "127.0.0.1", 5001]', _drops("missing_parameter"), DROPPED
    ),
    _own("JOIN in JSON, port true", b'["JOIN", "Eve", "127.0.0.1", true]', _drops("bad_address"), DROPPED),
    _own("JOIN in JSON, port a fraction", b'["JOIN", "Eve", "127.0.0.1", 5001.0]', _drops("bad_address"), DROPPED),
    _own("JOIN in JSON, port NaN", b'["JOIN", "Eve", "127.0.0.1", NaN]', _drops("bad_address"), DROPPED),
    _own("JOIN in JSON, port 1e999", b'["JOIN", "Eve", "127.0.0.1", 1e999]', _drops("bad_address"), DROPPED),
    _own(
        "JOIN in JSON, port of 5,000 digits", b'["JOIN", "Eve", "", ' + b"9" * 5000 + b"]", _drops("not_utf8"), DROPPED
    ),
    _own(
        "JOIN in JSON, handle with a line end",
        b'["JOIN", "Eve\\nAni", "127.0.0.1", 5001]',
        _drops("bad_handle"),
        DROPPED,
    ),
    _own("JOIN in JSON, handle with ESC", b'["JOIN", "\\u001b[2J", "127.0.0.1", 5001]', _drops("bad_handle"), DROPPED),
    _own(
        "JOIN in JSON, handle with CSI of C1",
        b'["JOIN", "\\u009b2J", "127.0.0.1", 5001]',
        _drops("bad_handle"),
        DROPPED,
    ),
    _own("JOIN in JSON, handle half a pair", b'["JOIN", "\\ud800", "127.0.0.1", 5001]', _drops("bad_handle"), DROPPED),
    _own("MSG in JSON, text a list", b'["MSG", "Eve", "Ani", ["x"]]', _drops("missing_parameter"), DROPPED),
    _own("MSG in JSON, text null", b'["MSG", "Eve", "Ani", null]', _drops("missing_parameter"), DROPPED),
    _own("MSG in JSON, empty", b'["MSG", "Eve", "Ani", ""]', _drops("bad_text"), DROPPED),
    _own("MSG in JSON, half a pair", b'["MSG", "Eve", "Ani", "\\ud83d"]', _drops("bad_text"), DROPPED),
    _own(
        "MSG in JSON, lines",
        b'["MSG", "Eve", "Ani", "one\\ntwo\\r\\n\\u0000three"]',
        Effect(texts=("one", "two", "three")),
        TAKEN,
    ),
    _own("KNOWNUSERS in JSON, numbers", b'["KNOWNUSERS", 1, 2]', _drops("missing_parameter"), DROPPED),
    _own("KNOWNUSERS in JSON, another network", b'["KNOWNUSERS", "Eve 8.8.8.8 53"]', NOTHING, "nobody joins"),
    _own("WHO in JSON without a handle", b'["WHO"]', NOTHING, "answered as WHO"),
    _own("a command that is a number in words", b'["\\u0660"]', _drops(MARK), DROPPED),
]

STREAMS = [
    _tcp("nothing at all", b"", _ends(), "ended in order"),
    _tcp("NULs and line ends", b"\0\0\n\r\n\0\n", _ends(), PASSED_OVER),
    _tcp("no UTF-8", b"MSG Ani \xff\n", _resets("not_utf8"), "reset at the first bad line"),
    _tcp("a line of 512 bytes", b"MSG Ani " + b"x" * 503 + b"\n", _ends(texts=("x" * 503,)), TAKEN),
    _tcp("a line of 513 bytes", b"MSG Ani " + b"x" * 504 + b"\n", _resets("line_too_long"), "reset"),
    _tcp("2 MiB without a line end", b"x" * (2 << 20), _resets("line_too_long"), "reset after 512 bytes"),
    _tcp("HTTP", b"GET / HTTP/1.1\r\nHost ani\r\n\r\n", _ends(dropped={MARK: 2}), "unknown commands are passed over"),
    _tcp("the banner of SSH", b"SSH-2.0-OpenSSH_9.6\r\n", _ends(dropped={MARK: 1}), "unknown commands are passed over"),
    _tcp(
        "a thousand unknown commands", b"X\n" * 1000, _ends(dropped={MARK: 1000}), "passed over, in turns with others"
    ),
    _tcp("MSG of nothing", b"MSG Ani\n", _resets("bad_text"), "reset"),
    _tcp(
        "a good text before a bad line",
        b"MSG Ani good\nMSG Ani\n",
        _resets("bad_text", texts=("good",)),
        "the text is kept, the stream reset",
    ),
    _tcp(
        "a text without a command, with ESC",
        b"Eve: \x1b[2J\n",
        _ends(texts=("\x1b[2J",)),
        "kept, and escaped when shown",
    ),
    _tcp("LEAVE of someone at another address", b"LEAVE Victim\n", _ends(), "nobody leaves"),
    _tcp("KNOWNUSERS with another network", b"KNOWNUSERS Eve 8.8.8.8 53\n", _ends(), "nobody joins"),
    _tcp("WHO a thousand times", b"WHO\n" * 1000, _ends(), "not answered here"),
    _tcp("HELLO of an absurd version", b"HELLO Eve 5001 999999999999 -\n", _resets("bad_number"), "reset"),
    _tcp("HELLO with a fingerprint of blanks", b'HELLO Eve 5001 1 "  "\n', _resets("bad_number"), "reset"),
    # sizes
    _tcp("an image of 0 bytes", b"IMG Ani 0\n", _resets("bad_number"), "reset"),
    _tcp("an image of -1 bytes", b"IMG Ani -1\n", _resets("bad_number"), "reset"),
    _tcp("an image of 2^63 bytes", b"IMG Ani 9223372036854775808\n", _resets("bad_number"), "reset"),
    _tcp(
        "an image of 10^14 bytes",
        b"IMG Ani 100000000000000\nx",
        _resets("image_rejected"),
        "reset before the first byte is read",
    ),
    _tcp("an image of 1e3 bytes", b"IMG Ani 1e3\n", _resets("bad_number"), "reset"),
    _tcp("an image of no size", b"IMG Ani\n", _resets("missing_parameter"), "reset"),
    _tcp("a size with leading zeros", b"IMG Ani %015d\n" % len(PNG) + PNG, _ends(images=1), TAKEN),
    _tcp("an image name with a NUL", b"IMG a\0b 5\nhello", _resets("bad_handle"), "reset"),
    _tcp(
        "an image name with a path",
        _img(PNG, b"../../../../etc/passwd"),
        _ends(images=1),
        "stored under a name of ours",
    ),
    _tcp(
        "an image name with another path",
        _img(PNG, b"..\\..\\evil.png"),
        _ends(images=1),
        "stored under a name of ours",
    ),
    _tcp(
        "an image name with a command",
        _img(PNG, b"$(reboot);`reboot`.png"),
        _ends(images=1),
        "stored under a name of ours",
    ),
    # images that are none
    _tcp("text for an image", _img(b"hello, I am a text"), _resets("image_rejected"), "nothing is left behind"),
    _tcp("a program for an image", _img(b"MZ" + bytes(1000)), _resets("image_rejected"), "nothing is left behind"),
    _tcp(
        "SVG for an image",
        _img(b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>'),
        _resets("image_rejected"),
        "nothing is left behind",
    ),
    _tcp(
        "PostScript for an image",
        _img(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n(x) run\n"),
        _resets("image_rejected"),
        "nothing is left behind",
    ),
    _tcp("half a PNG", _img(PNG[: len(PNG) // 2]), _resets("image_rejected"), "nothing is left behind"),
    _tcp(
        "a PNG with a wrong checksum",
        _img(PNG[:40] + b"\xff" + PNG[41:]),
        _resets("image_rejected"),
        "nothing is left behind",
    ),
    _tcp("a decompression bomb", _img(_bomb(100_000, 100_000)), _resets("image_rejected"), "judged by its header"),
    _tcp(
        "a bomb of 2^31 pixels a line", _img(_bomb(0x7FFF_FFFF, 1)), _resets("image_rejected"), "judged by its header"
    ),
    _tcp("a bomb in the comment", _img(_text_bomb()), _resets("image_rejected"), "nothing is left behind"),
    _tcp(
        "a PNG that ends in a chunk's name", _img(_PNG_OF_NO_END), _resets("image_rejected"), "nothing is left behind"
    ),
    _tcp("a PNG of 0 pixels", _img(_bomb(0, 0)), _resets("image_rejected"), "nothing is left behind"),
    _tcp(
        "a GIF header alone",
        _img(b"GIF89a\xff\xff\xff\xff\x00\x00\x00"),
        _resets("image_rejected"),
        "judged by its header",
    ),
    _tcp(
        "a TIFF that points at itself",
        _img(
            b"II*\0\x08\0\0\0"
            + struct.pack("<H", 1)
            + struct.pack("<HHII", 256, 4, 0xFFFF_FFFF, 8)
            + struct.pack("<I", 8)
        ),
        _resets("image_rejected"),
        "nothing is left behind",
    ),
    # streams that break
    _tcp("an image that ends early", b"IMG Ani 1000\n" + PNG, _resets("truncated"), "nothing is left behind"),
    _tcp(
        "bytes behind an image",
        _img(PNG) + b"\xff\xff\xff\n",
        _resets("not_utf8", images=1),
        "the image is kept, the stream reset",
    ),
    Row(
        "RST in the middle of an image",
        Via.TCP,
        (b"IMG Ani 100000\n", bytes(5000)),
        "nothing is left behind",
        NOTHING,
        Finish.RESET,
    ),
    Row("RST in the middle of a line", Via.TCP, (b"MSG An",), "nothing is kept", NOTHING, Finish.RESET),
    Row(
        "half a line, and half-closed",
        Via.TCP,
        (b"MSG Ani the end has no line end",),
        TAKEN,
        _ends(texts=("the end has no line end",)),
    ),
    Row(
        "a text byte by byte",
        Via.TCP,
        tuple(bytes([byte]) for byte in b"MSG Ani slowly\n"),
        TAKEN,
        _ends(texts=("slowly",)),
    ),
    Row(
        "READY sent back",
        Via.TCP,
        (b"IMG Ani 100000\n", b"READY" * 100),
        "asked once; what comes is no image",
        _resets("truncated", heard=b"READY"),
        waits_for=b"READY",
    ),
    Row(
        "READY before it is asked for",
        Via.TCP,
        (b"READY\nREADY\nMSG Ani x\n",),
        "unknown commands are passed over",
        _ends(dropped={MARK: 2}, texts=("x",)),
    ),
    Row(
        "300 connections at once",
        Via.TCP,
        (b"MSG Ani at once\n",),
        "16 of an address are served, the others reset",
        Effect({"too_many_connections": 284}, texts=("at once",) * 16),
        times=300,
    ),
    # JSON images
    _seed("nothing", b"", _resets(MARK), "reset"),
    _seed("no JSON", b"MSG Ani hello\n", _resets(MARK), "reset"),
    _seed("an object", b'{"sender": "Eve"}', _resets(MARK), "reset"),
    _seed("an array of numbers", b"[1, 2, 3]", _resets(MARK), "reset"),
    _seed("blanks without end", b" " * 100_000, _resets(MARK), "reset after 4 KiB"),
    _seed("a handle without end", b'["' + b"x" * 100_000, _resets(MARK), "reset after 4 KiB"),
    _seed("backslashes without end", b'["' + b"\\" * 100_000, _resets(MARK), "reset after 4 KiB"),
    _seed("a handle that is no UTF-8", b'["\xff", "cat.png", "', _resets("not_utf8"), "reset"),
    _seed("no base64", b'["Eve", "cat.png", "!!!!"]', _resets("bad_text"), "nothing is left behind"),
    _seed("base64 that ends early", b'["Eve", "cat.png", "AAAA', _resets("truncated"), "nothing is left behind"),
    _seed("no image", _json_image("Eve", "cat.png", b"hello"), _resets("image_rejected"), "nothing is left behind"),
    _seed(
        "a file name with a path",
        _json_image("Eve", "../../../etc/passwd", PNG),
        _ends(images=1),
        "stored under a name of ours",
    ),
    _seed(
        "a handle with a path",
        _json_image("../../../etc/passwd", "cat.png", PNG),
        _ends(images=1),
        "stored under a name of ours",
    ),
    _seed(
        "a handle of half a pair",
        _json_image("\ud800\x1b[2J", "cat.png", PNG),
        _ends(images=1),
        "it goes by its address",
    ),
]

FLOODS = [
    Row(
        "WHO 200 times",
        Via.WHOIS,
        (b"WHO\n",) * 200,
        "4 a second are answered",
        Effect({"rate_limited": 150}, at_least=True),
    ),
    Row(
        "JOIN of 2,000 users",
        Via.WHOIS,
        tuple(b"JOIN Flood%d %d\n" % (n, n) for n in range(3000, 5000)),
        "256 of an address are kept",
        Effect(joined=256),
    ),
    Row(
        "nine images by UDP at once",
        Via.OWN,
        (b"IMG Ani 60000\n",),
        "8 are begun, the ninth is dropped",
        Effect({MARK: 1}),
        times=9,
    ),
]

SLOW = [
    Row(
        "a header that never ends",
        Via.TCP,
        (b"MSG Ani I am not fin",),
        "reset after 10 s",
        _resets("too_slow"),
        Finish.WAIT,
        is_slow=True,
    ),
    Row(
        "a body that never comes",
        Via.TCP,
        (b"IMG Ani 100000\n", bytes(10)),
        "reset after 30 s",
        _resets("too_slow"),
        Finish.WAIT,
        is_slow=True,
    ),
    Row(
        "READY, and then silence",
        Via.TCP,
        (b"IMG Ani 100000\n",),
        "asked once, reset after 30 s",
        _resets("too_slow", heard=b"READY"),
        Finish.WAIT,
        is_slow=True,
    ),
    Row(
        "JSON that never goes on",
        Via.JSON,
        (b'["Eve", "cat.png", "AAAA',),
        "reset after 30 s",
        _resets("too_slow"),
        Finish.WAIT,
        is_slow=True,
    ),
]


def _call(method: str = "hello", **params: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).encode() + b"\n"


HELLO = _call()
BAD_LINES = {
    "no JSON": (b"hello\n", "parse_error"),
    "an empty line": (b"\n", "parse_error"),
    "no UTF-8": (b'{"id": 1, "method": "\xff"}\n', "parse_error"),
    "overlong UTF-8": (b'{"id": 1, "method": "\xc0\xaf"}\n', "parse_error"),
    "a byte order mark": (b"\xef\xbb\xbf" + HELLO, "parse_error"),
    "arrays without end": (b"[" * 500_000 + b"\n", "parse_error"),
    "objects without end": (b'{"id": 1, "method": "hello", "params": ' + b'{"a":' * 100_000 + b"\n", "parse_error"),
    "NaN for an id": (b'{"id": NaN, "method": "hello"}\n', "parse_error"),
    "an id of 5,000 digits": (b'{"id": ' + b"9" * 5000 + b', "method": "hello"}\n', "parse_error"),
    "an infinite id": (b'{"id": 1e999, "method": "hello"}\n', "invalid_request"),
    "an id that is a list": (b'{"id": [1], "method": "hello"}\n', "invalid_request"),
    "a notification": (b'{"jsonrpc": "2.0", "method": "hello"}\n', "invalid_request"),
    "a batch": (b"[" + HELLO.strip() + b"]\n", "invalid_request"),
    "params by position": (b'{"id": 1, "method": "hello", "params": [1]}\n', "invalid_request"),
    "a method that is a number": (b'{"id": 1, "method": 7}\n', "invalid_request"),
    "a method of 900,000 characters": (_call("x" * 900_000), "unknown_method"),
    "a method of the language": (_call("__class__"), "unknown_method"),
    "a parameter of 900,000 characters": (_call("hello", **{"x" * 900_000: 1}), "invalid_params"),
    "a parameter of the language": (_call("hello", __class__=1), "invalid_params"),
    "half a pair in a text": (_call("send_text", to="Victim", text="\ud800"), "invalid_params"),
    "a text that is an object": (_call("send_text", to="Victim", text={}), "invalid_params"),
    "a text of 65,537 bytes": (_call("send_text", to="Victim", text="x" * 65_537), "too_large"),
    "an empty text": (_call("send_text", to="Victim", text=""), "invalid_params"),
    "a since in the future": (_call("subscribe", since=1 << 62), "invalid_params"),
    "a since before all": (_call("subscribe", since=-1), "invalid_params"),
    "a since of 2^63": (_call("subscribe", since=1 << 63), "invalid_params"),
    "a since that is a fraction": (_call("subscribe", since=1.5), "invalid_params"),
    "a limit of 0": (_call("history", limit=0), "invalid_params"),
    "a limit of -2^63": (_call("history", limit=-(1 << 63)), "invalid_params"),
    "a relative path": (_call("send_image", to="Victim", path="cat.png"), "no_such_file"),
    "a path to nothing": (_call("send_image", to="Victim", path="/no/such/cat.png"), "no_such_file"),
    "a path with a NUL": (_call("send_image", to="Victim", path="/tmp/a\0b"), "no_such_file"),
    "a path that never ends": (_call("send_image", to="Victim", path="/" + "a/" * 100_000), "no_such_file"),
    "a folder": (_call("send_image", to="Victim", path="/"), "not_an_image"),
    "a device": (_call("send_image", to="Victim", path="/dev/zero"), "not_an_image"),
    "a pipe": (_call("send_image", to="Victim", path="{fifo}"), "not_an_image"),
    "a file without end": (_call("send_image", to="Victim", path="/proc/self/mem"), "no_such_file"),
    "a key of nobody": (_call("set_config", key="handel", value="x"), "unknown_key"),
    "a handle with ESC": (_call("set_config", key="handle", value="\x1b[2J"), "invalid_value"),
    "a port of 2^40": (_call("set_config", key="port", value=1 << 40), "invalid_value"),
    "a list for a word": (_call("set_config", key="log_level", value=["debug"]), "invalid_value"),
    "a folder with a NUL": (_call("set_config", key="imagepath", value="/tmp/\0"), "invalid_value"),
    "a user with a wildcard": (_call("send_text", to="%", text="x"), "unknown_user"),
    "a user with a quote": (_call("send_text", to="'; DROP TABLE events; --", text="x"), "unknown_user"),
    "a message with a quote": (_call("retry", id="' OR 1=1 --"), "unknown_message"),
}
CONTROL = [
    *(_control(name, line + HELLO, code, "result") for name, (line, code) in BAD_LINES.items()),
    _control("2 MiB in a line", b"x" * (2 << 20) + b"\n" + HELLO, "invalid_request", reaction="refused, and the end"),
    _control("2 MiB without a line end", b"x" * (2 << 20), "invalid_request", reaction="refused, and the end"),
    _control("half a request, and the end", HELLO[:20], "parse_error", reaction="refused"),
    _control(
        "a search full of operators", _call("history", search='" OR NEAR( * ^ "" -x:'), "result", reaction="words"
    ),
    _control("a search of NULs", _call("history", search="\0\0"), "result", reaction="words"),
    _control("a thousand requests at once", HELLO * 1000, *["result"] * 1000, reaction="answered in order"),
]

CONFIG = [
    _config("no TOML", b"handle = \n", "not valid TOML"),
    _config("no UTF-8", b'handle = "\xff"\n', "not valid TOML"),
    _config("UTF-16", 'handle = "Ani"\n'.encode("utf-16"), "not valid TOML"),
    _config("NULs", b"\0" * 100, "not valid TOML"),
    _config("brackets without end", b"peers = " + b"[" * 100_000, "not valid TOML"),
    _config("a key twice", b'handle = "Ani"\nhandle = "Eve"\n', "not valid TOML"),
    _config("an unknown key", b'handel = "Ani"\n', "handel is no key; did you mean handle?"),
    _config("an unknown table", b"[x]\ny = 1\n", "x is no key"),
    _config("a handle that is a number", b"handle = 5\n", "handle must be 1 to 32 characters"),
    _config("a handle with ESC", b'handle = "\\u001b[2J"\n', "handle must be"),
    _config("an empty handle", b'handle = ""\n', "handle must be"),
    _config("a port that is a text", b'port = "5001"\n', "port must be a whole number"),
    _config("a port that is true", b"port = true\n", "port must be a whole number"),
    _config("a port of -1", b"port = -1\n", "port must be a whole number"),
    _config("a whoisport of 2^70", b"whoisport = 1180591620717411303424\n", "whoisport must be a whole number"),
    _config("a size of nan", b"max_image_size = nan\n", "max_image_size must be"),
    _config("a date for a switch", b"inactive = 2026-01-01\n", "inactive must be true or false"),
    _config("a list with numbers", b"peers = [1, 2]\n", "peers must be a list"),
    _config("lists in lists", b'blocked = [["Eve"]]\n', "blocked must be"),
    _config("a relative image folder", b'imagepath = "../../etc"\n', "imagepath must be"),
    _config("an answer of two lines", b'autoreply = "a\\nMSG x y"\n', "autoreply must be one line"),
    _config("an answer of 401 bytes", b'autoreply = "' + b"x" * 401 + b'"\n', "autoreply must be one line"),
]

COMMANDS = [
    _slcpctl("a command with ESC", b"\x1b[2J", code=2, says="is no command"),
    _slcpctl("a handle with ESC", b"msg", b"\x1b]52;c;AA==\x07", b"x", code=1, says="no user"),
    _slcpctl("a handle that is no UTF-8", b"msg", b"\xff\xfe", b"x", code=1, says="no valid Unicode"),
    _slcpctl("a text that is no UTF-8", b"msg", b"Victim", b"\xff", code=1, says="no valid Unicode"),
    _slcpctl("an option of nobody", b"msg", b"--\x1b[2J", b"x", b"y", code=2, says="takes no"),
    _slcpctl("a profile with a path", b"--profile", b"../../x", b"users", code=2, says="a name has"),
    _slcpctl("a limit of 10^30", b"history", b"--limit", b"9" * 30, code=1, says="limit"),
    _slcpctl("a limit that is a word", b"history", b"--limit", b"many", code=2, says="--limit"),
    _slcpctl("a device for an image", b"img", b"Victim", b"/dev/zero", code=1, says="a folder, a pipe or a device"),
    _slcpctl("a name of a file with ESC", b"img", b"Victim", b"/\x1b[2J\xff.png", code=1, says="no valid Unicode"),
    _slcpctl("a key with bidi controls", b"config", "\u202eeldnah".encode(), b"x", code=1, says="is no key"),
    _slcpctl("a since in the future", b"listen", b"--since", b"999999999", code=1, says="ahead of the newest"),
]

TABLE = [*DATAGRAMS, *STREAMS, *ENCRYPTED, *CONTROL, *CONFIG, *COMMANDS, *FLOODS, *SLOW]
