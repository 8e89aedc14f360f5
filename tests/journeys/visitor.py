"""Somebody in front of a browser, who looks closely at every page they come to."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

from parking.web.office import door

_axe = Axe()
_WIDE = 992  #: from this width on a page is laid out as for a desktop
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}")
_DIGITS = re.compile(r"\d+")
_HEADINGS = (
    "() => [document.title, ...[...document.querySelectorAll('h1, h2, h3')].map(e => e.innerText)]"
)

_WHERE_THE_KEYBOARD_IS = """() => {
  const here = document.activeElement, style = getComputedStyle(here);
  const name = here.labels?.[0]?.innerText ?? here.innerText ?? "";
  const ring = style.outlineStyle !== "none" || style.boxShadow !== "none";
  const leads = here.matches("a, button");
  return { name: name.trim(), seen: ring || here === document.body, leads };
}"""


class Visitor:
    """One browser of one person, on one page at a time."""

    def __init__(
        self,
        context: BrowserContext,
        *,
        portal: str,
        outside: str,
        scripts: bool,
        width: int,
        measured: Path,
    ) -> None:
        self.context, self.portal, self.outside = context, portal, outside
        self.scripts, self.width = scripts, width
        self.measured = measured
        self.complaints: list[str] = []
        self.status = 0
        self.page = context.new_page()
        self.watch(self.page)

    def watch(self, page: Page) -> None:
        """Hear what the browser says about a page and what the page asks for."""
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        # A page's own status is checked by whoever looks at it.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        allowed = self.portal if self.page.url.startswith(self.portal) else self.outside
        url = request.url
        if request.is_navigation_request():
            if not url.startswith((self.portal, self.outside)):
                self.complaints.append(f"went to {url}")
        elif not url.startswith((allowed, "data:")):
            self.complaints.append(f"asked a third party: {url}")

    def _answered(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.status = response.status
        elif response.status >= 400:
            self.complaints.append(f"{response.status} for {response.url}")

    def open(self, path: str) -> None:
        """Go to an address of the portal."""
        self.page.goto(f"{self.portal}{path}")

    def is_logged_in(self, key: str) -> None:
        """Have the session *key*, as whoever comes from the national login."""
        self._keep(settings.SESSION_COOKIE_NAME, key)

    def is_at_work(self, key: str) -> None:
        """Have the office's session *key*, as whoever comes from the municipality's login."""
        self._keep(door.COOKIE, key)

    def _keep(self, name: str, value: str) -> None:
        cookie = {"name": name, "value": value, "httpOnly": True}
        # To a browser this machine is as safe as https, whatever the port.
        self.context.add_cookies([{**cookie, "url": "https://localhost", "secure": True}])

    def see(self, *texts: str) -> None:
        """Find that the page says all this, in what it is about."""
        main = self.page.locator("main").inner_text()
        said = " ".join(main.split())
        for text in texts:
            assert text in said, f"{self.page.url} does not say »{text}« but:\n{main}"

    def press(self, name: str) -> None:
        """Press the button or follow the link of that name."""
        button = self.page.get_by_role("button", name=name)
        (button.or_(self.page.get_by_role("link", name=name))).first.click()

    def tab_to(self, name: str, key: str = "") -> None:
        """Go by the keyboard to what is called *name*, seeing where one is, and press *key*."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            here = self.page.evaluate(_WHERE_THE_KEYBOARD_IS)
            assert here["seen"], f"nobody can see that »{here['name']}« has the keyboard"
            if here["name"].startswith(name):
                break
        else:
            raise AssertionError(f"the keyboard does not reach »{name}« on {self.page.url}")
        if key and here["leads"]:
            with self.page.expect_navigation():
                self.page.keyboard.press(key)
        elif key:
            self.page.keyboard.press(key)

    def look(self, heading: str = "", *, status: int = 200, language: str = "da") -> None:
        """Find nothing wrong with the page as it is."""
        page = self.page
        page.wait_for_load_state()
        if heading:
            shown = page.locator("h1").first.inner_text().strip()
            assert shown == heading, f"{page.url} is headed »{shown}«, not »{heading}«"
        assert self.status == status, f"{page.url} was answered {self.status}"
        assert page.title().strip()
        assert page.locator("h1").count() == 1, page.url
        assert page.locator("html").get_attribute("lang") == language, page.url
        wide, room = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= room, f"{page.url} is {wide} px wide on {room} px"
        self._measure()
        assert not self.complaints, f"{page.url}: {self.complaints}"

    def _measure(self) -> None:
        """Find no barrier on the page. A page of the same kind is measured once in a run."""
        page = self.page
        if not self.scripts:
            return
        where = _IDS.sub("…", urlsplit(page.url).path)
        layout = "wide" if self.width >= _WIDE else "phone"
        errors = page.locator(".form-error").count()
        kind = f"{where} {layout} {errors} {_DIGITS.sub('0', str(page.evaluate(_HEADINGS)))}"
        once = self.measured / hashlib.sha256(kind.encode()).hexdigest()
        if once.exists():
            return
        found = _axe.run(page)
        assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
        once.touch()
