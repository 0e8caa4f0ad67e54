"""The one style sheet of everything the client shows.

Every colour is a variable of JupyterLab's theme with a fallback for pages that have none (feedback files, GitHub),
so light and dark both work. Invariant: nothing is said by colour alone, and no rule reaches outside ``.ecslab``.
"""

from __future__ import annotations

STYLE = """
.ecslab {
  --e-bg: var(--jp-layout-color1, #fff); --e-bg2: var(--jp-layout-color2, #eceff3);
  --e-line: var(--jp-border-color2, #d4d8de);
  --e-ink: var(--jp-ui-font-color1, #1f2328); --e-soft: var(--jp-ui-font-color2, #5c6470);
  --e-good: var(--jp-success-color1, #2e7d32); --e-busy: var(--jp-info-color1, #0277bd);
  --e-warn: var(--jp-warn-color1, #b45309); --e-bad: var(--jp-error-color1, #c62828);
  --e-code: var(--jp-code-font-family, ui-monospace, Menlo, monospace);
  box-sizing: border-box; max-width: 1100px; padding: 2px; color: var(--e-ink);
  font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 13px; line-height: 1.45;
}
.ecslab * { box-sizing: border-box; }
.ecslab a { color: var(--jp-content-link-color, #0b63c5); text-decoration: none; }
.ecslab a:hover { text-decoration: underline; }
.ecslab code {
  font-family: var(--e-code); font-size: 12px; color: inherit;
  background: none !important; padding: 0 !important; white-space: pre-wrap;
}
.ecslab .soft { color: var(--e-soft); }
.ecslab .small { font-size: 12px; }
.ecslab .e-row { display: flex; flex-wrap: wrap; align-items: center; gap: 3px 10px; min-width: 0; }
.ecslab section { margin-top: 8px; }
.ecslab .push { margin-left: auto; }
.ecslab .title { font-size: 14px; font-weight: 600; }
.ecslab .clip { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.ecslab .label {
  margin: 14px 0 6px; font-size: 11px; font-weight: 600; letter-spacing: .06em;
  text-transform: uppercase; color: var(--e-soft);
}
.ecslab .card {
  margin: 0 0 10px; padding: 10px 12px; background: var(--e-bg);
  border: 1px solid var(--e-line); border-radius: 8px;
}
.ecslab .good { --e-tone: var(--e-good); }
.ecslab .busy { --e-tone: var(--e-busy); }
.ecslab .warn { --e-tone: var(--e-warn); }
.ecslab .bad { --e-tone: var(--e-bad); }
.ecslab .idle { --e-tone: var(--e-soft); }
.ecslab .pill {
  display: inline-flex; align-items: center; gap: 5px; padding: 1px 8px; border-radius: 10px;
  font-size: 11px; font-weight: 600; white-space: nowrap; color: var(--e-ink);
  border: 1px solid color-mix(in srgb, var(--e-tone) 60%, transparent);
  background: color-mix(in srgb, var(--e-tone) 13%, transparent);
}
.ecslab .pill::before {
  content: ""; width: 7px; height: 7px; border-radius: 50%; background: var(--e-tone);
}
.ecslab .pill.busy::before, .ecslab .pill.warn::before { animation: ecslab-pulse 1.2s ease-in-out infinite; }
@keyframes ecslab-pulse { 50% { opacity: .25; } }
@media (prefers-reduced-motion: reduce) { .ecslab .pill::before { animation: none !important; } }
.ecslab .bar {
  display: flex; gap: 2px; height: 8px; min-width: 60px; margin: 8px 0 4px;
  border-radius: 4px; overflow: hidden; background: var(--e-bg2);
}
.ecslab .bar i { display: block; height: 100%; min-width: 2px; background: var(--e-tone); }
.ecslab .bar i.busy {
  background: repeating-linear-gradient(135deg, var(--e-busy) 0 4px,
    color-mix(in srgb, var(--e-busy) 45%, transparent) 4px 8px);
}
.ecslab .bar i.idle { background: transparent; }
.ecslab .tasks {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 8px; margin-top: 8px;
}
.ecslab .task {
  min-width: 0; padding: 6px 9px; border: 1px solid var(--e-line); border-left: 4px solid var(--e-tone);
  border-radius: 6px; background: color-mix(in srgb, var(--e-tone) 5%, var(--e-bg));
}
.ecslab ul, .ecslab ol { list-style: none !important; margin: 6px 0 0 !important; padding: 0 !important; }
.ecslab li { margin: 1px 0; }
.ecslab .parts { margin-top: 5px !important; padding-top: 4px !important; border-top: 1px dashed var(--e-line); }
.ecslab .parts li { display: flex; flex-wrap: wrap; gap: 0 6px; align-items: baseline; font-size: 12px; }
.ecslab .mark { color: var(--e-tone); font-weight: 700; }
.ecslab .fleet { display: grid; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); gap: 8px; }
.ecslab .fleet .card { margin: 0; }
.ecslab .fleet .card.bad { border-color: var(--e-bad); }
.ecslab .net {
  display: grid; align-items: start; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr));
  gap: 8px; margin-top: 8px;
}
.ecslab .place { margin: 0; display: flex; flex-direction: column; gap: 8px; background: var(--e-bg2); }
.ecslab .place .task { background: var(--e-bg); display: flex; flex-direction: column; gap: 6px; }
.ecslab .mode { font-family: var(--e-code); font-size: 11px; font-weight: 600; }
.ecslab .namespace, .ecslab .open, .ecslab .sealed { padding: 6px 8px; border-radius: 6px; }
.ecslab .namespace {
  border: 1.5px dashed var(--e-busy); background: color-mix(in srgb, var(--e-busy) 6%, transparent);
}
.ecslab .open { border-left: 3px solid var(--e-warn); }
.ecslab .sealed { border: 3px double var(--e-soft); }
.ecslab .side { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 6px; }
.ecslab .box {
  padding: 1px 8px; border: 1px solid var(--e-line); border-radius: 4px; background: var(--e-bg); font-size: 12px;
}
.ecslab .gauge {
  display: grid; grid-template-columns: 52px 1fr auto; gap: 8px; align-items: center; font-size: 12px;
}
.ecslab .gauge .bar { margin: 3px 0; }
.ecslab .events li { display: flex; gap: 8px; font-size: 12px; }
.ecslab time { font-family: var(--e-code); font-size: 11px; color: var(--e-soft); white-space: nowrap; }
.ecslab .events time { padding-top: 1px; }
.ecslab .who { flex: 0 0 auto; font-family: var(--e-code); font-size: 11px; color: var(--e-soft); padding-top: 1px; }
.ecslab .lines { max-height: 420px; overflow: auto; }
.ecslab table { border-collapse: collapse; margin: 6px 0 0 !important; font-size: 13px; border: 0; }
.ecslab table tr { background: none !important; }
.ecslab table td, .ecslab table th {
  max-width: none; padding: 2px 14px 2px 0; text-align: left !important; vertical-align: top !important;
  white-space: normal; border: 0; background: none; color: inherit;
}
.ecslab table th { font-weight: 500; color: var(--e-soft); white-space: nowrap; }
.ecslab table ul { margin: 0 !important; }
.ecslab .note {
  padding: 7px 11px; border-left: 4px solid var(--e-tone); border-radius: 4px;
  background: color-mix(in srgb, var(--e-tone) 8%, var(--e-bg));
}
.ecslab .note li { margin: 3px 0; }
"""
