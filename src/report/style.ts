import { Markup } from './markup.ts';

/** Light and dark on a screen, always light on paper. Fonts are those of the computer. */
export const style = new Markup(`
:root { color-scheme: light; --ground: #fff; --ink: #1a1a1a; --faint: #5c5c5c; --line: #d9d9d9; --wait: #ececec; --hatch: #b5b5b5; --mark: #000; --bad: #d55e00; --accent: #0072b2; --other: #b9d7e8; }
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; --ground: #15181b; --ink: #ececec; --faint: #a5abb1; --line: #363c42; --wait: #24292e; --hatch: #59616a; --mark: #fff; --bad: #ff8a3c; --accent: #56b4e9; --other: #2c4a5e; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1240px; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 34px 0 8px; }
p { margin: 4px 0; max-width: 80ch; }
.lead { font-size: 17px; }
.note, .meta { color: var(--faint); }
.outcome { font-weight: 600; }
.outcome.bad { border-bottom: 3px solid var(--bad); }
.defs { position: absolute; }
svg { font-size: 11px; }
svg.chart { display: block; width: 100%; min-width: 760px; height: auto; font-family: inherit; }
.scroll { overflow-x: auto; }
.grid { stroke: var(--line); stroke-width: 1; }
.lane { fill: var(--ink); }
.strong { font-weight: 700; }
.tick { fill: var(--faint); }
.on-dark { fill: #fff; }
.on-light { fill: #111; }
.on-dark, .on-light { pointer-events: none; }
.bar { stroke: var(--ground); stroke-width: 0.5; }
.wait { stroke: var(--hatch); stroke-width: 0.5; }
.wait-ground { fill: var(--wait); }
.wait-line { stroke: var(--hatch); stroke-width: 2; }
.critical { stroke: var(--mark); stroke-width: 2; }
.cross { fill: none; stroke: #b30000; stroke-width: 2.5; }
.cross-ground { fill: none; stroke: #fff; stroke-width: 6; }
.cycle { fill: var(--accent); }
.cycle.other { fill: var(--other); stroke: var(--accent); stroke-dasharray: 3 2; }
.cycle.bad { fill: none; stroke: var(--bad); stroke-width: 2; }
.cycle.current { stroke: var(--mark); stroke-width: 3; }
.usual { stroke: var(--ink); stroke-dasharray: 6 4; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 8px 0 10px; padding: 0; font-size: 13px; }
.legend li { display: flex; align-items: center; gap: 6px; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--faint); font-weight: 600; white-space: nowrap; }
td { overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
@page { size: A4 landscape; margin: 12mm; }
@media print {
  body { padding: 0; max-width: none; font-size: 10pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  svg.chart { min-width: 0; }
  svg.chart, tr, .legend { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
  .scroll { overflow: visible; }
}
`);
