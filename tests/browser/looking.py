"""What a person with poor sight, or with a phone, would notice on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

TABS = ("charge-points", "transactions", "operations", "operations/SetChargingProfile", "frames", "tags", "sntp")

LEAST_TARGET_PX = 44

# The contrast of all texts with what is behind them (WCAG 2.2 §1.4.3); of controls that do nothing, nothing is asked.
_CONTRAST = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const channel = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const ground = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = numbers(getComputedStyle(each).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const look = (node, colour, words) => {
    const [high, low] = [luminance(numbers(colour)), luminance(ground(node))].sort((one, other) => other - one);
    const { fontSize, fontWeight } = getComputedStyle(node);
    const large = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < (large ? 3 : 4.5)) found.push(`${words}: ${ratio.toFixed(2)}`);
  };
  for (const node of document.body.querySelectorAll("*")) {
    if (!node.checkVisibility() || node.closest("[aria-disabled=true], option, noscript")) continue;
    const words = [...node.childNodes].filter((each) => each.nodeType === 3).map((each) => each.data.trim()).join("");
    const style = getComputedStyle(node);
    if (words) look(node, node instanceof SVGElement ? style.fill : style.color, words);
    if (node.placeholder) look(node, getComputedStyle(node, "::placeholder").color, `placeholder ${node.placeholder}`);
  }
  return found;
}"""

# What is to be touched and is smaller than a finger; a checkbox is touched by its label.
_SMALL = """(least) => {
  const touched = "button, select, a, summary, label.check, input:not([type=checkbox]), textarea";
  return [...document.querySelectorAll(touched)].filter((node) => node.checkVisibility() && !node.matches(".skip"))
    .filter((node) => node.getBoundingClientRect().height < least - 0.5)
    .map((node) => `${node.tagName} ${node.textContent || node.name} ${node.getBoundingClientRect().height}`);
}"""


def poor_contrasts(page: Page) -> list[str]:
    """Texts that are too pale for WCAG AA, and their contrast."""
    found: list[str] = page.evaluate(_CONTRAST)
    return found


def small_targets(page: Page) -> list[str]:
    """What is not as high as a finger needs it."""
    found: list[str] = page.evaluate(_SMALL, LEAST_TARGET_PX)
    return found


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    wider: int = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider
