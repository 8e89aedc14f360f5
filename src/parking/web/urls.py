"""Every page that people see."""

from __future__ import annotations

from django.urls import path

from parking.web.citizen import (
    account,
    address_right,
    charges,
    checkout,
    documents,
    mydata,
    pages,
    permits,
    plans,
    prices,
    standing,
    zones,
)

_APPLICATION = "permits/applications/<uuid:application_id>/"
_ORDER = "orders/<uuid:order_id>/"
_CHARGE = "charges/<uuid:charge_id>/"
_PLAN = "my/plans/<uuid:plan_id>/"

urlpatterns = [
    path("", pages.front, name="front"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("privacy/", pages.privacy, name="privacy"),
    path("terms/", pages.terms, name="terms"),
    path("cookies/", pages.cookies, name="cookies"),
    path("contact/", pages.contact, name="contact"),
    path("login/", account.log_in, name="login"),
    path("logout/", account.log_out, name="logout"),
    path("my/", account.my, name="my"),
    path("my/data/", mydata.look_ups, name="my-data"),
    path("my/data/copy/", mydata.copy, name="my-data-copy"),
    path("my/data/erase/", mydata.erase, name="my-data-erase"),
    path("my/data/erased/", mydata.erased, name="my-data-erased"),
    path("permits/apply/", permits.apply_for, name="apply"),
    path(_APPLICATION, permits.application, name="application"),
    path(f"{_APPLICATION}ask-again/", permits.ask_again, name="application-ask-again"),
    path(f"{_APPLICATION}email/", permits.write_to_me, name="application-email"),
    path(f"{_APPLICATION}withdraw/", permits.withdraw, name="application-withdraw"),
    path(f"{_APPLICATION}start/", permits.start, name="application-start"),
    path(f"{_APPLICATION}documents/", documents.hand_over, name="application-documents"),
    path(
        f"{_APPLICATION}documents/hand-in/",
        documents.hand_in,
        name="application-documents-hand-in",
    ),
    path(
        f"{_APPLICATION}documents/remove/",
        documents.remove,
        name="application-document-remove",
    ),
    path(
        f"{_APPLICATION}second-vehicle/",
        documents.second_vehicle,
        name="application-second-vehicle",
    ),
    path("permits/<uuid:permit_id>/", permits.permit, name="permit"),
    path("permits/<uuid:permit_id>/renew/", permits.renew, name="permit-renew"),
    path("permits/<uuid:permit_id>/end/", permits.end, name="permit-end"),
    path("map/", standing.here, name="standing"),
    path("map/zones/", zones.every, name="zones"),
    path("address-right/", address_right.of_address, name="address-right"),
    path("prices/", prices.for_plate, name="prices"),
    path("basket/", checkout.basket, name="basket"),
    path("charges/", charges.find, name="charges"),
    path("charges/slip/<str:number>/<str:code>/", charges.scan, name="charge-scan"),
    path("my/charges/", charges.mine, name="my-charges"),
    path(_CHARGE, charges.charge, name="charge"),
    path(f"{_CHARGE}photos/", charges.photos, name="charge-photos"),
    path(f"{_CHARGE}photos/<int:number>/", charges.photo, name="charge-photo"),
    path(f"{_CHARGE}letters/<uuid:letter_id>.pdf", charges.letter, name="charge-letter"),
    path(f"{_CHARGE}case.pdf", charges.case, name="charge-case"),
    path("my/plans/new/", plans.new, name="plan-new"),
    path("my/plans/agree/", plans.agree, name="plan-agree"),
    path(f"{_PLAN}", plans.plan, name="plan"),
    path(f"{_PLAN}pay/", plans.pay, name="plan-pay"),
    path(f"{_CHARGE}pay/", charges.pay, name="charge-pay"),
    path(f"{_CHARGE}add/", charges.add, name="charge-add"),
    path(f"{_CHARGE}take-off/", charges.take_off, name="charge-take-off"),
    path("basket/charges/<uuid:charge_id>/put-away/", checkout.put_away, name="basket-put-away"),
    path("basket/summary/", checkout.summary, name="summary"),
    path("basket/<uuid:application_id>/remove/", checkout.remove, name="basket-remove"),
    path(_ORDER, checkout.order, name="order"),
    path(f"{_ORDER}return", checkout.come_back, name="order-return"),
    path(f"{_ORDER}pay", checkout.pay, name="order-pay"),
    path(f"{_ORDER}cancel", checkout.cancel, name="order-cancel"),
    path(f"{_ORDER}receipt.pdf", checkout.receipt, name="receipt"),
]
