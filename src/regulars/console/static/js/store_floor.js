// The floor of a shop: the barcode scanner, and what leaves the screen of a shared tablet.

// The barcode scanner of the store's screens: a keyboard that types fast and ends with Enter, wherever the focus is.
//
// A burst of keys goes to the field for a card where the page has one, else to the search. What it typed into another
// field meanwhile is taken back. The server takes off what scanners put around a code. The fastest typists need more
// than 80 ms a key, scanners less than 40; single keys may come late on a busy tablet.

const KEY_MEAN_MS = 60;
const KEY_GAP_MS = 200;
const KEYS_MIN = 4;

function editable(element) {
  return element?.matches?.("input:not([type=checkbox]), textarea, select") ? element : null;
}

/** What was looked for in vain goes into the form of a new customer, where it belongs. */
function carry(field) {
  const said = field.value.trim();
  const name = said.includes("@") ? "email" : /^[+0][0-9 ()./-]{6,18}$/.test(said) ? "phone" : "";
  const empty = name && document.querySelector(`#enrol:not([data-carried]) [name=${name}][value=""]`);
  if (empty) empty.value = said;
  document.getElementById("enrol")?.setAttribute("data-carried", "");
}

function scan(form) {
  const field = form.querySelector("[name=q]");
  let keys = "";
  let began = 0;
  let last = 0;
  let before = null; // the field the burst began in, and what stood there

  const ready = () => {
    const card = document.querySelector("#page [data-card]");
    carry(field);
    if (card) field.value = "";
    const first = document.querySelector("#page [role=alert][tabindex], #page [data-first]") ?? field;
    first.focus({ preventScroll: first === field });
    if (first === field) field.select();
  };
  const scanned = () => {
    if (before) before.element.value = before.value;
    const card = document.querySelector("#page [data-scan]");
    (card ?? field).value = keys;
    if (card) card.focus();
    else form.requestSubmit();
  };

  document.addEventListener(
    "keydown",
    (event) => {
      const now = event.timeStamp;
      const follows = now - last <= KEY_GAP_MS;
      last = now;
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (event.key === "Enter" && plain) {
        const quick = follows && now - began <= KEY_MEAN_MS * keys.length;
        // In the search itself, Enter does what it should by itself.
        if (quick && keys.length >= KEYS_MIN && event.target !== field) {
          event.preventDefault();
          event.stopPropagation();
          scanned();
        }
        keys = "";
      } else if (event.key.length === 1 && plain && !event.isComposing) {
        if (!follows || !keys) {
          keys = "";
          began = now;
          const element = editable(event.target);
          before = element && { element, value: element.value };
        } else if (!before) event.preventDefault(); // a space would press the button in focus
        keys += event.key;
      } else if (event.key !== "Shift") keys = "";
    },
    true,
  );

  // What stands there gives way to the next scan or word.
  form.addEventListener("submit", () => field.select());
  field.addEventListener("focus", () => field.select());
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.target?.id === "page") ready();
  });
  ready();
}

// What leaves the screen of a shared tablet: at sign-out everything, and a customer nobody touches for a while.

const UNTOUCHED_MS = 15 * 60_000;
const LOOK_MS = 15_000;

/** The worker and its files; they know of no customer, but nothing is to stay behind. */
async function dropWorker() {
  for (const one of (await navigator.serviceWorker?.getRegistrations()) ?? []) await one.unregister();
  for (const name of (await globalThis.caches?.keys()) ?? []) await caches.delete(name);
}

function shift(form) {
  const words = JSON.parse(form.dataset.words);
  const page = document.getElementById("page");
  let leaving = false;
  let touched = Date.now();

  const clear = (text) => {
    const p = document.createElement("p");
    p.textContent = text;
    page.replaceChildren(p);
    document.getElementById("q").value = "";
    document.title = document.title.split(" · ").at(-1); // the shop's name, without the customer's
    history.replaceState(null, "", "/store");
    document.dispatchEvent(new CustomEvent("store:forget", { detail: { leaving } }));
  };
  const leave = async () => {
    try {
      await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" });
      location.assign("/sign-in");
    } catch {
      document.dispatchEvent(new Event("store:lost")); // told again when the network is back
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const waiting = Number(document.getElementById("net").dataset.waiting ?? 0);
    if (waiting && !confirm(words.lose)) return;
    leaving = true;
    clear(words.left);
    await dropWorker();
    await leave();
  });
  document.addEventListener("store:reached", () => leaving && leave());
  // A page that the browser kept for its back button may show what another person looked at.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => (touched = Date.now()), true);
  setInterval(() => {
    if (Date.now() - touched > UNTOUCHED_MS && page.querySelector("[data-card], .people, #enrol")) clear(words.away);
  }, LOOK_MS);
}

// How long reserved points stay reserved: told by the server as seconds left, so that the tablet's clock does not matter.

const ends = new Map(); // by the hold's id, so that a card shown again does not begin anew

function countDown(timer) {
  const { name, left, over } = timer.dataset;
  if (!ends.has(name)) ends.set(name, Date.now() + Number(left) * 1000);
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((ends.get(name) - Date.now()) / 1000));
    timer.textContent = seconds ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : over;
    if (!seconds) timer.closest("form")?.querySelector("button")?.remove();
    if (!seconds || !timer.isConnected) clearInterval(ticking);
  };
  const ticking = setInterval(tick, 1000);
  tick();
}

export function start(form) {
  if (form.id === "net") net(form);
  else if (form.matches("[role=timer]")) countDown(form);
  else if (form.id === "find") scan(form);
  else shift(form);
}
