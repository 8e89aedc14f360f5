"""Start the world outside: `python -m sandbox --folder DIR --port P`."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from sandbox.server import serve
from sandbox.world import World


def main() -> None:
    """Read the command line and listen on the ports P to P+4."""
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where it remembers")
    parser.add_argument("--port", type=int, default=8001, help="the first of five ports")
    parser.add_argument("--portal", help="the portal's address (default: the port before)")
    given = parser.parse_args()
    portal = given.portal or f"http://localhost:{given.port - 1}"
    asyncio.run(serve(World(given.folder, given.port, portal.rstrip("/"))))


if __name__ == "__main__":
    main()
