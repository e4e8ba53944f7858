"""The style and the script of the page of html.py. They load nothing and keep nothing."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --page: #fff; --ink: #1a1f27; --line: #d0d5dd; --quiet: #5b6472;
  --card: #f6f7f9; --bar: #3367b0; --critical: #a8071a; --high: #ad3e00; --medium: #7a5900;
  --low: #1f5f8b; }
@media (prefers-color-scheme: dark) { :root { --page: #14171c; --ink: #e6e9ee; --line: #3b424d;
  --quiet: #a3adbb; --card: #1d2127; --bar: #6ea0e6; --critical: #ff8f8f; --high: #ffab73;
  --medium: #e8c55a; --low: #8cc4f0; } }
* { box-sizing: border-box; }
html { background: var(--page); color: var(--ink); }
body { margin: 0 auto; max-width: 1400px; padding: 1.5rem; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .75rem; }
.quiet { color: var(--quiet); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 1rem; }
figure { margin: 0; padding: .75rem 1rem; background: var(--card); border-radius: 8px;
  overflow-x: auto; }
figcaption { font-weight: 600; margin-bottom: .5rem; }
svg { display: block; max-width: 100%; height: auto; font-size: 13px; }
svg text { fill: currentColor; }
.bar { fill: var(--bar); }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin-bottom: .75rem; }
label { display: grid; gap: .2rem; font-size: .85rem; }
input, select, button { font: inherit; padding: .3rem .5rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem .6rem;
  border-bottom: 1px solid var(--line); }
th { white-space: nowrap; }
td.where, td.reason { overflow-wrap: anywhere; }
code { font-family: ui-monospace, monospace; font-size: .92em; overflow-wrap: anywhere; }
.severity { font-weight: 600; }
.critical { color: var(--critical); } .high { color: var(--high); }
.medium { color: var(--medium); } .low { color: var(--low); }
[hidden] { display: none; }
@media print { form { display: none; } }
"""

SCRIPT: Final = """
"use strict";
const form = document.querySelector("form");
const rows = [...document.querySelectorAll("#findings tbody tr")];
const told = document.querySelector("#told");
function shows(row, given) {
  const words = given.get("text").toLowerCase().split(/\\s+/).filter(Boolean);
  const text = row.textContent.toLowerCase();
  return words.every(word => text.includes(word))
    && ["severity", "rule", "state"].every(
      name => !given.get(name) || row.dataset[name] === given.get(name));
}
function filter() {
  const given = new FormData(form);
  let shown = 0;
  for (const row of rows) {
    row.hidden = !shows(row, given);
    shown += !row.hidden;
  }
  told.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
}
if (form) {
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  filter();
}
"""
