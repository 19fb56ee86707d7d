"""The page of a mail in a browser: light and dark, wide and narrow, with pictures blocked."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest

from alerts.message import alert_message, digest_message, facts_message
from alerts.transition import AlertKey
from tests.alerts.letters import NOW, situation, transition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    Show = Callable[[str, Literal["light", "dark"], int], Page]

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
LINK = "http://127.0.0.1:8050/budgets?budget=All+models"
MESSAGE = alert_message(situation(at_least=True), [transition()], NOW, LINK)


@pytest.fixture
def show(browser: Browser) -> Iterator[Show]:
    """Show the page of a mail in a scheme and width, as a program for mail does."""
    pages: list[Page] = []

    def shown(html: str, scheme: Literal["light", "dark"], width: int) -> Page:
        page = browser.new_page(viewport={"width": width, "height": 1_000}, color_scheme=scheme)
        pages.append(page)
        page.set_content(html)
        return page

    yield shown
    for page in pages:
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [700, 360])
def test_a_mail_reads_well(
    show: Show,
    axe: Callable[[Page], list[str]],
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    picture = f"data:image/png;base64,{b64encode(MESSAGE.images[0].png).decode()}"
    page = show(MESSAGE.html.replace("cid:spend", picture), scheme, width)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("img").evaluate("image => image.naturalWidth") > 1_000
    ground = page.locator(".card").evaluate("card => getComputedStyle(card).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


def test_with_pictures_blocked_nothing_is_missing(
    show: Show,
) -> None:
    page = show(MESSAGE.html, "light", 700)
    assert page.get_by_alt_text("Spent so far at least $841").count() == 1
    bar = page.locator("table.bar").first.bounding_box()
    assert bar is not None
    assert bar["width"] > 500
    assert bar["height"] >= 14
    shares = [cell.bounding_box() for cell in page.locator("table.bar td").all()]
    drawn = [round(100 * (box or bar)["width"] / bar["width"]) for box in shares]
    assert drawn == pytest.approx([65, 28, 7], abs=1)  # spent, to the limit, beyond it


def test_a_summary_of_many_budgets_reads_well(
    show: Show,
    axe: Callable[[Page], list[str]],
) -> None:
    many = [situation(f"Budget {number}", state="ok") for number in range(40)]
    message = digest_message([situation(), *many], [transition()], NOW, LINK, "daily")
    page = show(message.html, "dark", 700)
    assert axe(page) == []
    assert page.locator("table.bar").count() == 41


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_many_budgets_share_reads_well(
    show: Show,
    axe: Callable[[Page], list[str]],
    scheme: Literal["light", "dark"],
) -> None:
    said = "gpt-4.1 is still called and is shut down in 55 days, on 2027-01-14"
    fact = replace(transition(said, "notice"), key=AlertKey("Search", "", f"end of {said[:7]}", ""))
    same = [replace(fact, key=replace(fact.key, budget=f"Budget {n}")) for n in range(30)]
    page = show(facts_message([fact, *same], NOW, LINK).html, scheme, 360)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.get_by_text("Budget 18 and 11 more").count() == 1
