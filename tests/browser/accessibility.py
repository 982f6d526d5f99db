"""What axe finds on a page that bars people from using it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# All but the links to the other pages, a third of each page and on all of them the same.
WITHOUT_LINKS = {"exclude": ["#page > div:first-child"]}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
RUN = """async ([context, options]) => {
  const { violations } = await axe.run(context ?? document, { resultTypes: ["violations"], ...options });
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return bad.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}"""


def barriers(
    page: Page, context: str | dict[str, Any] | None = None, options: dict[str, Any] | None = None
) -> list[str]:
    """What is serious or critical, in the part that `context` names, as axe takes it."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN, [context, options or {}])
    return found
