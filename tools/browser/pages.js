// Every page of the console, as the tests of pages.test.js visit it.
import { heading, signIn } from "./clinic.js";

// pagesOf returns the pages of a clinic (see records.js). Each has
//   name    the name of its pictures, if it has some
//   path    its address below /console/
//   as      who visits it: "admin" unless it says "clerk", "colleague" or "nobody"
//   act     what happens on it before it is looked at
//   status  the status of the first answer, 200 unless it says another
export function pagesOf(clinic) {
  const mia = `patients/${clinic.patients["Mia Chen"].id}/`;
  const ana = `doctors/${clinic.doctors["Dr. Ana Ruiz"].id}/`;
  const clerk = `users/${clinic.clerk.id}/`;
  return [
    { name: "sign-in", path: "sign-in/", as: "nobody" },
    { path: "sign-in/", as: "nobody", act: (page) => signIn(page, { email: "x@clinic.example", password: "wrong" }).then(() => page.getByRole("alert").waitFor()) },
    { name: "find", path: "", as: "clerk", act: (page) => find(page, "mia che") },
    { path: "", as: "clerk", act: (page) => find(page, "nobody has this name") },
    { name: "patients", path: "patients/", as: "clerk" },
    { path: "patients/", as: "clerk", act: (page) => page.getByText("More filters").click() },
    { name: "patient", path: mia },
    { path: mia, as: "clerk" },
    { name: "patient-add", path: "patients/add/", as: "clerk", act: addWithErrors },
    { name: "patient-duplicate", path: "patients/add/", as: "clerk", act: addAgain },
    { name: "patient-edit", path: `${mia}edit/`, as: "clerk" },
    { name: "patient-conflict", path: `${mia}edit/`, as: "clerk", act: editMeanwhile },
    { name: "patient-history", path: `${mia}history/`, as: "clerk" },
    { name: "patient-accesses", path: `${mia}accesses/` },
    { path: `${mia}accesses/report/` },
    { path: `${mia}history/1/`, as: "clerk" },
    { path: `${mia}assignments/`, as: "clerk" },
    { name: "assign", path: mia, as: "clerk", act: assignAnyDoctor },
    { name: "patient-delete", path: `${mia}delete/`, as: "clerk" },
    { name: "doctors", path: "doctors/" },
    { name: "doctor", path: ana },
    { path: ana, as: "clerk" },
    { path: "doctors/add/" },
    { path: `${ana}edit/` },
    { path: `${ana}history/` },
    { path: `${ana}delete/` },
    { name: "overview", path: "overview/" },
    { path: "overview/", as: "clerk" },
    { name: "users", path: "users/" },
    { name: "user", path: clerk },
    { path: "users/add/" },
    { name: "temporary-password", path: "users/add/", act: addUser },
    { path: `${clerk}edit/` },
    { path: `${clerk}password/` },
    { path: `${clerk}sessions/` },
    { path: `${clerk}sign-out/` },
    { path: `${clerk}deactivate/` },
    { name: "deleted", path: "deleted/" },
    { path: "deleted/doctors/" },
    { path: "deleted/assignments/" },
    { name: "audit", path: "audit/" },
    { path: "audit/", act: (page) => page.getByText("Filter", { exact: true }).click() },
    { name: "account", path: "account/", as: "clerk" },
    { path: "account/sessions/", as: "clerk" },
    { path: "account/password/", as: "clerk" },
    { path: "account/second-factor/", as: "clerk" },
    { name: "second-factor", path: "account/second-factor/", as: "clerk", act: enrol },
    { path: "patients/999999/", as: "clerk", status: 404 },
    { path: "users/", as: "clerk", status: 403 },
    { name: "locked", path: "", as: "clerk", act: lock },
  ];

  async function find(page, words) {
    await page.getByRole("searchbox").fill(words);
    await page.getByRole("searchbox").press("Enter");
    await page.waitForURL("**/console/?q=*");
    await page.locator("[data-results]").waitFor();
  }

  async function addWithErrors(page) {
    await page.getByLabel("Date of birth").fill("31.02.2019");
    await page.getByLabel("Email").fill("emil.keller");
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByRole("alert").waitFor();
  }

  async function addAgain(page) {
    await page.getByLabel("Name", { exact: true }).fill("Noah Berg");
    await page.getByLabel("Date of birth").fill("12.5.2019");
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByRole("button", { name: "Add anyway" }).waitFor();
  }

  async function editMeanwhile(page) {
    await page.getByLabel("Phone").fill("+49 30 555 0190");
    await page.getByLabel("External number").fill(`K-${4471 + Math.floor(Math.random() * 1000)}`);
    const colleague = await page.context().newPage();
    await colleague.goto(page.url());
    await colleague.getByLabel("Phone").fill(`+49 30 555 ${1000 + Math.floor(Math.random() * 9000)}`);
    await colleague.getByRole("button", { name: "Save" }).click();
    await colleague.getByText("Saved.").waitFor();
    await colleague.close();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Save this choice" }).waitFor();
  }

  async function assignAnyDoctor(page) {
    await page.locator("#doctor_name").fill("dr");
    await page.getByRole("button", { name: "Assign", exact: true }).click();
    await page.getByRole("group", { name: "Choose one" }).waitFor();
  }

  async function addUser(page) {
    await page.getByLabel("First name").fill("Ines");
    await page.getByLabel("Last name").fill("Rocha");
    await page.getByLabel("Email address").fill(`ines.rocha${Date.now() % 1000}@clinic.example`);
    await page.getByRole("button", { name: "Create the account" }).click();
    await heading(page, "The account was created");
  }

  async function enrol(page) {
    await page.getByLabel("Current password").fill(clinic.clerk.password);
    await page.getByRole("button", { name: "Set up a second factor" }).click();
    await page.getByRole("img", { name: "QR code" }).waitFor();
  }

  async function lock(page) {
    await page.context().clearCookies({ name: "healthcare-seen" });
    await page.reload();
    await heading(page, "Locked");
  }
}
