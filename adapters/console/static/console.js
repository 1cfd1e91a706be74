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

// While the name of a doctor is typed, the doctors who have it are shown below the input (the
// pattern "combobox" of WAI-ARIA). The form then sends the doctor who was chosen.
for (const form of document.querySelectorAll("form[data-names]")) {
  const input = form.elements.doctor_name;
  const list = Object.assign(document.createElement("ul"), { id: "doctor-names", className: "suggestions", hidden: true });
  const status = Object.assign(document.createElement("p"), { className: "hint" });
  const chosen = Object.assign(document.createElement("input"), { type: "hidden", name: "doctor" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0].textContent);
  status.setAttribute("role", "status");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" })) {
    input.setAttribute(name, value);
  }
  input.after(list, status);
  form.append(chosen);

  let timer = 0;
  let running = new AbortController();
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
    clearTimeout(timer);
    running.abort();
    show(false);
  };
  const choose = (option) => {
    stop();
    input.value = option.dataset.name;
    chosen.value = option.dataset.doctor;
    status.textContent = option.textContent;
  };
  const ask = async () => {
    running.abort();
    running = new AbortController();
    try {
      const body = new URLSearchParams({ doctor_name: input.value });
      const answer = await fetch(form.dataset.names, { method: "POST", body, signal: running.signal });
      if (!answer.ok) return stop();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = [...page.querySelectorAll("[data-doctor]")].map((doctor) => {
        const option = Object.assign(document.createElement("li"), { id: "doctor-name-" + doctor.dataset.doctor, textContent: doctor.textContent });
        option.dataset.doctor = doctor.dataset.doctor;
        option.dataset.name = doctor.querySelector("a").textContent;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        return option;
      });
      list.replaceChildren(...found);
      status.textContent = page.querySelector("[data-found]").textContent;
      show(found.length > 0);
    } catch {
      // Typing went on, or the service does not answer: the form works without the list.
    }
  };
  input.addEventListener("input", () => {
    stop();
    chosen.value = "";
    status.textContent = "";
    if (input.value.trim()) timer = setTimeout(ask, 200);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const option = selected();
    if (event.key === "ArrowDown") select(option?.nextElementSibling ?? list.firstElementChild);
    else if (event.key === "ArrowUp") select(option?.previousElementSibling ?? list.lastElementChild);
    else if (event.key === "Enter" && option) choose(option);
    else if (event.key === "Escape") stop();
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", stop);
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-doctor]");
    if (option) choose(option);
  });
}
