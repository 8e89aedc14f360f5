"""Making a published map fit to be asked: every flaw of it is handled on purpose, and told.

Real layers have empty shapes, broken ones, the same one twice, areas that overlap and gaps between
them, codes nobody knows and words in the wrong column. Nothing is mended in silence: what was found
and what was done about it is the report that is kept with the map. It never depends on the order in
which shapes come, nor on where a ring begins or which way round it goes.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from itertools import combinations
from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from parking.law.zones import Category, Status, ZoneKind
from parking.ports.places import ZoneFeature

#: What is smaller is the width of a pen, in m².
LEAST_M2: Final = 1.0
#: A gap that is smaller, in m², is not listed by itself; there are hundreds, along every street.
_LEAST_GAP_M2: Final = 1000.0
_MOST_GAPS: Final = 20
#: A bay in the outline of the map that is narrower than twice this, in metres, belongs to the city.
_BAY: Final = 200.0
_LONGEST_CODE: Final = 10
_LEAST_CORNERS: Final = 3

#: The categories whose shapes are known by a code.
CODED: Final = frozenset(
    {
        Category.HOME_AREA,
        Category.PERMIT_ZONE,
        Category.TIME_LIMITED_ZONE,
        Category.FLEX_ZONE,
        Category.PAID_ZONE,
    }
)
#: Of these there is one for each code; of the others a code may have many pieces.
_ONE_EACH: Final = frozenset({Category.HOME_AREA, Category.PERMIT_ZONE, Category.TIME_LIMITED_ZONE})
#: What says of an address whether it gives a right.
ANSWERS: Final = frozenset({Category.HOME_AREA, Category.OUTSIDE, Category.ELSEWHERE})


class Trap(Enum):
    """One way in which a map is not as it should be; each is handled in one way."""

    EMPTY_WITH_TWIN = "empty with twin"  #: without a shape, but another of its name has one: used
    EMPTY = "empty"  #: without a shape: set aside
    BROKEN = "broken"  #: crosses itself, or has a ring that encloses nothing: mended
    SAME_TWICE = "same twice"  #: the same shape twice: the one changed last is used
    PARTS = "parts"  #: two shapes of one code: both are used, as parts of one
    OVERLAP = "overlap"  #: of two home areas: a home in it is for a person
    GAP = "gap"  #: nothing says whether a home there gives a right: it is for a person
    GAPS = "gaps"  #: those too small to be listed
    UNKNOWN_CODE = "unknown code"  #: of no home area: it gives nobody a right
    ANOTHERS_CODE = "another's code"  #: the name is that of another area: a person must ask
    NO_CODE = "no code"  #: a shape that needs a code has none: set aside
    NO_KIND = "no kind"  #: of a home area, paid or time-limited: set aside
    ABUSED_COLUMN = "abused column"  #: says what does not belong there: not read
    LINE_BREAK = "line break"  #: in a name: made a blank
    UNKNOWN_CATEGORY = "unknown category"  #: nobody has told us what it means: set aside


#: The traps whose shapes are not in the map.
SET_ASIDE: Final = frozenset({Trap.EMPTY, Trap.NO_CODE, Trap.NO_KIND, Trap.UNKNOWN_CATEGORY})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report."""

    trap: Trap
    source_ids: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    m2: float | None = None
    at: tuple[float, float] | None = None  #: a point inside it, EPSG:25832
    detail: str = ""  #: words of the layer itself, or how many

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return {**asdict(self), "trap": self.trap.value}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Line:
        """Return what was kept."""
        return cls(
            trap=Trap(kept["trap"]),
            source_ids=tuple(kept["source_ids"]),
            codes=tuple(kept["codes"]),
            m2=kept["m2"],
            at=tuple(kept["at"]) if kept["at"] else None,
            detail=kept["detail"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A shape that can be asked: a valid geometry of polygons and nothing else."""

    source_id: str
    category: Category
    status: Status
    code: str
    name: str
    kind: ZoneKind | None
    codes: tuple[str, ...]
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A map that can be asked, and what had to be done to it."""

    shapes: tuple[Shape, ...]
    report: tuple[Line, ...]


@dataclass(slots=True)
class _Rows:
    """The rows of the layer on their way, and what is said about them."""

    report: list[Line] = field(default_factory=list)

    def tell(
        self, trap: Trap, *rows: ZoneFeature, detail: str = "", m2: float | None = None
    ) -> None:
        codes = tuple(sorted({row.code for row in rows if row.code}))
        ids = tuple(sorted(row.source_id for row in rows))
        self.report.append(Line(trap, ids, codes, m2=m2, detail=detail))


def clean(features: Iterable[ZoneFeature]) -> Cleaned:
    """Return the map that *features* are meant to be, and a report of what was not as it should."""
    rows = _Rows()
    ordered = sorted(features, key=lambda row: row.source_id)
    known = [_with_plain_words(row, rows) for row in ordered if _is_known(row, rows)]
    drawn = [(row, shape) for row in known if (shape := _geometry(row, rows)) is not None]
    _tell_the_empty(known, drawn, rows)
    drawn = list(_once(drawn, rows))
    home_codes = {row.code for row, _ in drawn if row.category is Category.HOME_AREA}
    names = {
        row.code: row.name
        for row, _ in drawn
        if row.category is Category.HOME_AREA and row.status is Status.NOW
    }
    shapes = [_shape(row, drawing, home_codes, names, rows) for row, drawing in drawn]
    now = [shape for shape in shapes if shape.status is Status.NOW]
    report = [*rows.report, *_overlaps(now), *_gaps(now)]
    order = list(Trap)
    report.sort(key=lambda line: (order.index(line.trap), -(line.m2 or 0), line.source_ids))
    return Cleaned(tuple(shapes), tuple(report))


# Words


def _is_known(row: ZoneFeature, rows: _Rows) -> bool:
    if row.category is None:
        rows.tell(Trap.UNKNOWN_CATEGORY, row, detail=row.written)
        return False
    if row.category in CODED and not (0 < len(row.code.strip()) <= _LONGEST_CODE):
        rows.tell(Trap.NO_CODE, row, detail=row.code or row.name)
        return False
    if row.category is Category.HOME_AREA and row.kind is None:
        rows.tell(Trap.NO_KIND, row)
        return False
    return True


def _with_plain_words(row: ZoneFeature, rows: _Rows) -> ZoneFeature:
    name = row.name
    if row.category not in CODED and row.code:
        name = f"{row.code}: {row.name}"  # both columns hold words
    if len(f"{row.code}{row.name}".splitlines()) > 1:
        rows.tell(Trap.LINE_BREAK, replace(row, code=""), detail=" ".join(name.split()))
    code = row.code.strip() if row.category in CODED else ""
    return replace(row, code=code, name=" ".join(name.split())[:200])


def _shape(
    row: ZoneFeature,
    geometry: BaseGeometry,
    home_codes: set[str],
    names: Mapping[str, str],
    rows: _Rows,
) -> Shape:
    assert row.category is not None
    _tell_of_its_code(row, home_codes, rows)
    codes: tuple[str, ...] = ()
    if row.category is Category.FLEX_ZONE:
        codes = row.flex_codes
        if unknown := [code for code in codes if code not in home_codes]:
            rows.tell(Trap.UNKNOWN_CODE, row, detail=", ".join(unknown))
    else:
        if row.flex_codes:
            rows.tell(Trap.ABUSED_COLUMN, row, detail=", ".join(row.flex_codes))
        if row.category is Category.SUMMER_AREA and 0 < len(row.zone) <= _LONGEST_CODE:
            codes = (row.zone,)
            _tell_of_its_zone(row, names, rows)
    return Shape(
        source_id=row.source_id,
        category=row.category,
        status=row.status,
        code=row.code,
        name=row.name,
        kind=row.kind,
        codes=codes,
        geometry=geometry,
    )


def _tell_of_its_code(row: ZoneFeature, home_codes: set[str], rows: _Rows) -> None:
    of_a_home = {Category.PERMIT_ZONE, Category.TIME_LIMITED_ZONE}
    if row.category in of_a_home and row.code not in home_codes:
        rows.tell(Trap.UNKNOWN_CODE, row, detail=row.code)


def _tell_of_its_zone(row: ZoneFeature, names: Mapping[str, str], rows: _Rows) -> None:
    """Tell of an area that says it belongs to a zone which nobody knows, or to another's."""
    meant = _meant_by(row.name.partition(":")[0], names)
    detail = f"{row.zone} → {meant}?" if meant and meant != row.zone else row.zone
    if row.zone not in names:
        rows.tell(Trap.UNKNOWN_CODE, row, detail=detail)
    elif meant and meant != row.zone:
        rows.tell(Trap.ANOTHERS_CODE, row, detail=detail)


def _meant_by(name: str, names: Mapping[str, str]) -> str:
    """Return the one home area whose name ends as *name* does; none if there is not just one."""
    wanted = _words(name)
    alike = {code: _same_ending(wanted, _words(each)) for code, each in names.items()}
    most = max(alike.values(), default=0)
    best = [code for code, words in alike.items() if words == most]
    return best[0] if most and len(best) == 1 else ""


def _words(name: str) -> list[str]:
    # Without accents: one and the same street is written with and without.
    bare = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in bare if not unicodedata.combining(each)).split()


def _same_ending(one: list[str], other: list[str]) -> int:
    count = 0
    for mine, yours in zip(reversed(one), reversed(other), strict=False):
        if mine != yours:
            break
        count += 1
    return count


# Geometry


def _geometry(row: ZoneFeature, rows: _Rows) -> BaseGeometry | None:
    """Return the valid geometry of *row*, mended if need be; none if nothing of it is left."""
    if row.geometry is None:
        return None
    drawn, dropped = _polygons(row.geometry)
    wrong = "" if shapely.is_valid(drawn) else shapely.is_valid_reason(drawn).partition("[")[0]
    mended = shapely.normalize(drawn)
    if wrong:
        mended = shapely.make_valid(mended, method="structure", keep_collapsed=False)
    mended = only_polygons(mended)
    if (wrong or dropped) and not mended.is_empty:
        too_few = ["Too few points in a ring"] if dropped else []
        rows.tell(Trap.BROKEN, row, detail="; ".join([*too_few, *([wrong] if wrong else [])]))
    return None if mended.is_empty else mended


def _polygons(written: Mapping[str, Any]) -> tuple[BaseGeometry, int]:
    """Return GeoJSON's polygons, and how many rings were left out because they enclose nothing."""
    polygons: Sequence[Any] = written["coordinates"]
    if written["type"] == "Polygon":
        polygons = [polygons]
    elif written["type"] != "MultiPolygon":
        return shapely.MultiPolygon(), 0
    kept, dropped = [], 0
    for rings in polygons:
        points = [[(float(x), float(y)) for x, y, *_ in ring] for ring in rings]
        whole = [ring for ring in points if len(set(ring)) >= _LEAST_CORNERS]
        dropped += len(points) - len(whole)
        if points and points[0] in whole:
            kept.append(shapely.Polygon(whole[0], whole[1:]))
    return shapely.MultiPolygon(kept), dropped


def only_polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Return what of *geometry* has an area, in an order that its making has no part in."""
    parts = shapely.get_parts(geometry)
    if geometry.geom_type == "GeometryCollection":
        parts = shapely.get_parts(parts)
    areas = [part for part in parts if part.geom_type == "Polygon" and part.area > 0]
    return shapely.normalize(shapely.MultiPolygon(areas))


_Drawn = tuple[ZoneFeature, BaseGeometry]


def _twins(row: ZoneFeature) -> tuple[object, ...]:
    """Return what two rows have in common that are meant to be the same."""
    piece = "" if row.category in _ONE_EACH else row.name
    return row.category, row.status, row.code, piece


def _tell_the_empty(known: Iterable[ZoneFeature], drawn: Sequence[_Drawn], rows: _Rows) -> None:
    kept = {row.source_id for row, _ in drawn}
    whole: dict[tuple[object, ...], list[ZoneFeature]] = defaultdict(list)
    for row, _ in drawn:
        whole[_twins(row)].append(row)
    for row in known:
        if row.source_id in kept:
            continue
        # Shapes without a code share a name that says nothing, so none of them is another's twin.
        twins = whole[_twins(row)] if row.code else []
        rows.tell(Trap.EMPTY_WITH_TWIN if twins else Trap.EMPTY, row, *twins, detail=row.name)


def _once(drawn: Iterable[_Drawn], rows: _Rows) -> Iterator[_Drawn]:
    """Yield each shape once; those of one code that are not the same are parts of one."""
    alike: dict[tuple[object, ...], list[_Drawn]] = defaultdict(list)
    for row, geometry in drawn:
        alike[_twins(row)].append((row, geometry))
    for together in alike.values():
        newest_first = sorted(
            together, key=lambda each: (each[0].changed, each[0].source_id), reverse=True
        )
        kept: list[_Drawn] = []
        for row, geometry in newest_first:
            same = next((each for each in kept if _is_same(each[1], geometry)), None)
            if same is not None:
                rows.tell(Trap.SAME_TWICE, row, same[0], m2=round(geometry.area))
            else:
                # Home areas of one code are one area, and of one kind: what was written last.
                kept.append((replace(row, kind=newest_first[0][0].kind), geometry))
        if len(kept) > 1 and kept[0][0].category in _ONE_EACH:
            rows.tell(Trap.PARTS, *(row for row, _ in kept))
        yield from kept


def _is_same(one: BaseGeometry, other: BaseGeometry) -> bool:
    return bool(one.symmetric_difference(other).area < LEAST_M2)


def _overlaps(shapes: Sequence[Shape]) -> Iterator[Line]:
    """Yield where home areas of two codes claim the same ground."""
    areas = [shape for shape in shapes if shape.category is Category.HOME_AREA]
    tree = STRtree([area.geometry for area in areas])
    for first, second in combinations(range(len(areas)), 2):
        one, other = areas[first], areas[second]
        if one.code == other.code or second not in tree.query(one.geometry):
            continue
        common = only_polygons(one.geometry.intersection(other.geometry))
        if common.area >= LEAST_M2:
            yield Line(
                Trap.OVERLAP,
                tuple(sorted({one.source_id, other.source_id})),
                tuple(sorted({one.code, other.code})),
                m2=round(common.area, 1),
                at=_inside(common),
            )


def _gaps(shapes: Sequence[Shape]) -> Iterator[Line]:
    """Yield where the map does not say whether an address gives a right, the largest by itself."""
    if not shapes:
        return
    everything = shapely.union_all([shape.geometry for shape in shapes])
    said = shapely.union_all([s.geometry for s in shapes if s.category in ANSWERS])
    gaps = shapely.get_parts(only_polygons(_outline(everything).difference(said)))
    listed = sorted(
        (gap for gap in gaps if gap.area >= _LEAST_GAP_M2), key=lambda gap: (-gap.area, gap.wkb)
    )[:_MOST_GAPS]
    for gap in listed:
        yield Line(Trap.GAP, m2=round(gap.area), at=_inside(gap))
    small = [gap for gap in gaps if gap.area >= LEAST_M2 and gap not in listed]
    if small:
        total = round(sum(gap.area for gap in small))
        yield Line(Trap.GAPS, m2=total, detail=str(len(small)))


def _outline(everything: BaseGeometry) -> BaseGeometry:
    """Return the outline of the map: without holes, and closed over bays narrow enough."""
    closed = everything.buffer(_BAY, 8).buffer(-_BAY, 8).union(everything)
    return shapely.union_all([shapely.Polygon(p.exterior) for p in shapely.get_parts(closed)])


def _inside(geometry: BaseGeometry) -> tuple[float, float]:
    """Return a point that lies inside, and not just at the edge where that can be helped."""
    largest = max(shapely.get_parts(geometry), key=lambda part: (part.area, part.wkb))
    # The line from the centre of the largest circle that has room to its edge.
    centre = shapely.Point(shapely.maximum_inscribed_circle(largest, tolerance=1).coords[0])
    point = centre if largest.contains(centre) else largest.representative_point()
    return round(point.x, 2), round(point.y, 2)
