"""Take pictures of the pages people see: `./portal shots` runs this against a new town.

In Danish and in English, on a phone and at a desk: somebody buys a permit and asks about a place,
two are told no and not yet, one hands in documents, one has parking charges and complains, and the
office works on the cases. Every page they see is kept in a folder, with an `index.html` to look
through them.
"""

from __future__ import annotations

import argparse
import shutil
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

PHONE, DESK = (390, 844), (1280, 900)
#: Who walks, what they drive, and how they look at it.
WALKS = (
    ("anna", "ZA10001", "da", PHONE),
    ("bo", "ZB10002", "da", DESK),
    ("clara", "ZC10003", "en", PHONE),
    ("tove", "ZT10020", "en", DESK),
)
ANSWERS = (("erik", "ZE10005", "no"), ("ulla", "ZU10021", "not-yet"))
#: What everybody may see, by the address in every language.
OPEN = (
    "prices/?plate=ZA10001",
    "accessibility",
    "privacy",
    "terms",
    "cookies",
    "contact",
    "nowhere",
)
#: Whose homes the map is not sure of, so that there is a case for each look.
CASES = (("viggo", "ZV10022"), ("yrsa", "ZY10023"), ("hemming", "ZW40004"), ("svend", "ZW40005"))
#: Who has charges and complains of one, for each look.
CHARGED = ("anna", "bo", "trine", "emil")
STORIES = {
    "da": "Jeg holdt kun, mens jeg satte min far af ved døren. Det tog under tre minutter.",
    "en": "I only stopped to let my father out at the door. It took less than three minutes.",
}
STAFF, OPERATOR = "leif", "otto"
REASONS = {
    "da": "Vi mangler at vide, hvilken vej døren vender ud til.",
    "en": "We need to know which road the door leads to.",
}
#: What is further down is loaded only when somebody comes there.
EVERY_IMAGE = """Promise.all([...document.images].map((image) => {
    image.loading = "eager";
    return image.decode().catch(() => {});
}))"""
PICTURE = ("front", "finding-reasons", "receipt")
#: The pages of the picture, beside each other.
FRAME = (
    """<body style="margin: 0; padding: 24px; display: flex; gap: 24px; background: #dcdcdc">{}"""
)


def buy(page: Page, home: str, who: str, plate: str) -> Iterator[str]:
    """Buy a permit, and name each page when it is there to be seen."""
    page.goto(f"{home}/")
    yield "front"
    page.goto(f"{home}/permits/apply/")
    yield "login"
    choose(page, home, who)
    yield "plate"
    submit(page, "plate")
    yield "plate-missing"
    page.fill("input[name=plate]", plate)
    submit(page, "plate")
    yield "finding"
    page.locator("main details summary").last.click()
    yield "finding-reasons"
    page.click("main a[href$='/start/']")
    yield "start"
    submit(page, "start_day")
    yield "basket"
    page.click("main a[href$='/summary/']")
    yield "summary"
    page.check("input[name=terms]")
    submit(page, "agreed")
    yield "payment"
    page.click("form[data-step=card] button")
    yield "payment-approval"
    page.click("button[name=answer][value=yes]")
    page.wait_for_url(f"{home}/orders/**")
    yield "receipt"
    page.click("main dl a[href*='/permits/']")
    yield "permit"
    page.goto(f"{page.url}end/")
    yield "end"
    page.goto(f"{home}/my/")
    yield "my-page"
    page.goto(f"{home}/my/data/")
    yield "my-data"
    page.goto(f"{home}/my/data/erase/")
    yield "my-data-erase"


def answered(page: Page, home: str, asked: tuple[str, str, str]) -> Iterator[str]:
    """Be told no, or not yet."""
    who, plate, name = asked
    ask(page, home, who, plate)
    yield f"finding-{name}"


def look_around(page: Page, home: str) -> Iterator[str]:
    """See what everybody may see."""
    for path in OPEN:
        page.goto(f"{home}/{path}")
        yield path.partition("/")[0]


def hand_in(page: Page, home: str) -> Iterator[str]:
    """Be refused for want of a document, and come to where it is handed in."""
    ask(page, home, "olga", "ZP10016")
    yield "finding-documents"
    page.click("main a[href$='/documents/']")
    yield "documents"


def see_charges(page: Page, home: str, who: str) -> Iterator[str]:
    """Find a charge, look at it from all sides, and see how it could be paid in parts."""
    page.goto(f"{home}/charges/")
    yield "charge-find"
    submit(page, "number")
    yield "charge-find-missing"
    page.goto(f"{home}/my/charges/")
    choose(page, home, who)
    yield "charges"
    page.click("main .cards a")
    yield "charge"
    page.click("main a[href$='/photos/']")
    yield "charge-photos"
    page.goto(f"{home}/my/plans/new/")
    yield "plan-proposal"


def complain(page: Page, home: str, who: str, language: str) -> Iterator[str]:
    """Complain of a charge, step by step."""
    page.goto(f"{home}/my/charges/")
    choose(page, home, who)
    page.click("main .cards a")
    page.click("form[action$='/complain/'] button")
    yield "complaint-why"
    page.locator("input[name=question]").first.check()
    submit(page, "question")
    yield "complaint-details"
    page.click("main form:has(textarea[name=text]) button[type=submit]")
    yield "complaint-details-missing"
    page.fill("textarea[name=text]", STORIES[language])
    page.click("main form:has(textarea[name=text]) button[type=submit]")
    yield "complaint-files"
    page.click("main a[href$='/review/']")
    yield "complaint-review"
    page.click("main form:not([action]) button[type=submit]")
    yield "complaint"


def answer_complaint(page: Page, portal: str, language: str) -> Iterator[str]:
    """Look at the newest complaint in the office, with its charge beside it."""
    enter(page, portal, STAFF, language)
    page.goto(f"{portal}/office/queue/?kind=complaint&state=open")
    page.locator("main table a").last.click()
    submit(page, "purpose")
    page.click("form[action$='/take/'] button")
    yield "office-complaint"
    page.goto(f"{portal}/office/complaints/register/")
    yield "office-complaint-register"


def work(page: Page, portal: str, language: str) -> Iterator[str]:
    """Take a case of the office to the letter that would be sent."""
    enter(page, portal, STAFF, language)
    yield "office-queue"
    page.goto(f"{portal}/office/search/")
    yield "office-search"
    page.goto(f"{portal}/office/queue/?state=open")
    page.click("main table a")
    yield "office-open"
    submit(page, "purpose")
    page.click("form[action$='/take/'] button")
    yield "office-case"
    page.check("input[name=step][value=ask]")
    page.fill("textarea[name=reasons]", REASONS[language])
    page.click("form[action$='/work/'] button")
    yield "office-letter"


def run(page: Page, portal: str, language: str) -> Iterator[str]:
    """See how everything stands, and who works here."""
    enter(page, portal, OPERATOR, language)
    yield "office-people"
    page.goto(f"{portal}/office/operations/")
    yield "office-operations"


def enter(page: Page, portal: str, who: str, language: str) -> None:
    """Log in to the office, and go on in a language."""
    page.goto(f"{portal}/office/")
    choose(page, portal, who)
    if page.locator("html").get_attribute("lang") != language:
        page.click("form[action$='/office/language/'] button")
        page.wait_for_load_state()


def places(page: Page, home: str) -> Iterator[str]:
    """Ask about places, and name each page when it is there to be seen."""
    page.goto(f"{home}/map/")
    page.wait_for_selector("[data-drawn]")
    yield "map"
    page.goto(f"{home}/map/?q=Istedgade 21")
    page.wait_for_selector("[data-drawn]")
    yield "map-which-address"
    page.goto(f"{home}/map/?q=Istedgade 217")
    page.wait_for_selector("[data-drawn]")
    yield "map-answer"
    page.goto(f"{home}/map/zones/")
    yield "zones"
    page.goto(f"{home}/address-right/?q=Istedgade 217")
    yield "address-right"


def ask(page: Page, home: str, who: str, plate: str) -> None:
    """Ask about a vehicle."""
    page.goto(f"{home}/permits/apply/")
    choose(page, home, who)
    page.fill("input[name=plate]", plate)
    submit(page, "plate")


def choose(page: Page, home: str, who: str) -> None:
    """Choose who one is at the national login."""
    page.click(f"button[name=who][value={who}]")
    page.wait_for_url(f"{home}/**")


def submit(page: Page, field: str) -> None:
    """Send the form that has this field."""
    page.click(f"main form:has(input[name={field}]) button[type=submit]")


def walk(browser: Browser, portal: str, folder: Path) -> None:
    """Take every picture."""
    for (who, plate, language, size), case, charged in zip(WALKS, CASES, CHARGED, strict=True):
        home = portal if language == "da" else f"{portal}/{language}"
        ask(new_page(browser, language, size), home, *case)
        ways = (
            partial(buy, home=home, who=who, plate=plate),
            partial(places, home=home),
            *(partial(answered, home=home, asked=asked) for asked in ANSWERS),
            partial(hand_in, home=home),
            partial(look_around, home=home),
            partial(see_charges, home=home, who=charged),
            partial(complain, home=home, who=charged, language=language),
            partial(answer_complaint, portal=portal, language=language),
            partial(work, portal=portal, language=language),
            partial(run, portal=portal, language=language),
        )
        for way in ways:
            page = new_page(browser, language, size)
            for name in way(page):
                keep(page, folder / f"{name}-{language}-{size[0]}.png")


def new_page(browser: Browser, language: str, size: tuple[int, int]) -> Page:
    """Open a browser that nobody has used before."""
    return browser.new_context(
        locale={"da": "da-DK", "en": "en-GB"}[language],
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
    ).new_page()


def keep(page: Page, path: Path) -> None:
    """Keep the whole page with its images, without the mark of where the keyboard is."""
    page.wait_for_load_state()
    page.evaluate("document.activeElement?.blur()")
    page.evaluate(EVERY_IMAGE)
    page.screenshot(path=path, full_page=True)


def index(folder: Path) -> None:
    """Write a page that shows all pictures, in the order in which they were taken."""
    taken = sorted(folder.glob("*.png"), key=lambda path: path.stat().st_mtime_ns)
    shown = "".join(
        f"<figure><img src='{path.name}' alt=''><figcaption>{path.stem}</figcaption></figure>"
        for path in taken
    )
    style = "body{display:flex;flex-wrap:wrap;gap:2em;font:1em sans-serif}img{max-width:25em}"
    (folder / "index.html").write_text(
        f"<!doctype html><title>Every page</title><style>{style}</style>{shown}", "utf-8"
    )


def picture(browser: Browser, portal: str, path: Path) -> None:
    """Put three pages of a purchase on a phone beside each other."""
    who, plate, language, (width, _) = WALKS[0]
    height = 640  # a picture that loads fast
    page = new_page(browser, language, (width, height))
    seen = []
    for name in buy(page, portal, who, plate):
        if name in PICTURE:
            page.evaluate("document.activeElement?.blur()")
            if seen:
                page.evaluate("document.querySelector('main').scrollIntoView()")
            seen.append(b64encode(page.screenshot()).decode())
    page = browser.new_page()
    page.set_content(FRAME.format("".join(f"<img src='data:image/png;base64,{s}'>" for s in seen)))
    page.set_viewport_size({"width": 24 + (width + 24) * len(seen), "height": height + 48})
    page.screenshot(path=path)


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("portal", help="its address")
    parser.add_argument("--folder", type=Path, help="where all pictures go")
    parser.add_argument("--picture", type=Path, help="or the one file of the picture of the README")
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell") or "/usr/bin/chromium",
            args=["--no-sandbox", "--disable-quic"],
        )
        if given.picture:
            picture(browser, given.portal, given.picture)
        else:
            given.folder.mkdir(parents=True, exist_ok=True)
            walk(browser, given.portal, given.folder)
            index(given.folder)
        browser.close()


if __name__ == "__main__":
    main()
