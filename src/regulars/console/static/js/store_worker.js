// The service worker of the store's screens: keeps the shell, and nothing of a customer.
//
// The server writes two lines above this: FILES (style and scripts of this release) and OFFLINE (a page).

// Names carry the hash of their content, so another release is another cache.
const CACHE = `regulars-store-${FILES.map((name) => name.split(".").at(-2)).join("-")}`;

self.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll([...FILES, OFFLINE]);
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("regulars-store-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const kept = (name) => caches.match(name, { ignoreVary: true });
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async () => (await kept(OFFLINE)) ?? Response.error()));
  } else if (FILES.includes(new URL(request.url).pathname)) {
    event.respondWith(kept(new URL(request.url).pathname).then((found) => found ?? fetch(request)));
  }
});
