"""Making anew what strangers hand in, in a process of its own that may use little.

A small file can be written so that whoever reads it runs out of memory or of time. Here that is the
end of that process (`actions/making.py`), and of nothing else: it is told nothing of our settings,
has no line to the database, and all that comes back from it is the file.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final, Literal

Kind = Literal["pdf", "picture"]

#: How long one file may take, on the clock. `making.py` bounds what it may use meanwhile.
_LONGEST: Final = 30  #: seconds
_HOUSE: Final = str(Path(__file__).parents[2])
#: All that the process is told. One store of memory is enough for its one thread.
_TOLD: Final = {"PYTHONPATH": _HOUSE, "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}


class Broken(Exception):
    """It cannot be read, or not with what one file may take of memory and time."""


class Locked(Exception):
    """It asks for a password, or forbids something."""


class TooManyPixels(Exception):
    """It has more dots than a photo."""


class TooLarge(Exception):
    """Made anew it is larger than a file may be."""


#: By what number the process says what is wrong. Python itself ends by 1 and 2.
SAID: Final[dict[int, type[Exception]]] = {3: Broken, 4: Locked, 5: TooManyPixels, 6: TooLarge}


def anew(kind: Kind, content: bytes, *, most: int) -> bytes:
    """Return a file made anew, of *most* bytes at most.

    :raises Broken: if it cannot be read, or not with what one file may take.
    :raises Locked: if it is encrypted.
    :raises TooManyPixels: if it is a picture of too many dots.
    :raises TooLarge: if it becomes larger than *most*.
    """
    asked = [sys.executable, "-P", "-s", "-m", "parking.actions.making", kind, str(most)]
    try:
        done = subprocess.run(  # noqa: S603 -- ours, and nothing of the file stands in the line
            asked,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_LONGEST,
            check=False,
            cwd="/",
            env=_TOLD,
        )
    except subprocess.TimeoutExpired:
        raise Broken("it took too long") from None
    if done.returncode:
        raise SAID.get(done.returncode, Broken)(f"it ended with {done.returncode}")
    return done.stdout
