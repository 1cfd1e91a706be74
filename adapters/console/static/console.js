"use strict";
// The pages work without this script. It makes them quicker and is never required.

// A page that the browser kept is loaded again, so that nobody sees it after a sign-out.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// A link from another site comes without the cookies (SameSite=Strict): ask again from here.
if (document.querySelector("[data-reload]")) location.replace(location.href);

// Times are shown in the zone and the words of the browser.
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) {
    time.title = time.textContent;
    time.textContent = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(at);
  }
}

// A second click does not send a form again while the answer to the first is awaited.
addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 3000);
});

// While somebody types, the service is told that the session is in use. When nobody has for the
// time of CONSOLE_IDLE, in this and all other tabs, the page makes room for the lock.
const idle = Number(document.body.dataset.idle) * 1000;
if (idle) {
  const tabs = new BroadcastChannel("healthcare activity");
  let used = Date.now();
  let told = Date.now();
  tabs.onmessage = () => { used = Date.now(); };
  const use = () => {
    used = Date.now();
    if (used - told < Math.min(60000, idle / 4)) return;
    told = used;
    tabs.postMessage("used");
    fetch(document.body.dataset.active, { method: "POST", body: new URLSearchParams() }).catch(() => {});
  };
  for (const kind of ["keydown", "pointerdown", "input"]) addEventListener(kind, use, { passive: true });
  setInterval(() => {
    // A moment later than the service, which then shows the lock.
    if (Date.now() - used > idle + 15000) location.reload();
  }, 5000);
}
