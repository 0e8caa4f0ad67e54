"""Words for HTML, escaped, and the one style sheet of everything the client shows.

Every colour is a variable of JupyterLab's theme with a fallback for pages that have none (feedback files,
GitHub), so light and dark both work. Invariant: ``tag`` and ``text`` escape all they are given; only their own
results, of type ``Html``, are ever put into a page unescaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


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
    return Html(f"<style>{STYLE}</style>") + tag("div", *inside, class_=f"ecslab {class_}".strip())


def link(url: str, *inside: object) -> Html:
    """A link that opens beside the notebook; plain text where the address is not HTTP."""
    if not url.startswith(("http://", "https://")):
        return tag("span", *inside)
    return tag("a", *inside, href=url, target="_blank", rel="noopener noreferrer")


STYLE = Html(
    """
.ecslab{--e-bg:var(--jp-layout-color1,#fff);--e-bg2:var(--jp-layout-color2,#f4f5f7);--e-line:var(--jp-border-color2,#d9dce1);
--e-ink:var(--jp-ui-font-color1,#1f2328);--e-soft:var(--jp-ui-font-color2,#5c6470);
--e-good:var(--jp-success-color1,#2e7d32);--e-busy:var(--jp-info-color1,#0277bd);--e-warn:var(--jp-warn-color1,#b45309);
--e-bad:var(--jp-error-color1,#c62828);--e-code:var(--jp-code-font-family,ui-monospace,Menlo,monospace);
font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.45;color:var(--e-ink);
box-sizing:border-box;padding:2px;max-width:1100px}
.ecslab *{box-sizing:border-box}
.ecslab a{color:var(--jp-content-link-color,#0b63c5);text-decoration:none}.ecslab a:hover{text-decoration:underline}
.ecslab code,.ecslab .mono{font-family:var(--e-code);font-size:12px;background:none;padding:0;color:inherit}
.ecslab .soft{color:var(--e-soft)}.ecslab .small{font-size:12px}
.ecslab .row{display:flex;flex-wrap:wrap;align-items:center;gap:4px 10px}.ecslab .grow{flex:1 1 auto}
.ecslab .card{background:var(--e-bg);border:1px solid var(--e-line);border-radius:8px;padding:10px 12px;margin:0 0 10px}
.ecslab .title{font-size:14px;font-weight:600}
.ecslab .label{font-size:11px;font-weight:600;letter-spacing:.05em;text-transform:uppercase;color:var(--e-soft);margin:12px 0 6px}
.ecslab .good{--e-tone:var(--e-good)}.ecslab .busy{--e-tone:var(--e-busy)}.ecslab .warn{--e-tone:var(--e-warn)}
.ecslab .bad{--e-tone:var(--e-bad)}.ecslab .idle{--e-tone:var(--e-soft)}
.ecslab .pill{display:inline-flex;align-items:center;gap:5px;font-size:11px;font-weight:600;padding:1px 8px;border-radius:9px;
white-space:nowrap;border:1px solid var(--e-tone);color:var(--e-ink);background:color-mix(in srgb,var(--e-tone) 14%,transparent)}
.ecslab .pill::before{content:"";width:7px;height:7px;border-radius:50%;background:var(--e-tone)}
.ecslab .pill.busy::before,.ecslab .pill.warn::before{animation:ecslab-pulse 1.2s ease-in-out infinite}
@keyframes ecslab-pulse{50%{opacity:.25}}
@media (prefers-reduced-motion:reduce){.ecslab .pill::before{animation:none!important}}
.ecslab .bar{display:flex;gap:2px;height:8px;min-width:60px;border-radius:4px;overflow:hidden;background:var(--e-bg2)}
.ecslab .bar i{display:block;height:100%;background:var(--e-tone)}
.ecslab .bar i.idle{background:transparent;border:1px dashed var(--e-line);border-radius:3px}
.ecslab .bar i.busy{background:repeating-linear-gradient(135deg,var(--e-busy) 0 4px,color-mix(in srgb,var(--e-busy) 50%,transparent) 4px 8px)}
.ecslab .tasks{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:8px;margin-top:8px}
.ecslab .task{border:1px solid var(--e-line);border-left:4px solid var(--e-tone);border-radius:6px;padding:6px 9px;min-width:0;
background:color-mix(in srgb,var(--e-tone) 5%,var(--e-bg))}
.ecslab .task .mono,.ecslab .clip{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.ecslab .parts{list-style:none;margin:4px 0 0;padding:4px 0 0;border-top:1px dashed var(--e-line)}
.ecslab .parts li{display:flex;gap:6px;align-items:baseline;margin:0}
.ecslab .fleet{display:grid;grid-template-columns:repeat(auto-fill,minmax(255px,1fr));gap:8px}
.ecslab .fleet .card{margin:0}
.ecslab .gauge{display:grid;grid-template-columns:58px 1fr auto;gap:8px;align-items:center;margin-top:5px;font-size:12px}
.ecslab ol.events,.ecslab ul.plain{list-style:none;margin:6px 0 0;padding:0}
.ecslab ol.events li{display:flex;gap:8px;margin:1px 0;font-size:12px}
.ecslab ol.events time,.ecslab td time{font-family:var(--e-code);font-size:11px;color:var(--e-soft);white-space:nowrap;padding-top:1px}
.ecslab table{border-collapse:collapse;margin:4px 0 0;font-size:13px}
.ecslab table td,.ecslab table th{text-align:left;vertical-align:top;padding:2px 12px 2px 0;background:none;border:0;color:inherit;max-width:none}
.ecslab table th{font-weight:500;color:var(--e-soft);white-space:nowrap}
.ecslab tr{background:none!important}
.ecslab pre{font-family:var(--e-code);font-size:12px;white-space:pre-wrap;margin:4px 0 0;color:inherit;background:none}
.ecslab .note{border-left:4px solid var(--e-tone);padding:6px 10px;border-radius:4px;background:color-mix(in srgb,var(--e-tone) 8%,var(--e-bg))}
.ecslab .note li{margin:3px 0}
.ecslab .who{flex:0 0 auto;font-family:var(--e-code);font-size:11px;color:var(--e-soft)}
.ecslab .lines{max-height:420px;overflow:auto}
"""
)
