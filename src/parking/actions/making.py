"""The process that makes one file anew, by `python -m`: it reads the file and writes the new one.

`actions/apart.py` starts it. It bounds itself before it reads a byte, and then fetches no more than
it needs for the file.
"""

from __future__ import annotations

import importlib
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from parking.actions.apart import SAID, Broken

_MEGABYTE: Final = 1024**2
#: By whom, and what that may use of memory: ten megabytes of scanned pages take 80, and a photo of
#: fifty million dots takes 500.
_MAKERS: Final = {
    "pdf": ("parking.actions.pdfs", 512 * _MEGABYTE),
    "picture": ("parking.actions.pictures", 1024 * _MEGABYTE),
}
_LONGEST: Final = 10  #: seconds of work


def main(kind: str, most: int) -> int:
    """Make one file anew; return 0, or the number by which `apart` knows what is wrong."""
    maker, memory = _MAKERS[kind]
    _bound(memory)
    try:
        made = importlib.import_module(maker).anew(sys.stdin.buffer.read(), most=most)
    except tuple(SAID.values()) as wrong:
        return _number(type(wrong))
    except MemoryError:
        return _number(Broken)
    sys.stdout.buffer.write(made)
    sys.stdout.buffer.flush()
    return 0


def _number(wrong: type[BaseException]) -> int:
    return next(number for number, said in SAID.items() if said is wrong)


def _bound(memory: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, _LONGEST),
        (resource.RLIMIT_CORE, 0),
    ):
        _, allowed = resource.getrlimit(what)
        least = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(what, (least, least))
    # If the machine itself runs short, this is what it should end first.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
