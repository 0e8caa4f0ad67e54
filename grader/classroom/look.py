"""How the class report looks: the house's style with what a page of its own needs, light and dark.

No content. Invariant: nothing is loaded from elsewhere, no script runs, and no rule reaches outside ``.ecslab`` but
the page's own background.
"""

from __future__ import annotations

from ecslab.client.html import Html, join, page, tag, text
from ecslab.client.plot import PLOT_STYLE
from grader.classroom.beside import BESIDE_STYLE

CLASS_STYLE = """
.ecslab.class { max-width: 1060px; font-size: 14px; line-height: 1.55; }
.ecslab.class h1 { font-size: 26px; font-weight: 650; letter-spacing: -.01em; margin: 0 0 2px; }
.ecslab.class h2 { font-size: 18px; font-weight: 650; margin: 40px 0 4px; }
.ecslab.class h3 { font-size: 14px; font-weight: 650; margin: 18px 0 4px; }
.ecslab.class p { margin: 4px 0 8px; max-width: 78ch; }
.ecslab.class nav { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 10px 0 18px; font-size: 13px; }
.ecslab.class .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; }
.ecslab.class .tile {
  padding: 12px 14px; border: 1px solid var(--e-line); border-radius: 10px; background: var(--e-bg);
}
.ecslab.class .tile b { display: block; font-size: 24px; font-weight: 650; line-height: 1.2; }
.ecslab.class .brief { margin: 14px 0 0 !important; }
.ecslab.class .brief li { margin: 0 0 6px; padding: 2px 0 2px 14px; border-left: 3px solid var(--e-tone); }
.ecslab.class .wide { width: 100%; table-layout: auto !important; font-size: 13px; line-height: 1.45; }
.ecslab.class .wide th, .ecslab.class .wide td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--e-line); }
.ecslab.class .wide thead th { font-size: 12px; color: var(--e-soft); }
.ecslab.class .wide tr.said td { border-bottom: 1px solid var(--e-line); padding-top: 0; }
.ecslab.class .wide tr.tied td, .ecslab.class .wide tr.tied th { border-bottom: 0; }
.ecslab.class .wide th[scope=row] { color: var(--e-ink); font-weight: 600; white-space: normal; }
.ecslab.class .num { text-align: right !important; font-variant-numeric: tabular-nums; white-space: nowrap; }
.ecslab.class .stack { display: flex; height: 16px; gap: 2px; min-width: 160px; border-radius: 4px; overflow: hidden; }
.ecslab.class .stack i {
  display: block; font: 10px/16px var(--jp-ui-font-family, system-ui, sans-serif); text-align: center;
  color: var(--e-ink); background: color-mix(in srgb, var(--e-tone) 42%, var(--e-bg)); overflow: hidden; min-width: 2px;
}
.ecslab.class .stack i.idle { background: var(--e-bg2); color: var(--e-soft); }
.ecslab.class .legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 4px 0 8px; font-size: 12px; }
.ecslab.class .legend span::before {
  content: ""; display: inline-block; width: 10px; height: 10px; margin-right: 5px; border-radius: 2px;
  background: color-mix(in srgb, var(--e-tone) 42%, var(--e-bg));
}
.ecslab.class .legend span.idle::before { background: var(--e-bg2); }
.ecslab.class .meter { display: block; height: 6px; margin-top: 5px; border-radius: 3px; background: var(--e-bg2); }
.ecslab.class .meter i { display: block; height: 100%; border-radius: 3px; background: var(--e-tone); }
.ecslab.class .wrong { display: grid; grid-template-columns: 74px 1fr; gap: 2px 14px; padding: 10px 0; }
.ecslab.class .wrong { border-bottom: 1px solid var(--e-line); }
.ecslab.class .wrong .count { font-size: 20px; font-weight: 650; line-height: 1.2; }
.ecslab.class details > summary { cursor: pointer; }
.ecslab.class details.card > summary { margin: -2px 0; list-style: none; }
.ecslab.class details.card > summary::before { content: "▸"; color: var(--e-soft); }
.ecslab.class details.card[open] > summary::before { content: "▾"; }
.ecslab.class details:not(.card) { margin: 4px 0; font-size: 13px; }
.ecslab.class summary:focus-visible, .ecslab.class a:focus-visible { outline: 2px solid var(--e-busy); }
.ecslab.class .grid td { text-align: center !important; padding: 3px 6px; }
.ecslab.class .grid thead th:nth-child(n+3) { text-align: center !important; padding: 3px 6px; }
.ecslab.class .grid td.good, .ecslab.class .grid td.warn, .ecslab.class .grid td.bad, .ecslab.class .grid td.busy {
  background: color-mix(in srgb, var(--e-tone) 13%, transparent) !important;
}
.ecslab.class .grid td.name { text-align: left !important; }
.ecslab.class .grid td.num { text-align: right !important; }
.ecslab.class .scroll { overflow-x: auto; }
.ecslab.class svg .tenth { fill: color-mix(in srgb, var(--e-busy) 55%, var(--e-bg)); }
.ecslab.class svg text.ink { fill: var(--e-ink); }
.ecslab.class footer { margin: 40px 0 12px; padding-top: 10px; border-top: 1px solid var(--e-line); }
@media print { .ecslab.class nav { display: none; } .ecslab.class .card { break-inside: avoid; } }
"""
_PAGE_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; padding: 36px 28px; background: var(--jp-layout-color1, #fff); }
.ecslab.class { margin: 0 auto; }
@media (max-width: 640px) { body { padding: 18px 14px; } }
@media (prefers-color-scheme: dark) {
  :root {
    --jp-layout-color1: #15181d; --jp-layout-color2: #262b33; --jp-border-color2: #343a44;
    --jp-ui-font-color1: #e6e9ee; --jp-ui-font-color2: #9aa4b2; --jp-content-link-color: #7db4ff;
    --jp-success-color1: #4caf7a; --jp-info-color1: #4aa8e0; --jp-warn-color1: #e0a046; --jp-error-color1: #ef6f6c;
  }
}
@media print { body { padding: 0; } }
"""


def shown(*inside: object) -> Html:
    """The report for a notebook: the styles, and what they style."""
    styles = Html(f"<style>{PLOT_STYLE}{BESIDE_STYLE}{CLASS_STYLE}</style>")
    return join([styles, page(*inside, class_="class")])


def whole_page(title: str, *inside: object) -> str:
    """The report as a file of its own. It loads nothing, and a browser would not let it."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    head = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">'
        f"<style>{_PAGE_STYLE}</style></head><body>\n"
    )
    return f"{head}{shown(tag('main', *inside))}\n</body></html>\n"
