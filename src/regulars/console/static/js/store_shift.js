// What leaves the screen of a shared tablet: at sign-out everything, and a customer nobody touches for a while.

const UNTOUCHED_MS = 15 * 60_000;
const LOOK_MS = 15_000;

/** The worker and its files; they know of no customer, but nothing is to stay behind. */
async function dropWorker() {
  for (const one of (await navigator.serviceWorker?.getRegistrations()) ?? []) await one.unregister();
  for (const name of (await globalThis.caches?.keys()) ?? []) await caches.delete(name);
}

export function start(form) {
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
