"""Draw the zones of the pretend city: `PYTHONPATH=src python data/sandbox/draw_zones.py`.

Codes, names and kinds are those of the city's own layer `k101:p_zoner_kbh` (open data); the shapes
are not. Each area is what lies nearest to one point of `sandbox.city`, within an outline drawn by
hand. Everything is in metres, EPSG:25832. The results are committed: draw them again only after a
change here, and look at them.

- `zones.geojson` is the map of today, with some of the flaws that the real layer has.
- `tomorrow.geojson` is another map: an area is new, one is gone, borders have moved.
- `traps.geojson` is today's with every flaw that the real layer has been seen to have.
- `town.geojson` is the layer of another town, with other words and columns, in degrees.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import shapely
from pyproj import Transformer
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
    link: str | None = None
    more: tuple[list[list[float]], ...] = ()  #: rings, each of a polygon of its own, as they are


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


def tomorrow() -> Iterator[Drawn]:
    """The map of tomorrow: every way in which an area can be another."""
    cell = cells()
    strip = shapely.box(723_600, 6_173_000, 724_000, 6_175_000).intersection(cell["KE"])
    for today in features():
        each = today
        own_code = each.category in {"Adressebeboerzone", "Zone med tidsrestriktion"}
        if each.name == "HK" and own_code:
            continue  # gone
        if each.name == "KE" and own_code and each.shape is not None:
            each = replace(each, shape=each.shape.difference(strip))  # moved
        if each.name == "VB" and each.category in {"Adressebeboerzone", "Beboerzone"}:
            assert each.shape is not None
            each = replace(each, shape=each.shape.union(strip))  # moved
        if each.name == "GJ" and own_code:
            text = each.text.replace("Grønjord", "Grønjordskollegiet")
            each = replace(each, text=text)  # renamed
        if each.name == "VL" and each.category == "Adressebeboerzone":
            each = replace(each, kind=1)  # paid from now on
        if each.name == "RO":
            each = replace(each, flex="YN, YØ, BB")  # for one zone more
        if each.shape is not None and each.shape.equals(NORDHAVN):
            yield Drawn("Adressebeboerzone", "NH", "Nordhavn", NORDHAVN, 1)  # new
            yield Drawn("Beboerzone", "NH", "Nordhavn", NORDHAVN)
            continue
        yield each


def traps() -> Iterator[Drawn]:
    """Today's map with every flaw that the real layer has been seen to have."""
    cell = cells()
    half = shapely.box(700_000, 6_100_000, point("RP").x, 6_200_000)
    spike = [[724_000.0, 6_176_000.0], [724_000.5, 6_176_000.0], [724_000.0, 6_176_000.0]]
    for sound in features():
        each = sound
        home = each.category == "Adressebeboerzone"
        if home and each.name == "IB":
            each = replace(each, more=([*spike, spike[0]],))  # too few points
        if home and each.name == "YN":
            claimed = point("YØ").buffer(90, 4)
            assert each.shape is not None
            each = replace(each, shape=each.shape.union(claimed))  # overlap
        if home and each.name == "RP":  # in two parts
            assert each.shape is not None
            yield replace(each, shape=each.shape.intersection(half))
            each = replace(each, shape=each.shape.difference(half))
        if each.category == "Zone med tidsrestriktion" and each.name in {"LP", "SV"}:
            each = replace(each, flex="Ja")  # abused
        yield each
    again = Drawn("Adressebeboerzone", "KE", "Zone med 3-timers restriktion Kongens Enghave",
                  cell["KE"], 2, changed="2020-01-01T08:00:00.000Z")  # fmt: skip
    yield again
    yield Drawn("Betalingszone", "Blå", "Sundby Nord", None)
    yield Drawn("Uden for betalingszoner", "Kirkegården", "Kirkegården", None)
    yield Drawn(
        "Zone med tidsrestriktion", "ÅL", "Zone med 3-timers restriktion Ålholm", cell["ÅH"]
    )
    yield Drawn("Flexzone", "VL-GL", "Flexzone; Bangsbovej", cell["VL"].buffer(20), flex="VL, GL")
    gardens = point("VI").buffer(150, 2)
    yield Drawn("Kommende sommerlicens", "Sommerlicens Vigerslev Allé", "H/F Brohaven", gardens,
                flex="Nej", link="VA")  # fmt: skip
    yield Drawn("Kommende sommerlicens", "Sommerlicens Grøndal", "H/F Tre Falke", gardens,
                flex="Ja", link="GL")  # fmt: skip
    yield Drawn("Kommende sommerlicens", "Sommerlicens\nAmager Strand", "H/F Fortbo\nH/F Engdraget",
                gardens, flex="", link="AS")  # fmt: skip
    yield Drawn("Prikgade", "PR", "En kategori, som ingen har fortalt om", gardens)
    yield Drawn("Adressebeboerzone", "Uden kode og for langt", "Et navn", gardens, 1)
    yield Drawn("Adressebeboerzone", "UK", "Uden slags", gardens)
    figure_of_eight = [[719_000.0, 6_176_000.0], [719_400.0, 6_176_400.0], [719_400.0, 6_176_000.0],
                       [719_000.0, 6_176_400.0], [719_000.0, 6_176_000.0]]  # fmt: skip
    yield Drawn("Flexzone", "ÅH-VL", "Flexzone: Ålekistevej", None, flex="ÅH, VL",
                more=(figure_of_eight,))  # fmt: skip


@dataclass(frozen=True)
class Plot:
    """A feature of the other town's layer."""

    use: str
    letter: str | None
    name: str
    shape: BaseGeometry
    scheme: str | None = None
    shared: str | None = None
    state: str = "Gældende"


def town() -> Iterator[Plot]:
    """Another town, which knows neither the words nor the columns of the city."""

    def block(x: float, y: float, width: float = 800, height: float = 600) -> BaseGeometry:
        return shapely.box(587_000 + x, 6_139_000 + y, 587_000 + x + width, 6_139_000 + y + height)

    yield Plot("Bopæl", "A", "Midtbyen", block(0, 0), "betaling")
    yield Plot("Bopæl", "B", "Havnen", block(800, 0), "tid")
    yield Plot("Bopæl", "C", "Skibhus", block(0, 600), "tid", state="Fra 2028")
    yield Plot("Bopæl", "D", "Banegården", block(800, 600), "tid", state="Ophævet")
    yield Plot("P-areal", "A", "Midtbyen", block(20, 20, 760, 560))
    yield Plot("P-areal tid", "B", "Havnen", block(820, 20, 760, 560))
    yield Plot("Delt gade", "A/B", "Kanalgade", block(780, 0, 40), shared="A/B")
    yield Plot("Takst", "1", "Takst 1", block(0, 0, 400))
    yield Plot("Frit", None, "Frit område", block(0, 1200, 1600))
    yield Plot("Frit", None, "Nabokommunen", block(1600, 0, 400, 1800))


def feature(number: int, drawn: Drawn) -> dict[str, Any]:
    """The feature as the city's server writes it."""
    return {
        "type": "Feature",
        "id": f"p_zoner_kbh.{number}",
        "geometry": {
            "type": "MultiPolygon",
            "coordinates": [*written(drawn.shape), *([ring] for ring in drawn.more)],
        },
        "geometry_name": "wkb_geometry",
        "properties": {
            "kategori": drawn.category,
            "navn": drawn.name,
            "beskrivelse": drawn.text,
            "opret_dato": "2017-02-27T10:45:40.253Z",
            "ret_dato": drawn.changed,
            "id": number,
            "type": drawn.kind,
            "beboerzone_pdf": drawn.link,
            "gyldige_licenszoner_flex": drawn.flex,
            "uuid": str(uuid5(NAMESPACE, f"zone {number}")),
            "ogc_fid": number,
        },
    }


def written(shape: BaseGeometry | None) -> list[Any]:
    """The polygons of *shape*, to the tenth of a metre."""
    if shape is None:
        return []
    if shape.geom_type == "Polygon":
        shape = shapely.MultiPolygon([shape])
    rounded = shapely.set_precision(shape, 0.1, mode="pointwise")
    return list(shapely.geometry.mapping(rounded)["coordinates"])


def plot(number: int, drawn: Plot) -> dict[str, Any]:
    """The feature as the other town's server writes it: one polygon, in degrees."""
    to_degrees = Transformer.from_crs(25832, 4326, always_xy=True)
    ring = [
        [round(degrees, 8) for degrees in to_degrees.transform(x, y)]
        for x, y in drawn.shape.exterior.coords
    ]
    return {
        "type": "Feature",
        "id": f"beboeromraader.fid-{number}",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "geometry_name": "geom",
        "properties": {
            "objektnr": number,
            "anvendelse": drawn.use,
            "zonebogstav": drawn.letter,
            "zonenavn": drawn.name,
            "ordning": drawn.scheme,
            "deles_med": drawn.shared,
            "tilstand": drawn.state,
            "redigeret": "2026-05-04T00:00:00Z",
        },
    }


def write(name: str, drawn: Iterable[Any], as_feature: Callable[[int, Any], object]) -> None:
    """Write one file beside this one, one feature a line."""
    lines = [
        json.dumps(as_feature(number, each), ensure_ascii=False, separators=(",", ":"))
        for number, each in enumerate(drawn, start=1)
    ]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    (HERE / name).write_text(text, "utf-8")


def main() -> None:
    """Write the four files."""
    write("zones.geojson", features(), feature)
    write("tomorrow.geojson", tomorrow(), feature)
    write("traps.geojson", traps(), feature)
    write("town.geojson", town(), plot)


if __name__ == "__main__":
    main()
