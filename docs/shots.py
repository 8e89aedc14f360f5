"""Take the pictures of the documentation: `./portal shots` runs this against a new town.

It walks as Anna, who owns a car and lives in Vesterbro, and keeps what she sees.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent


def walk(page: Page, portal: str) -> None:
    """Log in, ask about the car, and picture the finding with its reasons."""
    page.goto(f"{portal}/login/?next=/permits/apply/")
    page.locator("button[name=who][value=anna]").click()
    page.wait_for_url(f"{portal}/permits/apply/")
    page.get_by_label("nummerplade").fill("ZA10001")
    page.get_by_role("button", name="Få svar").click()
    page.wait_for_url("**/applications/**")
    page.get_by_text("Se hele svaret").click()
    page.screenshot(path=HERE / "picture.png")


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-quic"]
        )
        context = browser.new_context(
            locale="da-DK", viewport={"width": 1200, "height": 1000}, reduced_motion="reduce"
        )
        walk(context.new_page(), sys.argv[1])
        browser.close()


if __name__ == "__main__":
    main()
