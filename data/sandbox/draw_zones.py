"""Draw the zones of the pretend city: `PYTHONPATH=src python data/sandbox/draw_zones.py`.

Codes, names and kinds are those of the city's own layer `k101:p_zoner_kbh` (open data); the shapes
are not. Each area is what lies nearest to one point of `sandbox.city`, within an outline drawn by
hand. Everything is in metres, EPSG:25832. The result, zones.geojson, is committed: draw it again
only after a change here, and look at it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import shapely
from shapely.geometry.base import BaseGeometry

from sandbox import city

HERE = Path(__file__).parent
NAMESPACE = UUID("3f6d5a10-0101-4c8e-9b1a-c0ffee000102")

PAID = {
    "AN": "Amager Nord",
    "CH": "Christianshavn",
    "IB": "Indre By",
    "IN": "Indre Nørrebro",
    "IØ": "Indre Østerbro",
    "VA": "Valby",
    "VB": "Vesterbro",
    "YN": "Ydre Nørrebro",
    "YØ": "Ydre Østerbro",
}
TIME_LIMITED = {
    "GJ": "Grønjord",
    "HS": "Hellerup Station",
    "NV": "Nordvest",
    "VS": "Valby Syd",
    "HA": "Havnestad",
    "VL": "Vanløse",
    "LP": "Lergravsparken",
    "AS": "Amager Strand",
    "SV": "Sundbyvester",
    "SØ": "Sundbyøster",
    "GD": "Grøndal",
    "ÅH": "Ålholm",
    "BB": "Bispebjerg",
    "KE": "Kongens Enghave",
    "VI": "Vigerslev Alle",
    "RP": "Ryparken",
    "SJ": "Strandvejen",
    "HK": "Den Hvide Kødby",
}
FLEX = {
    "JN": ("IN", "YN", "Flexzone: Jagtvej / Nørrebro"),
    "RO": ("YN", "YØ", "Flexzone: Rovsinggade"),
    "LBG": ("AN", "CH", "Flexzone: Langebrogade"),
    "DH": ("IB", "IØ", "Flexzone: Dag Hammarskjolds Alle"),
}


def ring(*corners: tuple[float, float]) -> BaseGeometry:
    """The area within *corners*, given in kilometres east of 700 and north of 6100."""
    return shapely.Polygon([(700_000 + x * 1000, 6_100_000 + y * 1000) for x, y in corners])


OUTLINE = ring(
    (18.5, 74.2), (18.3, 75.8), (18.6, 77.4), (19.3, 78.6), (20.2, 80.0), (21.2, 80.9),
    (22.4, 81.0), (22.9, 82.0), (23.6, 82.5), (24.4, 82.4), (24.9, 81.6), (25.1, 80.8),
    (25.5, 80.0), (26.6, 80.2), (27.0, 79.3), (26.2, 78.3), (26.3, 77.2), (27.2, 76.3),
    (28.1, 75.5), (29.0, 74.4), (29.6, 73.3), (29.3, 72.4), (28.2, 72.0), (27.0, 71.9),
    (26.3, 71.2), (26.2, 69.9), (24.6, 69.6), (24.1, 70.6), (24.3, 72.0), (23.6, 71.9),
    (22.6, 71.8), (21.7, 72.3), (20.6, 72.5), (19.6, 73.2),
)  # fmt: skip
FREDERIKSBERG = ring(
    (21.2, 75.6), (21.1, 76.4), (21.5, 77.1), (22.3, 77.2), (22.9, 76.7), (23.0, 75.9),
    (22.5, 75.3), (21.8, 75.2),
)  # fmt: skip
OERESTAD = ring((24.6, 69.9), (24.4, 70.8), (24.6, 71.7), (25.6, 71.8), (25.9, 70.9), (25.7, 70.0))
NORDHAVN = ring((25.6, 78.8), (25.5, 79.6), (26.3, 79.9), (26.8, 79.4), (26.5, 78.7))
KOEDBYEN = ring((23.70, 74.60), (23.66, 74.92), (23.95, 75.02), (24.08, 74.70), (23.88, 74.55))


@dataclass(frozen=True)
class Drawn:
    """A feature of the layer before it has its number."""

    category: str
    name: str
    text: str
    shape: BaseGeometry | None
    kind: int | None = None
    flex: str | None = None
    changed: str = "2026-06-01T08:00:00.000Z"


def point(key: str) -> BaseGeometry:
    """Where the home of that key is."""
    home = city.address(key)
    return shapely.Point(home.x, home.y)


def cells() -> dict[str, BaseGeometry]:
    """The city divided among its areas, less what has no scheme and the gap in the map."""
    codes = [code for code in (*PAID, *TIME_LIMITED) if code != "HK"]
    parts = shapely.voronoi_polygons(
        shapely.MultiPoint([point(code) for code in codes]), extend_to=OUTLINE
    ).geoms
    blank = shapely.union_all(
        [FREDERIKSBERG, OERESTAD, NORDHAVN, KOEDBYEN, point("gap").buffer(250, 4)]
    )
    land = OUTLINE.difference(blank)
    drawn = {
        code: next(part for part in parts if part.contains(point(code))).intersection(land)
        for code in codes
    }
    return {**drawn, "HK": KOEDBYEN}


def features() -> Iterator[Drawn]:
    """Every feature, with some of the flaws that the real layer has."""
    cell = cells()
    strips = {
        name: cell[one].buffer(30).intersection(cell[other].buffer(30))
        for name, (one, other, _) in FLEX.items()
    }
    homes = dict(cell)
    # Two areas claim the same block, as some do in the real layer.
    homes["AN"] = homes["AN"].union(point("overlap").buffer(120, 4))
    all_strips = shapely.union_all(list(strips.values()))

    for code, name in PAID.items():
        yield Drawn("Adressebeboerzone", code, name, homes[code], 1)
        yield Drawn("Beboerzone", code, name, cell[code].difference(all_strips))
    for code, name in TIME_LIMITED.items():
        hours = "1-times" if code == "HK" else "3-timers"
        text = f"Zone med {hours} restriktion {name}"
        yield Drawn("Adressebeboerzone", code, text, homes[code], 2)
        yield Drawn("Zone med tidsrestriktion", code, text, cell[code])
    for name, (one, other, text) in FLEX.items():
        yield Drawn("Flexzone", name, text, strips[name], flex=f"{one}, {other}")

    inner = point("IB").buffer(600, 4).intersection(cell["IB"])
    west = shapely.box(718_000, 6_169_000, point("VB").x, 6_183_000)
    green = [cell["CH"], cell["IB"].difference(inner), cell["VB"].difference(west), KOEDBYEN]
    blue = [cell[code] for code in ("IN", "IØ", "AN")] + [cell["VB"].intersection(west)]
    yellow = [cell[code] for code in ("VA", "YN", "YØ")]
    yield Drawn("Betalingszone", "Rød", "Rød betalingszone", inner)
    yield Drawn("Betalingszone", "Grøn", "Grøn betalingszone", shapely.union_all(green))
    yield Drawn("Betalingszone", "Blå", "Blå betalingszone", shapely.union_all(blue))
    yield Drawn("Betalingszone", "Gul", "Gul betalingszone", shapely.union_all(yellow))

    nothing = "København uden for betalingszoner"
    yield Drawn("Uden for betalingszoner", "Frederiksberg", "Frederiksberg", FREDERIKSBERG)
    yield Drawn("Uden for betalingszoner", nothing, nothing, OERESTAD)
    yield Drawn("Uden for betalingszoner", nothing, nothing, NORDHAVN)

    allotments = point("AS").buffer(300, 2)
    yield Drawn(
        "Kommende sommerlicens", "Sommerlicens Amager Strand", "H/F Strandbo", allotments, flex="Ja"
    )
    yield Drawn("Kommende Flexzone", "VL-GL", "Flexzone; Bangsbovej", strips["JN"], flex="VL, GL")
    yield Drawn(
        "Tidligere Adressebeboerzone", "VL", "Zone med 3-timers restriktion Vanløse Station",
        cell["VL"].union(cell["GD"]), 2, changed="2024-02-19T13:18:13.309Z",
    )  # fmt: skip
    bow_tie = ring((22.0, 80.0), (22.4, 80.4), (22.4, 80.0), (22.0, 80.4))
    yield Drawn("Tidligere ude for betalingszoner", nothing, nothing, bow_tie)
    yield Drawn("Adressebeboerzone", "AN", "Amager Nord", None, 1)


def feature(number: int, drawn: Drawn) -> dict[str, Any]:
    """The feature as the city's server writes it."""
    shape = drawn.shape
    if shape is not None and shape.geom_type == "Polygon":
        shape = shapely.MultiPolygon([shape])
    coordinates: object = []
    if shape is not None:
        coordinates = shapely.geometry.mapping(shapely.set_precision(shape, 0.1, mode="pointwise"))[
            "coordinates"
        ]
    return {
        "type": "Feature",
        "id": f"p_zoner_kbh.{number}",
        "geometry": {"type": "MultiPolygon", "coordinates": coordinates},
        "geometry_name": "wkb_geometry",
        "properties": {
            "kategori": drawn.category,
            "navn": drawn.name,
            "beskrivelse": drawn.text,
            "opret_dato": "2017-02-27T10:45:40.253Z",
            "ret_dato": drawn.changed,
            "id": number,
            "type": drawn.kind,
            "beboerzone_pdf": None,
            "gyldige_licenszoner_flex": drawn.flex,
            "uuid": str(uuid5(NAMESPACE, f"zone {number}")),
            "ogc_fid": number,
        },
    }


def main() -> None:
    """Write zones.geojson beside this file, one feature a line."""
    lines = [
        json.dumps(feature(number, drawn), ensure_ascii=False, separators=(",", ":"))
        for number, drawn in enumerate(features(), start=1)
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    (HERE / "zones.geojson").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
