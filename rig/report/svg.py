"""SVG as an element tree: the standard library does the escaping, in this one place for all that is drawn."""

from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from rig.report.visible import visible

Attribute = str | float


def picture(name: str, size: tuple[float, float], title: str, description: str, style: str) -> Element:
    """An empty picture of class `name`, `size` pixels wide and high, on white paper: for pages of any colour.

    `title` and `description` are what a screen reader says of it (SVG 2 §5.8).
    """
    width, height = size
    view: dict[str, Attribute] = {"width": width, "height": height, "viewBox": f"0 0 {width:g} {height:g}"}
    drawn = Element("svg", _written({"xmlns": "http://www.w3.org/2000/svg", "class": name, **view}))
    put(drawn, "title", title)
    put(drawn, "desc", description)
    put(drawn, "style", "".join(style.splitlines()))
    put(drawn, "rect", width="100%", height="100%", fill="#fff")
    return drawn


def put(parent: Element, tag: str, text: str = "", /, **attributes: Attribute) -> Element:
    """A new element at the end of `parent`; `text` is made visible. `class_` and `stroke_width` lose their `_`."""
    element = SubElement(parent, tag, _written(attributes))
    if text:
        element.text = visible(text)
    return element


def written(drawn: Element) -> str:
    """The picture as text that stands in an HTML page or in a file of its own."""
    return tostring(drawn, encoding="unicode")


def at(numbers: Iterable[float]) -> str:
    """Coordinates as a path has them, to a tenth of a pixel."""
    return " ".join(f"{round(number, 1):g}" for number in numbers)


def _written(attributes: Mapping[str, Attribute]) -> dict[str, str]:
    return {
        name.rstrip("_").replace("_", "-"): value if isinstance(value, str) else f"{round(value, 1):g}"
        for name, value in attributes.items()
    }
