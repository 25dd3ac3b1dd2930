// The network as an associate meets it: what is shown while it is away, and what waits to be sent.
//
// All of it lives in the memory of the open page and nowhere else. What waits carries the key of its form, so the
// server counts it once, however often it is sent.

const PROBE_MS = 5_000;
const TIMEOUT_MS = 8_000;
const DRAW_MS = 15_000;
const TOLD_MAX = 5;
const WAITING_MAX = 100;
const IDLE_MS = 2_000;
const ENROL = "/store/enrol";
const FRAGMENT = { "HX-Request": "true" };

/** A text with its places filled in; a function, since a name may hold what `replace` would read as a pattern. */
const fill = (text, values) => text.replace(/%[a-z]/g, (place) => values[place] ?? place);

const age = (ms) => {
  const words = JSON.parse(document.body.dataset.words);
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return words.now;
  const [unit, n] = minutes < 60 ? ["min", minutes] : ["h", Math.floor(minutes / 60)];
  return words.ago.replace("%s", words[unit].replace("%n", n));
};

function net(bar) {
  const words = JSON.parse(bar.dataset.words);
  const page = document.getElementById("page");
  const field = document.getElementById("q");
  let online = true;
  let sending = false;
  let waiting = []; // {url, body, at, words}
  let told = []; // {ok, text}
  let last = null; // the last customer shown: {html, clock, at}
  let enrol = "";
  let note = "";

  const line = (text, kind = "", action = null, act = null) => {
    const p = document.createElement("p");
    p.className = kind;
    const span = document.createElement("span");
    span.textContent = text;
    p.append(span);
    if (action) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn";
      button.textContent = action;
      button.addEventListener("click", act);
      p.append(button);
    }
    return p;
  };
  const draw = () => {
    const lines = [];
    const card = page.querySelector("[data-card]");
    if (!online) {
      const asOf = fill(words.offlineAsOf, { "%c": last?.clock, "%a": age(Date.now() - last?.at) });
      const canShow = last && !card;
      lines.push(line(card && last ? asOf : words.offline, "", canShow && words.show, () => show(last.html)));
    }
    if (waiting.length) lines.push(line(fill(words.waiting, { "%n": waiting.length })));
    if (note) lines.push(line(note));
    for (const one of told) {
      lines.push(line(one.text, one.ok ? "ok" : "bad", words.dismiss, () => {
        told = told.filter((other) => other !== one);
        draw();
      }));
    }
    bar.dataset.waiting = waiting.length;
    if (bar.textContent !== lines.map((one) => one.textContent).join("")) bar.replaceChildren(...lines);
  };
  const show = (html) => {
    page.innerHTML = html; // what the server sent earlier
    const key = page.querySelector("#enrol [name=key]");
    if (key) key.value = newKey();
    htmx.process(page);
    (page.querySelector("[data-first]") ?? field).focus();
    draw();
  };
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
  const remember = () => {
    const card = page.querySelector("[data-card]");
    if (card && online) last = { html: page.innerHTML, clock: card.dataset.clock, at: Date.now() };
    note = "";
    draw();
  };
  const setOnline = (value) => {
    online = value;
    if (online) note = "";
    draw();
  };

  const queue = (form, submitter) => {
    const data = new FormData(form);
    if (submitter?.name) data.append(submitter.name, submitter.value);
    const names = ["given_name", "family_name"].map((name) => data.get(name)).filter(Boolean);
    const what = submitter?.dataset.words ?? [form.dataset.words, ...names].join(" ");
    waiting.push({ url: form.getAttribute("action"), body: new URLSearchParams(data), at: Date.now(), words: what });
    note = "";
    if (form.id === "enrol") show(enrol);
    else {
      form.replaceChildren(line(fill(words.kept, { "%a": submitter?.textContent.trim() })));
      field.focus({ preventScroll: true });
    }
    draw();
  };
  /** What was asked for while the network is away. */
  const hold = (source, submitter) => {
    if (source.matches("form[data-queue]") && waiting.length < WAITING_MAX) return queue(source, submitter);
    if (source.getAttribute("href") === ENROL && enrol) return show(enrol);
    note = source.id === "find" ? words.findOffline : words.notNow;
    draw();
  };

  const said = (text) => {
    const found = new DOMParser().parseFromString(text, "text/html").querySelector("[data-outcome], [role=alert]");
    return found?.textContent.trim().replace(/\s+/g, " ") ?? "";
  };
  const send = async (one) => {
    const body = new URLSearchParams(one.body);
    body.set("waited_ms", String(Math.max(0, Date.now() - one.at)));
    const answer = await fetch(one.url, { method: "POST", body, headers: FRAGMENT, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (answer.status === 429 || answer.status >= 500) return false;
    const why = answer.status === 401 ? words.signedOut : said(await answer.text());
    const text = fill(answer.ok ? words.sent : words.refused, { "%w": one.words, "%y": why });
    told = [{ ok: answer.ok, text: answer.ok && one.url === ENROL ? `${text}. ${why}` : text }, ...told].slice(0, TOLD_MAX);
    return true;
  };
  const flush = async () => {
    if (sending) return;
    sending = true;
    const before = waiting.length;
    try {
      while (waiting.length && (await send(waiting[0]))) waiting.shift();
    } catch {
      setOnline(false);
    }
    sending = false;
    const card = page.querySelector("[data-card]");
    if (waiting.length < before && card) await htmx.ajax("GET", card.dataset.path, { target: "#page", swap: "innerHTML" });
    draw();
  };
  const probe = async () => {
    try {
      await fetch("/store/ping", { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch {
      return setOnline(false);
    }
    setOnline(true);
    document.dispatchEvent(new Event("store:reached"));
    await flush();
  };

  const forget = (event) => {
    last = null;
    if (event.detail.leaving) [waiting, told, enrol] = [[], [], ""];
    draw();
  };

  addEventListener("offline", () => setOnline(false));
  addEventListener("online", probe);
  addEventListener("beforeunload", (event) => waiting.length && event.preventDefault());
  addEventListener("htmx:before:request", (event) => {
    const { sourceElement, request } = event.detail.ctx;
    if (online) return;
    event.preventDefault();
    hold(sourceElement, request.submitter);
  }, true);
  addEventListener("htmx:error", (event) => {
    const ctx = event.detail.ctx;
    if (!ctx?.request || ctx.response) return;
    event.stopPropagation();
    setOnline(false);
    hold(ctx.sourceElement, ctx.request.submitter);
  }, true);
  document.addEventListener("htmx:after:swap", (event) => event.detail.ctx.target?.id === "page" && remember());
  document.addEventListener("store:forget", forget);
  document.addEventListener("store:lost", () => setOnline(false));
  setInterval(draw, DRAW_MS);
  setInterval(() => (!online || waiting.length) && probe(), PROBE_MS);

  htmx.config.defaultTimeout = TIMEOUT_MS;
  navigator.serviceWorker?.register("/store/sw.js", { scope: "/store" }).catch(() => {});
  const idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, IDLE_MS));
  idle(
    () => fetch(ENROL, { headers: FRAGMENT }).then(async (answer) => {
      if (answer.ok) enrol = (await answer.text()).replace(/<title>.*?<\/title>/s, "");
    }, () => {}),
    { timeout: IDLE_MS },
  );
  remember();
  if (!navigator.onLine) setOnline(false);
}
