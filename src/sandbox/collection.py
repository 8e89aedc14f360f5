"""The debt collection authority: MFFordringIndberet and what belongs to it, SOAP over mutual TLS.

Its real schema is handed out to creditors who join and was not to be had: `fordring.xsd` is ours,
and marked so. As in life an action is answered at once as received (MODTAGET), and what became of
it is told when it is asked for again, ten seconds of this clock later. The same AktionID again gets
the same receipt.

Codes when an action is refused (AFVIST): 444 the structure is missing, 403 not allowed (no such
claim, or more than is left), 152 not in kroner, 411 kind, 5 debtor unknown, 2 no agreement,
151 type not allowed. Its own faults: `hearing` lets a claim wait for a person (HOERING),
`in-work` the same (SAGSBEHANDL).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from lxml import etree
from lxml.builder import ElementMaker
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox import city
from sandbox.front import templates
from sandbox.world import World

PATH: Final = "/ws/MFFordringService"
NAMESPACE: Final = "urn:oio:skat:efi:ws:1.0.1"
ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
AGREEMENT: Final = "KK-PARKERING-1"
TYPE: Final = "PARKAFG"
DONE_AFTER: Final = timedelta(seconds=10)

S = ElementMaker(namespace=ENVELOPE, nsmap={"soap": ENVELOPE})
M = ElementMaker(namespace=NAMESPACE, nsmap={"mf": NAMESPACE})
PLAIN = ElementMaker()

_NAMES: Final = {"mf": NAMESPACE, "s": ENVELOPE}
_SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parent / "fordring.xsd"))
_STRUCTURES: Final = {
    "OPRETFORDRING": "MFOpretFordringStruktur",
    "NEDSKRIV": "MFNedskrivFordringStruktur",
    "TILBAGEKALD": "MFTilbagekaldFordringStruktur",
}
_KINDS: Final = {"collected": "INDBETALING", "returned": "RETUR", "written_off": "AFSKRIVNING"}


class Refused(Exception):
    """The whole request is answered with a SOAP fault."""


class NotLikeThat(Exception):
    """An action is refused, with a code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Claims:
    """What has been handed over, and what becomes of it; one thing at a time."""

    def __init__(self, world: World) -> None:
        self._world, self._store = world, world.store

    def all(self) -> dict[str, Any]:
        """Every claim by our reference."""
        with self._store.locked():
            self.settle()
            return self._store.all("collection.claims")

    def take(self, action: etree._Element) -> dict[str, Any]:
        """Take an action, and return its receipt; the one from before if it was sent before."""
        number = _text(action, "AktionID")
        with self._store.locked():
            self.settle()
            known: dict[str, Any] | None = self._store.get("collection.actions", number)
            if known is None:
                known = self._new(action)
                self._store.put("collection.actions", number, known)
        return {**known, "action": number}

    def _new(self, action: etree._Element) -> dict[str, Any]:
        kind = _text(action, "AktionKode")
        structure = action.find(f"mf:{_STRUCTURES[kind]}", _NAMES)
        now = self._world.clock.now()
        receipt = {"kind": kind, "state": "MODTAGET", "code": "", "due": now.isoformat()}
        receipt["due"] = (now + DONE_AFTER).isoformat()
        if structure is None:
            return {**receipt, "state": "AFVIST", "code": "444"}
        asked = {etree.QName(each).localname: (each.text or "").strip() for each in structure}
        amounts = [each for each in structure if each.get("valuta") is not None]
        if any(each.get("valuta") != "DKK" for each in amounts):
            return {**receipt, "state": "AFVIST", "code": "152"}
        liable = structure.find("mf:MFHaeftelseStruktur", _NAMES)
        asked["debtor"] = "" if liable is None else (liable[0].text or "")
        for name in ("hearing", "in-work"):
            if self._world.faults.take("collection", name):
                waits = {"hearing": "HOERING", "in-work": "SAGSBEHANDL"}
                receipt.update(waits=waits[name])
        return {**receipt, "asked": asked}

    def settle(self) -> None:
        """Do what is due."""
        now = self._world.clock.now()
        for number, action in self._store.all("collection.actions").items():
            if action["state"] != "MODTAGET" or datetime.fromisoformat(action["due"]) > now:
                continue
            if waits := action.pop("waits", ""):
                action["state"] = waits
            else:
                try:
                    self._do(action["kind"], action["asked"])
                    action["state"] = "UDFOERT"
                except NotLikeThat as refused:
                    action.update(state="AFVIST", code=refused.code)
            self._store.put("collection.actions", number, action)

    def _do(self, kind: str, asked: dict[str, str]) -> None:
        reference = asked["FordringhaverRef"]
        claim = self._store.get("collection.claims", reference)
        if kind == "OPRETFORDRING":
            self._open(reference, claim, asked)
            return
        if claim is None or claim["ended"]:
            raise NotLikeThat("403")
        if kind == "NEDSKRIV":
            less = _ore(asked["NedskrivningBeloeb"])
            if less > claim["left"]:
                raise NotLikeThat("403")
            claim["left"] -= less
            claim["ended"] = "" if claim["left"] else "written down"
        else:
            claim.update(left=0, ended="recalled")
        self._store.put("collection.claims", reference, claim)

    def _open(self, reference: str, claim: dict[str, Any] | None, asked: dict[str, str]) -> None:
        if claim is not None and not claim["ended"]:
            raise NotLikeThat("403")
        if asked["FordringsType"] != TYPE:
            raise NotLikeThat("151")
        if asked["FordringArtKode"] != "INDR":
            raise NotLikeThat("411")
        debtor = asked["debtor"]
        if city.person(debtor) is None and city.company(debtor) is None:
            raise NotLikeThat("5")
        if date.fromisoformat(asked["SidsteRettidigeBetalingsDato"]) >= _today(self._world):
            raise NotLikeThat("403")
        amount = _ore(asked["Beloeb"])
        opened = {"amount": amount, "left": amount, "ended": ""}
        self._store.put("collection.claims", reference, opened)

    def receipts(self, numbers: list[str]) -> list[dict[str, Any]]:
        """How the actions stand that are known."""
        with self._store.locked():
            self.settle()
            every = self._store.all("collection.actions")
        return [{**every[number], "action": number} for number in numbers if number in every]

    def happened(self, reference: str, kind: str, ore: int) -> None:
        """Something was done about a claim: they have collected, returned or written off."""
        with self._store.locked():
            self.settle()
            claim = self._store.get("collection.claims", reference)
            if claim is None or claim["ended"]:
                return
            amount = min(ore, claim["left"]) if kind == "collected" else claim["left"]
            claim["left"] -= amount
            claim["ended"] = "" if claim["left"] else kind
            self._store.put("collection.claims", reference, claim)
            number = len(self._store.all("collection.notices")) + 1
            told = {"reference": reference, "kind": kind, "amount": amount}
            told["on"] = _today(self._world).isoformat()
            self._store.put("collection.notices", str(number), told)

    def notices(self, after: int) -> list[tuple[int, dict[str, Any]]]:
        """What was done, by number."""
        every = self._store.all("collection.notices")
        return [(int(number), told) for number, told in every.items() if int(number) > after]


def routes(world: World) -> list[Route]:
    """The one address of the service."""
    claims = Claims(world)

    async def service(request: Request) -> Response:
        return await run_in_threadpool(_answer, claims, request, await request.body())

    return [Route(PATH, service, methods=["POST"])]


def pages(world: World) -> list[Route]:
    """What people see of it: every claim, and a button for what is done about it."""
    claims = Claims(world)
    return [
        Route("/collection/", partial(_overview, claims), methods=["GET"]),
        Route("/collection/act", partial(_act, claims), methods=["POST"]),
    ]


async def _overview(claims: Claims, request: Request) -> Response:
    shown = await run_in_threadpool(claims.all)
    return templates.TemplateResponse(request, "collection.html", {"claims": shown})


async def _act(claims: Claims, request: Request) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    kind = form.get("kind", "")
    if kind not in _KINDS:
        return Response("kind", 400)
    kroner = int(form.get("kroner") or 0)
    await run_in_threadpool(claims.happened, form.get("reference", ""), kind, kroner * 100)
    return RedirectResponse("/collection/", 303)


def _answer(claims: Claims, request: Request, body: bytes) -> Response:
    try:
        asked = _asked(request, body)
    except Refused as refused:
        fault = S.Fault(PLAIN.faultcode("soap:Client"), PLAIN.faultstring(str(refused)))
        return Response(_enveloped(fault), 500, media_type="text/xml")
    operation = etree.QName(asked).localname
    if _text(asked, "AftaleNummer") != AGREEMENT:
        receipts = [
            {"action": number, "state": "AFVIST", "code": "2"}
            for number in (each.text or "" for each in asked.iterfind(".//mf:AktionID", _NAMES))
        ]
        answer = _receipts(operation.replace("_I", "_O"), receipts)
    elif operation == "MFFordringIndberet_I":
        actions = asked.findall("mf:FordringAktionSamling/mf:FordringAktion", _NAMES)
        answer = _receipts("MFFordringIndberet_O", [claims.take(each) for each in actions])
    elif operation == "MFKvitteringHent_I":
        numbers = [each.text or "" for each in asked.findall("mf:AktionID", _NAMES)]
        answer = _receipts("MFKvitteringHent_O", claims.receipts(numbers))
    else:
        after = int(_text(asked, "EfterLoebenummer"))
        answer = M.MFUnderretSamlingHent_O(
            *(_notice(number, told) for number, told in claims.notices(after))
        )
    return Response(_enveloped(answer), media_type="text/xml")


def _asked(request: Request, body: bytes) -> etree._Element:
    """The one element in the body, if it is as the schema says.

    :raises Refused: otherwise
    """
    if request.headers.get("content-type", "").replace(" ", "").lower() != "text/xml;charset=utf-8":
        raise Refused("Content-Type must be text/xml; charset=utf-8")
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise Refused("That is not XML") from None
    inside = root.findall("s:Body/*", _NAMES)
    if root.tag != f"{{{ENVELOPE}}}Envelope" or len(inside) != 1:
        raise Refused("One element is expected in the body")
    asked = inside[0]
    operation = etree.QName(asked).localname.removesuffix("_I")
    if request.headers.get("soapaction") != f'"{NAMESPACE}:{operation}"':
        raise Refused("SOAPAction does not fit")
    if not _SCHEMA.validate(asked):
        raise Refused("It is not as the schema says")
    return asked


def _receipts(name: str, receipts: list[dict[str, Any]]) -> etree._Element:
    answer: etree._Element = M(
        name,
        *(
            M.Kvittering(
                M.AktionID(str(each["action"])),
                M.AktionStatusKode(each["state"]),
                *([M.FejlKode(each["code"])] if each["code"] else []),
            )
            for each in receipts
        ),
    )
    return answer


def _notice(number: int, told: dict[str, Any]) -> etree._Element:
    notice: etree._Element = M.Underret(
        M.Loebenummer(str(number)),
        M.FordringhaverRef(told["reference"]),
        M.UnderretKode(_KINDS[told["kind"]]),
        M.Beloeb(f"{told['amount'] // 100}.{told['amount'] % 100:02}", valuta="DKK"),
        M.Dato(told["on"]),
    )
    return notice


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(f"mf:{name}", namespaces=_NAMES) or "").strip()


def _ore(kroner: str) -> int:
    whole, _, rest = kroner.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0")[:2] or 0)


def _today(world: World) -> date:
    return world.clock.now().date()


def _enveloped(body: etree._Element) -> bytes:
    return etree.tostring(S.Envelope(S.Body(body)), xml_declaration=True, encoding="UTF-8")
