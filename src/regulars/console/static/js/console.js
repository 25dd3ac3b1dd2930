// What every page needs: modules, dialogs, the side panel, copy buttons, toasts, relative times.

const SECOND = 1000;
const TOAST_MS = 8 * SECOND;
const WORDS = JSON.parse(document.body.dataset.words);

/** Load the module of each element that names one; a module sets an element up once. */
function loadModules(root) {
  const marked = [...root.querySelectorAll("[data-module]")];
  if (root.matches?.("[data-module]")) marked.push(root);
  for (const element of marked) {
    if (element.dataset.ready) continue;
    element.dataset.ready = "loading";
    import(element.dataset.module).then((module) => {
      module.start(element);
      element.dataset.ready = "yes";
    });
  }
}

/** The words of a relative time; the server writes the same ones. */
function ago(seconds) {
  if (seconds < 5) return WORDS.now;
  const [unit, size] = seconds < 60 ? ["s", 1] : seconds < 3600 ? ["min", 60] : ["h", 3600];
  return WORDS.ago.replace("%s", WORDS[unit].replace("%n", Math.floor(seconds / size)));
}

function tick() {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = Math.floor((Date.now() - Date.parse(time.dateTime)) / SECOND);
    if (seconds >= -5 && seconds < 86400) {
      const text = ago(seconds);
      if (time.textContent !== text) time.textContent = text;
    }
  }
}

export function toast(text) {
  const box = document.createElement("div");
  box.className = "toast";
  const span = document.createElement("span");
  span.textContent = text;
  box.append(span);
  document.getElementById("toasts")?.append(box);
  fade(box);
}

/** Toasts leave after eight seconds, unless somebody is reading or using them. */
function fade(box) {
  box.dataset.seen = "1";
  const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, 2 * SECOND) : box.remove());
  setTimeout(leave, TOAST_MS);
}

function fadeToasts() {
  for (const box of document.querySelectorAll("#toasts > .toast:not([data-seen])")) fade(box);
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(WORDS.copied);
  } catch {
    toast(WORDS.notCopied);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-open], [data-close], [data-dismiss], [data-print]");
  if (button?.dataset.copy !== undefined) copy(button);
  else if (button?.dataset.print !== undefined) print();
  else if (button?.dataset.open) {
    button.closest("[popover]")?.hidePopover();
    document.getElementById(button.dataset.open)?.showModal();
  } else if (button?.dataset.close !== undefined) button.closest("dialog")?.close();
  else if (button) button.closest("[data-toast]")?.remove();
  else if (event.target.matches("dialog")) event.target.close(); // the veil behind a dialog
  for (const menu of document.querySelectorAll("details.drop[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.drop[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("htmx:after:swap", (event) => {
  const target = event.detail.ctx.target;
  loadModules(document.body);
  if (target?.id === "panel-body") {
    const panel = document.getElementById("panel");
    if (!panel.open) panel.showModal();
    panel.scrollTop = 0;
  }
  fadeToasts();
});

document.addEventListener("htmx:error", (event) => {
  if (!event.detail.ctx?.request || event.detail.ctx.request.headers?.["X-Quiet"]) return;
  toast(WORDS.noAnswer);
});

loadModules(document);
fadeToasts();
setInterval(tick, 5 * SECOND);
