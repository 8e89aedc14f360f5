"""May I park here, in a real browser: by map, by keyboard, by address, and with HTML alone."""

from __future__ import annotations

import re

import pyproj
import pytest
from playwright.sync_api import expect

from journeys import steps
from sandbox import city

VB = next(each for each in city.ADDRESSES if each.key == "VB")


def in_degrees(place):
    """Return where a browser says that *place* is; reckoned by another library than the page's."""
    turned = pyproj.Transformer.from_crs(25832, 4326, always_xy=True)
    longitude, latitude = turned.transform(place.x, place.y)
    return {"longitude": longitude, "latitude": latitude}


def map_of(visitor):
    """Wait until the zones are drawn, and return the map."""
    found = visitor.page.get_by_role("application")
    expect(found).to_have_attribute("data-drawn", re.compile(r"[1-9]\d*"))
    return found


def is_drawn(found):
    """Tell whether something other than the plain ground can be seen on the canvas."""
    return found.evaluate(
        """(box) => [...box.querySelectorAll("canvas")].some((canvas) => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return new Set(new Uint32Array(data.buffer)).size > 3;
        })"""
    )


#: As a browser on a machine without WebGL answers.
NO_WEBGL = """
  const get = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return /webgl/.test(kind) ? null : get.call(this, kind, ...more);
  };
"""


@pytest.mark.parametrize(("width", "script"), [(320, ""), (1280, ""), (1280, NO_WEBGL)])
def test_a_tap_on_the_map_is_answered_and_the_map_stays(visit, width, script, eventually):
    visitor = visit(width=width)
    visitor.context.add_init_script(script)
    visitor.open("/map/")
    found = map_of(visitor)
    eventually(lambda: is_drawn(found))
    visitor.look("Må jeg parkere her?")
    found.click()
    expect(visitor.page.get_by_role("heading", name="Punktet på kortet")).to_be_visible()
    visitor.see("Stedet", "Kommunen har regler")
    assert re.search(r"x=7\d{5}(\.\d)?&y=61\d{5}", visitor.page.url)
    expect(visitor.page.get_by_role("status")).to_contain_text("Stedet:")
    visitor.look("Må jeg parkere her?")


def test_everything_can_be_done_by_keyboard(visit):
    visitor = visit(width=1280)
    visitor.open("/map/")
    map_of(visitor)
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("document.activeElement.matches('[data-map]')"):
            break
    else:
        pytest.fail("the keyboard does not reach the map")
    for key in ("+", "+", "ArrowLeft", "ArrowDown", "Enter"):
        visitor.page.keyboard.press(key)
        visitor.page.wait_for_timeout(150)
    expect(visitor.page.get_by_role("heading", name="Punktet på kortet")).to_be_visible()
    first = visitor.page.url
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.wait_for_timeout(150)
    visitor.tab_to("Svar for midten af kortet")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page).not_to_have_url(first)
    visitor.look("Må jeg parkere her?")


def test_my_position_stays_in_the_browser_but_for_the_point(visit):
    visitor = visit(width=390)
    visitor.context.grant_permissions(["geolocation"])
    visitor.context.set_geolocation(in_degrees(VB))
    visitor.open("/map/")
    map_of(visitor)
    visitor.press("Brug min position")
    expect(visitor.page.get_by_role("heading", name="Punktet på kortet")).to_be_visible()
    visitor.see("VB Vesterbro")
    x, y = map(float, re.search(r"x=([\d.]+)&y=([\d.]+)", visitor.page.url).groups())
    assert abs(x - VB.x) < 1
    assert abs(y - VB.y) < 1


def test_a_browser_that_will_not_say_where_it_is_says_so(visit):
    visitor = visit(width=390)
    visitor.open("/map/")
    map_of(visitor)
    visitor.press("Brug min position")
    expect(visitor.page.get_by_role("status")).to_contain_text("kunne ikke sige, hvor du er")
    visitor.look("Må jeg parkere her?")


def test_without_scripts_the_same_is_answered_and_a_plate_too(visit):
    visitor = visit(width=320, scripts=False)
    visitor.open("/map/")
    assert not visitor.page.get_by_role("application").is_visible()
    assert not visitor.page.get_by_role("button", name="Brug min position").is_visible()
    visitor.page.get_by_label("Adresse").fill(f"{VB.road_name} {VB.house_number}")
    visitor.press("Vis svar")
    visitor.look("Må jeg parkere her?")
    visitor.see("Licens til zone VB Vesterbro", "kr. i timen")
    visitor.page.get_by_text("Har bilen en licens?").click()
    visitor.page.get_by_label("Nummerplade").fill("ZA 10 001")
    visitor.press("Se, om en licens gælder her")
    visitor.look("Må jeg parkere her?")
    visitor.see("Vi kender ingen licens", "Licens til zone VB Vesterbro")
    assert "10001" not in visitor.page.url


def test_the_same_in_english_and_from_a_list_of_addresses(visit):
    visitor = visit(width=390, language="en-GB")
    visitor.open("/en/map/")
    visitor.page.get_by_label("Address").fill(f"{VB.road_name} {VB.house_number[:-1]}")
    visitor.press("Show the answer")
    visitor.see("Which address do you mean?")
    visitor.look("May I park here?", language="en")
    visitor.press(f"{VB.road_name} {VB.house_number}, {VB.postcode} {VB.district}")
    visitor.see("an hour", "VB Vesterbro")
    visitor.look("May I park here?", language="en")
    map_of(visitor)


@pytest.mark.parametrize("width", [320, 1280])
def test_the_other_pages_of_places_are_fit_to_be_read(visit, width):
    visitor = visit(width=width)
    visitor.open(f"/address-right/?q={VB.road_name} {VB.house_number}")
    visitor.look("Hvilken licens giver adressen ret til?")
    visitor.open("/map/zones/")
    visitor.look("Alle zoner")


def test_a_permit_shows_on_a_map_where_it_is_valid(visit):
    anna = visit(width=390)
    steps.log_in(anna, "anna")
    steps.fill_basket(anna, "ZA10001")
    anna.press("Gå videre")
    steps.agree(anna)
    steps.pay(anna)
    anna.page.locator("main dl a[href*='/permits/']").first.click()
    anna.look("GYLDIG")
    assert not any("openlayers" in each for each in asked(anna)), "not before it is unfolded"
    anna.page.get_by_text("Vis på kort").click()
    map_of(anna)
    anna.look("GYLDIG")


def asked(visitor):
    """What the page has fetched."""
    return visitor.page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
