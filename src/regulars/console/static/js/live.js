// The one live stream of a page: its badge, pausing, and what to do when it breaks.
//
// While held (paused, or somebody reads further down) messages are counted, not shown; going on loads the newest.

const POLL_MS = 10_000;
const RETRY_MS = 1_000;
const ROWS_MAX = 200;
const READING_PX = 240;
const SAY_EVERY_MS = 10_000;

function setBadge(state) {
  const badge = document.querySelector("#badge .live");
  if (!badge || badge.dataset.state === state) return;
  badge.dataset.state = state;
  badge.textContent = badge.dataset[state];
}

export function start(stream) {
  const rows = () => document.getElementById("rows");
  let paused = false;
  let held = 0;
  let unsaid = 0;
  let poll = null;
  let alive = false;

  const reading = () => {
    if (!rows()) return false;
    const inRows = rows().contains(document.activeElement) && document.activeElement.matches(":focus-visible");
    return scrollY > READING_PX || inRows || document.querySelector("dialog[open]") !== null;
  };
  const showHeld = () => {
    const bar = document.getElementById("held");
    if (!bar) return;
    bar.hidden = held === 0;
    bar.querySelector("[data-count]").textContent = held > 999 ? "999+" : String(held);
  };
  const newest = async () => {
    held = 0;
    showHeld();
    await htmx.ajax("GET", location.pathname + location.search, {
      source: rows(), target: "#rows", select: "#rows", swap: "outerHTML",
    });
  };
  const setPaused = (value) => {
    paused = value;
    const button = document.querySelector("[data-pause]");
    if (button) {
      button.setAttribute("aria-pressed", String(paused));
      button.querySelector("[data-label]").textContent = paused ? button.dataset.resume : button.dataset.pause;
    }
    setBadge(paused ? "paused" : alive ? "live" : "wait");
    if (!paused && held) newest();
  };

  stream.addEventListener("htmx:sse:before:message", (event) => {
    if (!stream.isConnected || !rows()) return;
    const count = (event.detail.message.data.match(/data-event=/g) ?? []).length;
    unsaid += count;
    if (!count || !(paused || reading())) return;
    event.preventDefault();
    held += count;
    showHeld();
  });
  stream.addEventListener("htmx:sse:after:message", () => {
    // After a break the page and the stream may both bring a row; and a list has an end.
    const seen = new Set();
    for (const row of document.querySelectorAll("#rows [data-event]")) {
      if (seen.has(row.dataset.event) || seen.size >= ROWS_MAX) row.remove();
      seen.add(row.dataset.event);
    }
  });
  stream.addEventListener("htmx:sse:after:connection", () => {
    alive = true;
    clearTimeout(poll);
    poll = null;
    if (!paused) setBadge("live");
  });

  // A broken stream: say so, and fetch the page, soon at first and then every ten seconds, until it is back.
  const fetchPage = async (wait) => {
    if (!stream.isConnected) return;
    if (!document.hidden && !paused) {
      await htmx.ajax("GET", location.pathname + location.search, {
        source: stream, target: "#page", swap: "innerMorph", headers: { "X-Quiet": "1" },
      });
      if (!stream._htmx?.sse) htmx.process(stream, true);
    }
    if (!alive) poll = setTimeout(fetchPage, wait, Math.min(2 * wait, POLL_MS));
  };
  const broken = () => {
    alive = false;
    if (!paused) setBadge("wait");
    poll ??= setTimeout(fetchPage, RETRY_MS, 2 * RETRY_MS);
  };
  stream.addEventListener("htmx:sse:error", broken);
  stream.addEventListener("htmx:sse:close", (event) => event.detail.reason === "ended" && broken());
  stream.addEventListener("htmx:error", broken);
  stream.addEventListener("htmx:response:error", broken);

  const onClick = (event) => {
    if (!stream.isConnected) return document.removeEventListener("click", onClick);
    if (event.target.closest("[data-pause]")) setPaused(!paused);
    if (event.target.closest("[data-newest]")) {
      scrollTo({ top: 0 });
      document.activeElement.blur();
      setPaused(false);
      newest();
    }
  };
  document.addEventListener("click", onClick);

  // Screen readers hear of a stream as a number, now and then, never row by row.
  const say = setInterval(() => {
    if (!stream.isConnected) return clearInterval(say);
    const voice = document.getElementById("said");
    if (voice && unsaid) voice.textContent = voice.dataset.words.replace("0", String(unsaid));
    unsaid = 0;
  }, SAY_EVERY_MS);

  alive = stream._htmx?.sse != null;
  setBadge(alive ? "live" : "wait");
}
