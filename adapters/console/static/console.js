"use strict";
// The pages work without this script. It makes them quicker and is never required.

// A page that the browser kept is loaded again, so that nobody sees it after a sign-out.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// A link from another site comes without the cookies (SameSite=Strict): ask again from here.
if (document.querySelector("[data-reload]")) location.replace(location.href);

// A form that was refused: one types on in the first bad field, or reads what is wrong.
(document.querySelector("[aria-invalid]") ?? document.querySelector(".problems[tabindex]:not(:has(~ form [autofocus]))"))?.focus();

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

// newQuestion returns a function that posts a form while somebody types. It waits until the typing
// pauses, and passes the answer and its page to show. Each call, and stop, drops what came before.
// Without a connection nothing happens: the button of the form works in any case.
const newQuestion = (show) => {
  let timer;
  let request = new AbortController();
  const stop = () => {
    clearTimeout(timer);
    request.abort();
  };
  const send = async (address, fields, signal) => {
    try {
      const answer = await fetch(address, { method: "POST", body: new URLSearchParams(fields), signal });
      show(answer, new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch (failure) {
      if (!signal.aborted && !(failure instanceof TypeError)) throw failure;
    }
  };
  const ask = (address, fields) => {
    stop();
    request = new AbortController();
    timer = setTimeout(send, 250, address, fields, request.signal);
  };
  return { ask, stop };
};

// Find: results as one types. The form is posted as the button would, and the part of the page
// with the results is taken out of the answer.
const find = document.querySelector("form[data-find]");
const box = find?.querySelector("input[type=search]");
if (find) {
  document.querySelector("[data-keys]").hidden = false;
  const region = document.querySelector("[data-results]");
  const found = document.querySelector("[data-found]");
  let shown = box.value;
  box.select(); // The next search replaces this one.
  const question = newQuestion((answer, page) => {
    if (answer.status === 401) return find.submit(); // The page that comes asks to sign in or unlock.
    const results = page.querySelector("[data-results]");
    if (!results) return; // The button shows what is wrong.
    region.replaceChildren(...results.childNodes);
    found.textContent = page.querySelector("[data-found]").textContent;
    history.replaceState(null, "", answer.url);
    shown = box.value;
  });
  box.addEventListener("input", () => question.ask(find.action, new FormData(find)));
  const links = () => [...region.querySelectorAll("[data-result]")];
  find.addEventListener("submit", (event) => {
    question.stop();
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

// The key / leads to the find box from everywhere, except while one types. The page of one's own
// account switches it off.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  const typing = event.target === box ? box.selectionStart > 0 : event.target.closest?.("input, select, textarea, [contenteditable]");
  if (typing || !("shortcut" in document.body.dataset)) return;
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
  const parts = text.normalize("NFKC").replace(/[٠-٩۰-۹]/g, (digit) => digit.charCodeAt(0) & 15).split(/[.,/年月日\s\p{Pd}\u2212]+/u).filter(Boolean);
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

// While the name of a doctor is typed, the doctors who have it are shown below the form (the
// pattern "combobox" of WAI-ARIA). The form then sends the doctor who was chosen. The list covers
// nothing, and does not close when the button is pressed: the button would move away.
for (const form of document.querySelectorAll("form[data-names]")) {
  const input = form.elements.doctor_name;
  const list = Object.assign(document.createElement("ul"), { id: "doctor-names", className: "suggestions", hidden: true });
  const status = Object.assign(document.createElement("p"), { className: "hint" });
  const chosen = Object.assign(document.createElement("input"), { type: "hidden", name: "doctor_name_match" });
  list.setAttribute("role", "listbox");
  status.setAttribute("role", "status");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" })) {
    input.setAttribute(name, value);
  }
  form.append(chosen, status, list);

  const show = (shown) => {
    list.hidden = !shown;
    input.setAttribute("aria-expanded", String(shown));
    if (!shown) select(null);
  };
  const select = (option) => {
    for (const other of list.children) other.setAttribute("aria-selected", String(other === option));
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };
  const selected = () => list.querySelector("[aria-selected=true]");
  const stop = () => {
    question.stop();
    show(false);
  };
  const choose = (option) => {
    stop();
    input.value = option.dataset.name;
    chosen.value = option.dataset.doctor;
    status.textContent = option.textContent;
  };
  const question = newQuestion((answer, page) => {
    if (!answer.ok) return;
    const found = [...page.querySelectorAll("[data-doctor]")].map((doctor) => {
      const option = Object.assign(document.createElement("li"), { id: "doctor-name-" + doctor.dataset.doctor, textContent: doctor.textContent });
      option.dataset.doctor = doctor.dataset.doctor;
      option.dataset.name = doctor.querySelector("a").textContent;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      return option;
    });
    list.replaceChildren(...found);
    list.setAttribute("aria-label", page.querySelector("h1").textContent);
    status.textContent = page.querySelector("[data-found]").textContent;
    show(found.length > 0);
  });
  input.addEventListener("input", () => {
    stop();
    form.querySelector("[data-matches]")?.remove(); // They belong to another name.
    chosen.value = "";
    status.textContent = "";
    if (input.value.trim()) question.ask(form.dataset.names, { doctor_name: input.value });
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const option = selected();
    if (event.key === "ArrowDown") select(option?.nextElementSibling ?? list.firstElementChild);
    else if (event.key === "ArrowUp") select(option?.previousElementSibling ?? list.lastElementChild);
    else if (event.key === "Enter" && option) choose(option);
    else if (event.key === "Escape") stop();
    else if (event.key === "Tab") return stop();
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-doctor]");
    if (!option) return;
    choose(option);
    input.focus();
  });
}
