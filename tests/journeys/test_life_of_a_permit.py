"""What comes after the purchase: the permit is renewed in one click, and ended."""

from __future__ import annotations

import pytest

from journeys import steps
from parking.records.order import Order
from parking.records.permit import Permit
from town import session

PHONE = 390


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_permit_is_renewed_in_one_click_and_the_new_one_ended(visit, ends_soon, scripts):
    anna = visit(width=PHONE, scripts=scripts)
    anna.is_logged_in(session("anna"))
    anna.open("/my/")
    anna.press("Forny licensen til ZA 10 001")
    anna.look("GYLDIG")
    anna.see("Tid til at forny")
    anna.press("Forny licensen")
    anna.look("Se det hele igennem")
    steps.agree(anna)
    steps.pay(anna)
    anna.page.wait_for_url("**/orders/**")
    assert anna.page.locator("h1").inner_text().startswith("GYLDIG fra")

    renewed = Permit.objects.active().exclude(id=ends_soon.id).get()
    assert renewed.days.start == ends_soon.days.end
    anna.open(f"/permits/{ends_soon.id}/")
    assert "Tid til at forny" not in anna.page.locator("main").inner_text()

    anna.open(f"/permits/{renewed.id}/")
    anna.look("IKKE GYLDIG ENDNU")
    anna.press("Opsig licensen")
    anna.look("Opsig licensen")
    anna.see("Licensen er ikke begyndt", "1.310 kr.")
    anna.press("Opsig licensen")
    anna.look("IKKE GYLDIG")
    anna.see("Licensen er opsagt", "Vi betaler 1.310 kr. tilbage.")
    anna.open(f"/permits/{ends_soon.id}/")
    anna.look("GYLDIG")


def test_on_paper_there_is_what_one_needs_and_nothing_to_press(visit, ends_soon):
    anna = visit()
    anna.is_logged_in(session("anna"))
    for path, needed in (
        (f"/permits/{ends_soon.id}/", ["h1", ".plate >> nth=0", ".qr img", "footer"]),
        (f"/orders/{Order.objects.get().id}/", ["h1", ".plate >> nth=0", "footer"]),
    ):
        anna.open(path)
        anna.page.emulate_media(media="print")
        for what in needed:
            assert anna.page.locator(what).is_visible(), f"{path}: {what}"
        to_press = "button, summary, .skipnav, nav a, .language-link, .button, .back-link"
        pressed = anna.page.locator(to_press).all()
        assert [each.inner_text() for each in pressed if each.is_visible()] == [], path
        anna.page.emulate_media(media="screen")
