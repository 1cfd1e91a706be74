// A clerk's day at the desk.
import assert from "node:assert/strict";
import { before, test } from "node:test";

import { api, field, heading, newDoctor, newPatient, newUser, signedIn, unique } from "./clinic.js";

let clerk;
let colleague;
before(async () => {
  clerk = await newUser("Nora", "Kim");
  colleague = await newUser("Sam", "Lee");
});

const find = (page) => page.getByRole("searchbox");

// number returns seven digits that no other patient has.
const number = () => String(1_000_000 + Math.floor(Math.random() * 8_999_999));

test("a caller is found by the phone number, however it is written", async (t) => {
  const digits = number();
  const name = unique("Ida Caller");
  await newPatient({ name, phone_number: `+49 30 ${digits}` });
  const page = await signedIn(t, clerk);
  for (const typed of [`+49 30 ${digits}`, `030${digits}`, `(030) ${digits.slice(0, 3)}-${digits.slice(3)}`, digits]) {
    await find(page).fill(typed);
    await find(page).press("Enter");
    await page.getByRole("link", { name }).first().waitFor();
    assert(!page.url().includes(digits), "the address has no search words");
    await page.goto("/console/");
  }
});

test("what is typed finds patients at once, and the keyboard opens one", async (t) => {
  const name = unique("Zoë Lindqvist");
  await newPatient({ name: `${name} first` });
  await newPatient({ name: `${name} second` });
  const page = await signedIn(t, clerk);
  await page.goto("/console/doctors/");
  await page.keyboard.press("/");
  await heading(page, "Find a patient or a doctor");
  await page.keyboard.type(name.toLowerCase().replace("ë", "e"));
  await page.getByRole("link", { name: `${name} second` }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await heading(page, `${name} second`);
  await page.goBack();
  await page.getByRole("link", { name: `${name} first` }).waitFor();
});

test("a patient is added, and the birth date is shown back with the month's name", async (t) => {
  const page = await signedIn(t, clerk);
  const name = unique("Emil Keller");
  await page.goto("/console/patients/");
  await page.getByRole("link", { name: "Add a patient" }).click();
  await field(page, "Name").fill(name);
  await field(page, "Date of birth").fill("30.11.1987");
  await page.getByText("30 November 1987", { exact: true }).waitFor();
  await field(page, "Phone").fill("030 5550123");
  await page.getByRole("button", { name: "Add a patient" }).click();
  await heading(page, name);
  await page.getByText("The patient was added.").waitFor();
  await page.getByText(/^30 November 1987 \(\d+ years\)$/).waitFor();
  await page.reload();
  await heading(page, name);
  assert.equal(await page.getByText("The patient was added.").count(), 0, "the notice is shown once");
});

test("every bad field is shown beside its input, with what was typed", async (t) => {
  const page = await signedIn(t, clerk);
  await page.goto("/console/patients/add/");
  await field(page, "Date of birth").fill("31.02.2019");
  await field(page, "Email").fill("emil.keller");
  await field(page, "Address").fill("Weserstraße 18");
  await page.getByRole("button", { name: "Add a patient" }).click();
  await page.getByRole("alert").waitFor();
  for (const label of ["Name", "Date of birth", "Email"]) {
    assert.equal(await field(page, label).getAttribute("aria-invalid"), "true", label);
    const described = (await field(page, label).getAttribute("aria-describedby")).split(" ");
    assert.notEqual(await page.locator(`#${described.at(-1)}`).innerText(), "", label);
  }
  assert.equal(await field(page, "Address").getAttribute("aria-invalid"), null);
  assert.equal(await field(page, "Date of birth").inputValue(), "31.02.2019");
  assert.equal(await field(page, "Address").inputValue(), "Weserstraße 18");
});

test("a likely duplicate is added only after a warning", async (t) => {
  const name = unique("Noah Berg");
  const known = await newPatient({ name, date_of_birth: "2019-05-12" });
  const page = await signedIn(t, clerk);
  await page.goto("/console/patients/add/");
  await field(page, "Name").fill(name.toUpperCase());
  await field(page, "Date of birth").fill("12.05.2019");
  await page.getByRole("button", { name: "Add a patient" }).click();
  await page.getByText("This patient may be here already").waitFor();
  assert((await page.getByRole("link", { name }).first().getAttribute("href")).endsWith(`/patients/${known.id}/`));
  await page.getByRole("button", { name: "Add anyway" }).click();
  await heading(page, name.toUpperCase());
});

test("a form that is sent twice adds one patient", async (t) => {
  const page = await signedIn(t, clerk);
  const name = unique("Lotte Doppel");
  await page.goto("/console/patients/add/");
  await field(page, "Name").fill(name);
  const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/patients/add/"));
  // A script clicks twice before the first answer can arrive.
  await page.getByRole("button", { name: "Add a patient" }).evaluate((button) => {
    button.click();
    button.click();
  });
  await heading(page, name);
  const form = await sent;
  const again = await page.request.post(form.url(), { headers: await form.allHeaders(), data: form.postData() });
  assert.equal(again.url(), page.url(), "the second one leads to the same patient");
  const found = await api("GET", `/api/patients/?search=${encodeURIComponent(name)}`);
  assert.equal(found.length, 1);
});

test("when a colleague has saved meanwhile, both versions are shown and one is chosen", async (t) => {
  const { id } = await newPatient({ name: unique("Mia Konflikt"), phone_number: "+49 30 5550001", address: "Lindenstraße 4" });
  const mine = await signedIn(t, clerk);
  const theirs = await signedIn(t, colleague);
  for (const page of [mine, theirs]) await page.goto(`/console/patients/${id}/edit/`);
  await field(theirs, "Phone").fill("+49 30 5550002");
  await field(theirs, "Email").fill("mia@mail.example");
  await theirs.getByRole("button", { name: "Save" }).click();
  await theirs.getByText("Saved.").waitFor();

  await field(mine, "Phone").fill("+49 30 5550003");
  await field(mine, "Address").fill("Lindenstraße 14");
  await mine.getByRole("button", { name: "Save" }).click();
  await mine.getByText("Sam Lee has changed this record since you opened the form.").waitFor();
  const phone = mine.getByRole("group", { name: "Phone" });
  await phone.getByText("+49 30 5550001").waitFor();
  await phone.getByText("+49 30 5550002").waitFor();
  await phone.getByRole("radio", { name: "You typed: +49 30 5550003" }).check();
  await mine.getByRole("button", { name: "Save this choice" }).click();
  await mine.getByText("Saved.").waitFor();
  const saved = await api("GET", `/api/patients/${id}/`);
  assert.deepEqual([saved.phone_number, saved.address, saved.email], ["+49 30 5550003", "Lindenstraße 14", "mia@mail.example"]);
});

test("a doctor is assigned by a part of the name, and the end of an assignment is undone", async (t) => {
  const name = unique("Dr. Yara Nwosu");
  await newDoctor({ name });
  const { id } = await newPatient();
  const page = await signedIn(t, clerk);
  await page.goto(`/console/patients/${id}/`);
  await page.locator("#doctor_name").fill(name.slice(4).toLowerCase());
  await page.getByRole("button", { name: "Assign", exact: true }).click();
  await page.getByText(`${name} is assigned now.`).waitFor();
  await page.getByRole("button", { name: `End assignment of ${name}` }).click();
  await page.getByText("The assignment has ended.").waitFor();
  assert.equal(await page.getByRole("link", { name, exact: true }).count(), 0);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("link", { name, exact: true }).waitFor();
});

test("a deletion says what will happen, and is undone by whoever did it", async (t) => {
  const name = unique("Otto Gelöscht");
  const { id } = await newPatient({ name });
  const page = await signedIn(t, clerk);
  await page.goto(`/console/patients/${id}/`);
  await page.getByRole("link", { name: "Delete" }).click();
  await page.getByText("You can undo this.").waitFor();
  await page.getByRole("button", { name: "Delete the patient" }).click();
  await page.getByText("The patient was deleted.").waitFor();
  assert.equal((await page.request.get(`/console/patients/${id}/`)).status(), 404);
  await page.getByRole("button", { name: "Undo" }).click();
  await heading(page, name);
});

test("what was typed is saved after the session has ended", async (t) => {
  const user = await newUser();
  const { id } = await newPatient();
  const page = await signedIn(t, user);
  await page.goto(`/console/patients/${id}/edit/`);
  await field(page, "Address").fill("Weserstraße 180");
  await api("DELETE", `/api/users/${user.id}/sessions/`);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Your session has ended").waitFor();
  await page.getByLabel("Email address").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Saved.").waitFor();
  assert.equal((await api("GET", `/api/patients/${id}/`)).address, "Weserstraße 180");
});

test("a record on paper has no navigation and no buttons", async (t) => {
  const name = unique("Paula Papier");
  const { id } = await newPatient({ name });
  const page = await signedIn(t, clerk);
  await page.goto(`/console/patients/${id}/`);
  await page.emulateMedia({ media: "print" });
  await heading(page, name);
  await page.getByText("30 November 1987").waitFor();
  for (const shown of await page.locator("nav, button, form, .actions").all()) assert(!await shown.isVisible());
});
