// Rare states of pages: what a page shows after something has happened. They have no pictures, and
// are described as in pages.js.
import { api, heading, newDoctor, newPatient, newUser, unique } from "./clinic.js";

export function statesOf(clinic) {
  const mia = `patients/${clinic.patients["Mia Chen"].id}/`;
  return [
    { path: "", as: "colleague", act: typeToFind },
    { path: mia, as: "colleague", act: typeDoctorsName },
    { path: mia, as: "colleague", act: assignUnknownDoctor },
    { path: "audit/", act: filterBySeveral },
    { path: "audit/", act: filterByNothing },
    { path: `${mia}accesses/`, act: filterByBadDay },
    { path: "patients/", as: "colleague", act: endTwice },
    { path: "patients/", as: "colleague", act: deleteMeanwhile },
    { path: "doctors/", act: editDoctorMeanwhile },
    { path: "doctors/", act: deleteDoctorMeanwhile },
    { path: "users/", act: editUserMeanwhile },
    { path: "account/", act: editAccountMeanwhile },
    { path: "deleted/assignments/", act: restoreInTheWay },
    { path: "account/password/", act: changePasswordWrongly },
    { path: "patients/", as: "colleague", act: comeFromElsewhere },
    { path: "", as: "colleague", act: unlockWrongly },
  ];
}

async function typeToFind(page) {
  await page.getByRole("searchbox").fill("mia");
  await page.locator("[data-result]").nth(1).waitFor();
  await page.getByRole("searchbox").press("ArrowDown");
}

async function typeDoctorsName(page) {
  await page.locator("#doctor_name").fill("dr");
  await page.getByRole("option").first().waitFor();
  await page.locator("#doctor_name").press("ArrowDown");
  await page.getByRole("option", { selected: true }).waitFor();
}

async function assignUnknownDoctor(page) {
  await page.locator("#doctor_name").fill("nobody");
  await page.getByRole("button", { name: "Assign", exact: true }).click();
  await page.locator(".error").waitFor();
}

async function filterAudit(page, values) {
  await page.getByText("Filter", { exact: true }).click();
  for (const [label, value] of Object.entries(values)) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByRole("button", { name: "Show these events" }).click();
}

async function filterBySeveral(page) {
  await filterAudit(page, { Patient: "mia", Doctor: "dr" });
  await page.getByRole("group", { name: "Choose one" }).nth(1).waitFor();
}

async function filterByNothing(page) {
  await filterAudit(page, { "First day": "1.1.2001", "Last day": "2.1.2001" });
  await page.getByText("There is no such event.").waitFor();
}

async function filterByBadDay(page) {
  await page.getByText("Show only some days or one colleague").click();
  await page.getByLabel("First day", { exact: true }).fill("31.2.2026");
  await page.getByRole("button", { name: "Show these events" }).click();
  await page.getByRole("alert").waitFor();
}

// endTwice ends an assignment that has ended in another tab.
async function endTwice(page) {
  const doctor = await newDoctor({ name: unique("Dr. Ending") });
  const patient = await newPatient({ name: "Rosa Blum" });
  const mapping = await api("POST", "/api/mappings/", { patient: patient.id, doctor: doctor.id });
  await page.goto(`/console/patients/${patient.id}/`);
  await api("DELETE", `/api/mappings/${mapping.id}/`);
  await page.getByRole("button", { name: /^End assignment/ }).click();
  await page.getByRole("alert").waitFor();
}

async function deleteMeanwhile(page) {
  const { id } = await newPatient({ name: "Rosa Blum" });
  await page.goto(`/console/patients/${id}/delete/`);
  await api("PATCH", `/api/patients/${id}/`, { phone_number: "+49 30 555 0199" });
  await page.getByRole("button", { name: "Delete the patient" }).click();
  await page.getByRole("alert").waitFor();
}

async function editDoctorMeanwhile(page) {
  const { id } = await newDoctor({ name: unique("Dr. Two Minds") });
  await page.goto(`/console/doctors/${id}/edit/`);
  await api("PATCH", `/api/doctors/${id}/`, { specialization: "Neurology", salary: "91000.00" });
  await page.getByLabel("Specialization").fill("Nephrology");
  await page.getByLabel("Salary").fill("92000");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Save this choice" }).waitFor();
}

async function deleteDoctorMeanwhile(page) {
  const { id } = await newDoctor({ name: unique("Dr. Leaving") });
  await page.goto(`/console/doctors/${id}/delete/`);
  await api("PATCH", `/api/doctors/${id}/`, { specialization: "Neurology" });
  await page.getByRole("button", { name: "Delete this doctor" }).click();
  await page.getByRole("alert").waitFor();
}

async function editUserMeanwhile(page) {
  const { id } = await newUser("Vera", "Lind");
  await page.goto(`/console/users/${id}/edit/`);
  await api("PATCH", `/api/users/${id}/`, { last_name: "Lindner" });
  await page.getByLabel("Last name").fill("Lindberg");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").waitFor();
}

async function editAccountMeanwhile(page) {
  await api("PATCH", "/api/auth/me/", { phone_number: "+49 30 555 0101" });
  await page.getByLabel("Phone").fill("+49 30 555 0102");
  await api("PATCH", "/api/auth/me/", { phone_number: "+49 30 555 0103" });
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").waitFor();
}

// restoreInTheWay restores an assignment that exists again.
async function restoreInTheWay(page) {
  const doctor = await newDoctor({ name: unique("Dr. Again") });
  const patient = await newPatient({ name: "Rosa Blum" });
  const mapping = await api("POST", "/api/mappings/", { patient: patient.id, doctor: doctor.id });
  await api("DELETE", `/api/mappings/${mapping.id}/`);
  await api("POST", "/api/mappings/", { patient: patient.id, doctor: doctor.id });
  await page.reload();
  await page.locator(`form[action$="/assignments/${mapping.id}/restore/"] button`).click();
  await heading(page, "This cannot be restored now");
}

async function changePasswordWrongly(page) {
  await page.getByLabel("Current password").fill("wrong");
  await page.getByLabel("New password", { exact: true }).fill("short");
  await page.getByLabel("New password again").fill("other");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByRole("alert").waitFor();
}

// comeFromElsewhere follows a link of another site. Without the script, the page that makes the
// browser ask again stays.
async function comeFromElsewhere(page) {
  const address = page.url();
  await page.route("**/console.js", (route) => route.abort());
  await page.goto("about:blank");
  await page.setContent(`<a href="${address}">go</a>`);
  await page.getByRole("link", { name: "go" }).click();
  await page.getByRole("link", { name: "Continue" }).waitFor();
  await page.unroute("**/console.js");
}

async function unlockWrongly(page) {
  await page.context().clearCookies({ name: "healthcare-seen" });
  await page.reload();
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Unlock" }).click();
  await page.getByRole("alert").waitFor();
}
