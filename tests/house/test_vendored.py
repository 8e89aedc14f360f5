"""What is vendored for the browser is what the lock file says it was built from."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

WEB = Path(__file__).parents[2] / "src" / "parking" / "web"
MODULE = WEB / "static" / "vendor" / "openlayers" / "openlayers.js"
LICENCES = MODULE.with_name("LICENSES.txt")
LOCK = json.loads((WEB / "front-end" / "package-lock.json").read_text())


def test_the_map_module_is_made_of_the_locked_packages_and_carries_their_licences():
    made_of = dict(re.findall(r"([\w-]+) (\d+\.\d+\.\d+)", MODULE.read_text().split("\n", 1)[0]))
    assert "ol" in made_of
    for name, version in made_of.items():
        assert LOCK["packages"][f"node_modules/{name}"]["version"] == version
        assert f"{name} {version}\n" in LICENCES.read_text()


def test_the_map_module_has_what_our_own_module_draws_with_and_no_more():
    exported = MODULE.read_text().rpartition("export{")[2]
    offered = set(re.findall(r"(?: as |[{,])(\w+)(?=[,}])", f"{{{exported}"))
    used = set(re.findall(r"\bol\.(\w+)", (WEB / "static" / "modules" / "map.js").read_text()))
    assert offered == used


def test_the_map_module_is_as_small_as_it_was():
    assert len(gzip.compress(MODULE.read_bytes(), 9)) < 100_000
