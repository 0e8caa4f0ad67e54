"""Words for HTML, escaped.

Not a template language: elements are nested calls. Invariant: ``tag`` and ``text`` escape all they are given; only
their own results, of type ``Html``, are ever put into a page unescaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ecslab.client.style import STYLE


class Html(str):
    """Text that is HTML already, and safe."""

    __slots__ = ()


def text(thing: object) -> Html:
    """Anything as escaped text."""
    return thing if isinstance(thing, Html) else Html(escape(str(thing)))


def join(parts: Iterable[object], between: str = "") -> Html:
    """Parts after each other, each escaped unless it is HTML already."""
    return Html(between.join(text(part) for part in parts))


def tag(name: str, *inside: object, **attributes: object) -> Html:
    """An element; ``class_`` is its class, ``_`` in names stands for ``-``; attributes that are None are left out."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None and value != ""
    )
    return Html(f"<{name}{said}>{join(inside)}</{name}>")


def page(*inside: object, class_: str = "") -> Html:
    """A self-contained piece of a page: the style sheet and what it styles."""
    return join([Html(f"<style>{STYLE}</style>"), tag("div", *inside, class_=f"ecslab {class_}".strip())])


def link(url: str, *inside: object) -> Html:
    """A link that opens beside the notebook; plain text where the address is not HTTP."""
    if not url.startswith(("http://", "https://")):
        return tag("span", *inside)
    return tag("a", *inside, href=url, target="_blank", rel="noopener noreferrer")
