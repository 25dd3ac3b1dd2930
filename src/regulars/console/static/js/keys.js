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
  return target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

const rowAtHand = () => document.activeElement.closest("[data-row]");

function moveRow(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(rowAtHand());
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  // A link first: Enter opens the row and never does something to it.
  (next.matches("a, button") ? next : next.querySelector("a") ?? next.querySelector("button"))?.focus();
}

function edit() {
  const row = rowAtHand();
  (row ? row.querySelector("[data-edit]") : document.querySelector("main .page-head [data-edit]"))?.click();
}

/** Send the form at hand as its main button does; a page without one leaves the key to the browser. */
function save(event) {
  const form = document.activeElement.closest("form[data-save]") ?? document.querySelector("main form[data-save]");
  if (!form || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button.primary"));
}

/** Press what a letter stands for: in the row at hand, else on the page. */
function press(letter) {
  const marked = `[data-key="${letter}"]`;
  const row = document.activeElement.closest?.("[data-row]");
  (row?.querySelector(marked) ?? document.querySelector(`main ${marked}:not([data-row] *)`))?.click();
}

function goTo(letter) {
  const href = PLACES[letter];
  if (href && document.querySelector(`.nav a[href="${href}"]`)) location.assign(href);
}

const ACTIONS = {
  "/": () => (document.querySelector("main input[type=search]") ?? document.querySelector("#top-search"))?.focus(),
  j: () => moveRow(1),
  k: () => moveRow(-1),
  m: () => press("m"),
  s: () => press("s"),
  u: () => press("u"),
  x: () => rowAtHand()?.querySelector("[data-tick]")?.click(),
  e: edit,
  p: () => document.querySelector("[data-pause]")?.click(),
  "?": () => document.getElementById("keys")?.showModal(),
};

function shortcuts(dialog) {
  let going = 0;
  const box = dialog.querySelector("#keys-on");
  box.checked = enabled();
  box.addEventListener("change", () => localStorage.setItem(STORED, box.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s") save(event);
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

// The palette: Ctrl K opens it, arrows choose, Enter goes there. Ids of customers seen in this sitting stay in the tab.

const RECENT = "regulars.recent";
const RECENT_MAX = 5;

function recent() {
  try {
    return (sessionStorage.getItem(RECENT) ?? "").split(",").filter(Boolean);
  } catch {
    return [];
  }
}

function remember() {
  const id = location.pathname.match(/^\/customers\/([0-9a-f]{32})$/)?.[1];
  if (!id) return;
  try {
    sessionStorage.setItem(RECENT, [id, ...recent().filter((one) => one !== id)].slice(0, RECENT_MAX).join(","));
  } catch {
    // A browser without storage has no list of customers seen lately.
  }
}

function palette(dialog) {
  const form = dialog.querySelector("form");
  const words = dialog.querySelector("[role=combobox]");
  const list = dialog.querySelector("[role=listbox]");
  const options = () => [...list.querySelectorAll("[role=option]")];

  function choose(option) {
    for (const one of options()) one.setAttribute("aria-selected", String(one === option));
    if (option) {
      words.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else words.removeAttribute("aria-activedescendant");
  }

  // However it was opened: by key, or from the menu.
  new MutationObserver(() => {
    if (!dialog.open) return;
    words.value = "";
    form.elements.recent.value = recent().join(",");
    form.dispatchEvent(new CustomEvent("opened"));
  }).observe(dialog, { attributeFilter: ["open"] });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (dialog.open) dialog.close();
      else if (!document.querySelector("dialog[open]")) dialog.showModal();
    }
  });
  words.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((one) => one.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) choose(all[(at + step + all.length) % all.length]);
    else if (event.key === "Enter") all[Math.max(0, at)]?.click();
    else return;
    event.preventDefault();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.target === list) choose(options()[0]);
    remember();
  });
  remember();
}

export function start(dialog) {
  if (dialog.id === "palette") palette(dialog);
  else shortcuts(dialog);
}
