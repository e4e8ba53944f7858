// Makes the pages handier. Everything works without it.
(() => {
  "use strict";
  const all = (what, from = document) => [...from.querySelectorAll(what)];
  const typing = (spot) => spot.closest("input:not([type=checkbox]), textarea, select, dialog");

  // Moments: written again each minute.
  const steps = [[60, 1, ""], [3600, 60, "min"], [86400, 3600, "h"], [2592000, 86400, "d"]];
  const ago = (then) => {
    const seconds = (Date.now() - then) / 1000;
    const step = steps.find(([below]) => Math.abs(seconds) < below);
    if (!step) return null;
    if (!step[2]) return "just now";
    const text = `${Math.floor(Math.abs(seconds) / step[1])} ${step[2]}`;
    return seconds < 0 ? `in ${text}` : `${text} ago`;
  };
  const tell = () => all("time[data-ago]").forEach((time) => {
    time.textContent = ago(Date.parse(time.dateTime)) ?? time.textContent;
  });
  setInterval(tell, 60000);

  // Select all, and how many are selected.
  const boxes = () => all("input[name=finding]");
  const count = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    all("[data-chosen]").forEach((spot) => { spot.textContent = `${chosen} selected`; });
    all("input[data-all]").forEach((box) => {
      box.checked = chosen > 0 && chosen === boxes().length;
      box.indeterminate = chosen > 0 && chosen < boxes().length;
    });
  };
  all("[data-needs-script]").forEach((part) => { part.hidden = false; });
  document.addEventListener("change", ({ target }) => {
    if (target.matches("input[data-all]")) boxes().forEach((box) => { box.checked = target.checked; });
    if (target.matches("input[data-all], input[name=finding]")) count();
    if (target.matches("select[data-shows]")) shown(target);
  });

  // Parts of a form that belong to one choice of a list.
  const shown = (list) => all(`[data-for="${list.id}"]`).forEach((part) => {
    part.hidden = !part.dataset.when.split(" ").includes(list.value);
    all("input, select, textarea", part).forEach((input) => { input.disabled = part.hidden; });
  });
  all("select[data-shows]").forEach(shown);
  count();

  // Copy buttons.
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("button[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });

  // Parts that change by themselves, while somebody looks.
  const renew = async () => {
    const parts = all("[data-live]");
    if (!parts.length || document.hidden || parts.some((part) => part.contains(document.activeElement))) return;
    const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    parts.forEach((part) => {
      const fresh = page.getElementById(part.id);
      if (fresh && fresh.innerHTML !== part.innerHTML) part.replaceWith(fresh);
    });
    tell();
  };
  if (all("[data-live]").length) setInterval(renew, 5000);

  // Keys: j and k move, x selects, o opens, / searches, ? helps.
  let row = -1;
  const go = (by) => {
    const rows = all("tr[data-row]");
    if (!rows.length) return;
    row = Math.min(Math.max(row + by, 0), rows.length - 1);
    rows.forEach((one, at) => one.classList.toggle("at", at === row));
    rows[row].querySelector("a.title")?.focus({ preventScroll: true });
    rows[row].scrollIntoView({ block: "nearest" });
  };
  const keys = {
    j: () => go(1),
    k: () => go(-1),
    x: () => all("tr[data-row]")[row]?.querySelector("input[type=checkbox]")?.click(),
    o: () => all("tr[data-row]")[row]?.querySelector("a.title")?.click(),
    "/": () => document.querySelector("input[type=search]")?.focus(),
    "?": () => document.getElementById("keys")?.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const action = Object.hasOwn(keys, event.key) && keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
})();
