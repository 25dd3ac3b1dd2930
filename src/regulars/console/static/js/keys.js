// Keyboard shortcuts. Single letters never act in fields and can be switched off in the list of shortcuts.

const STORED = "regulars.keys";
const PLACES = { h: "/", c: "/customers", e: "/events" };

const enabled = () => {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
};

function typing(target) {
  return target.closest?.("input, textarea, select, [contenteditable]") !== null;
}

function moveRow(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement.closest?.("[data-row]"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  (next.matches("a, button") ? next : next.querySelector("a, button"))?.focus();
}

function goTo(letter) {
  const href = PLACES[letter];
  if (href && document.querySelector(`.nav a[href="${href}"]`)) location.assign(href);
}

const ACTIONS = {
  "/": () => (document.querySelector("main input[type=search]") ?? document.querySelector("#top-search"))?.focus(),
  j: () => moveRow(1),
  k: () => moveRow(-1),
  p: () => document.querySelector("[data-pause]")?.click(),
  "?": () => document.getElementById("keys")?.showModal(),
};

export function start(dialog) {
  let going = 0;
  const box = dialog.querySelector("#keys-on");
  box.checked = enabled();
  box.addEventListener("change", () => localStorage.setItem(STORED, box.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !enabled()) return;
    if (document.querySelector("dialog[open]")) return;
    if (Date.now() - going < 1500) {
      going = 0;
      goTo(event.key);
    } else if (event.key === "g") going = Date.now();
    else if (ACTIONS[event.key]) {
      event.preventDefault();
      ACTIONS[event.key]();
    }
  });
}
