"""An X server of the tests' own, with nothing on it but what a test opens: Xvfb, which draws into memory."""

import os
import secrets
import shutil
import struct
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from daemons import WAIT
from PIL import Image, ImageGrab

SIZE = 1280, 900  # pixels of the screen, unless others are wanted
ANY_ADDRESS = 0xFFFF  # families of the file in which X keeps who may come in
COOKIE = b"MIT-MAGIC-COOKIE-1"


class XDisplay:
    """Only who knows its cookie may draw there: programs of Tk talk to each other (`send`) on no other one.

    It ends when the last program leaves it. That is the end of the process for one in which Tk was used: Tk keeps its
    connections, and a display that goes away before ends their process.
    """

    def __init__(self, folder: Path, dpi: int = 96, size: tuple[int, int] = SIZE) -> None:
        self.is_used = False  # by Tk in this process
        self._authority = folder / "Xauthority"
        self._authority.write_bytes(_entry(secrets.token_bytes(16)))
        self._process = subprocess.Popen(
            [
                *(_xvfb(), "-displayfd", "1", "-screen", "0", "{}x{}x24".format(*size), "-dpi", str(dpi)),
                *("-nolisten", "tcp", "-terminate", "-auth", str(self._authority)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.name = f":{self._process.stdout.readline().strip()}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_used:
            self._process.returncode = 0  # nobody waits for it
        else:
            self._process.terminate()
            self._process.wait(WAIT)
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def variables(self) -> dict[str, str]:
        """What programs must have in their environment to draw here."""
        return {"DISPLAY": self.name, "XAUTHORITY": str(self._authority)}

    def picture(self) -> Image.Image:
        """Return what is seen."""
        before = {name: os.environ.get(name) for name in self.variables}
        os.environ.update(self.variables)
        try:
            return ImageGrab.grab(xdisplay=self.name)
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def _xvfb() -> str:
    found = shutil.which("Xvfb")
    if found is None:
        raise FileNotFoundError("the tests of the window need Xvfb: apt-get install xvfb python3-tk")
    return found


def _entry(cookie: bytes) -> bytes:
    fields = (b"", b"", COOKIE, cookie)  # of any address, any display
    return struct.pack(">H", ANY_ADDRESS) + b"".join(struct.pack(">H", len(field)) + field for field in fields)
