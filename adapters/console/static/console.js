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

// Find: results as one types. The form is posted as the button would, and the part of the page
// with the results is taken out of the answer. An answer to words that have changed since is
// dropped.
const find = document.querySelector("form[data-find]");
const box = find?.querySelector("input[type=search]");
if (find) {
  const region = document.querySelector("[data-results]");
  const found = document.querySelector("[data-found]");
  let shown = box.value;
  let timer;
  let request;
  const ask = async () => {
    const words = box.value;
    request?.abort();
    request = new AbortController();
    try {
      const answer = await fetch(find.action, { method: "POST", body: new URLSearchParams(new FormData(find)), signal: request.signal });
      const text = await answer.text();
      if (words !== box.value) return;
      if (answer.status === 401) return find.submit(); // The page that comes asks to sign in or unlock.
      const page = new DOMParser().parseFromString(text, "text/html");
      const results = page.querySelector("[data-results]");
      if (!results) return; // The button shows what is wrong.
      region.replaceChildren(...results.childNodes);
      found.textContent = page.querySelector("[data-found]").textContent;
      history.replaceState(null, "", answer.url);
      shown = words;
    } catch {
      // There is no connection, or the words have changed. The button works in any case.
    }
  };
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 250);
  });
  const links = () => [...region.querySelectorAll("[data-result]")];
  find.addEventListener("submit", (event) => {
    clearTimeout(timer);
    // Enter opens the only result.
    if (box.value && box.value === shown && links().length === 1) {
      event.preventDefault();
      links()[0].click();
    }
  });
  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stops = [box, ...links()];
    const at = stops.indexOf(document.activeElement);
    if (!step || at < 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    stops[Math.min(Math.max(at + step, 0), stops.length - 1)].focus();
  });
}

// The key / leads to the find box from everywhere, except while one types.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  if (event.target.closest?.("input, select, textarea, [contenteditable]") || !document.querySelector(".top nav")) return;
  event.preventDefault();
  if (box) {
    box.focus();
    box.select();
  } else {
    location.assign(document.querySelector(".brand").href);
  }
});

// Below a date it is shown how it is understood, with the name of the month. The rules are those
// of locale.parseDate.
const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const monthNumber = (text) => (text.length < 3 ? 0 : months.findIndex((month) => month.toLowerCase().startsWith(text.toLowerCase())) + 1);
const readDate = (text, usual) => {
  const parts = text.normalize("NFKC").split(/[.,/年月日\s\p{Pd}\u2212]+/u).filter(Boolean);
  if (parts.length !== 3) return null;
  let order = usual;
  if (parts[0].length === 4) order = "ymd";
  else if (monthNumber(parts[0])) order = "mdy";
  else if (monthNumber(parts[1]) || text.includes(".") || order === "ymd") order = "dmy";
  const part = (letter) => parts[order.indexOf(letter)];
  const month = String(monthNumber(part("m")) || part("m"));
  if (!/^\d{4}$/.test(part("y")) || !/^\d{1,2}$/.test(month) || !/^\d{1,2}$/.test(part("d"))) return null;
  const date = new Date(0);
  date.setUTCFullYear(Number(part("y")), Number(month) - 1, Number(part("d")));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(part("d")) ? date : null;
};
const writeDate = (date, order) => {
  const [day, month, year] = [date.getUTCDate(), months[date.getUTCMonth()], date.getUTCFullYear()];
  return { dmy: `${day} ${month} ${year}`, mdy: `${month} ${day}, ${year}`, ymd: `${year} ${month} ${day}` }[order];
};
for (const input of document.querySelectorAll("input[data-kind=date]")) {
  const order = document.documentElement.dataset.dates;
  const line = document.createElement("p");
  line.className = "hint";
  line.setAttribute("aria-live", "polite");
  input.after(line);
  const show = () => {
    const date = readDate(input.value, order);
    line.textContent = date ? writeDate(date, order) : "";
  };
  input.addEventListener("input", show);
  show();
}
