// An administrator's day.
import assert from "node:assert/strict";
import { test } from "node:test";

import { admin, api, field, heading, newBrowser, newPatient, newUser, signedIn, signIn, unique } from "./clinic.js";

test("a colleague with a temporary password signs in and has to choose another one", async (t) => {
  const email = `${unique("ines")}@clinic.example`;
  const page = await signedIn(t, admin);
  await page.goto("/console/users/");
  await page.getByRole("link", { name: "Add a user" }).click();
  await field(page, "First name").fill("Ines");
  await field(page, "Last name").fill("Rocha");
  await field(page, "Email address").fill(email);
  await page.getByRole("button", { name: "Create the account" }).click();
  await heading(page, "The account was created");
  const temporary = (await page.locator("main code").innerText()).trim();

  const theirs = await newBrowser(t);
  await theirs.goto("/console/patients/");
  await signIn(theirs, { email, password: temporary });
  await heading(theirs, "Change your password");
  await theirs.goto("/console/patients/");
  await heading(theirs, "Change your password");
  await field(theirs, "Current password").fill(temporary);
  await field(theirs, "New password").fill("marble-tundra-violin");
  await field(theirs, "New password again").fill("marble-tundra-violin");
  await theirs.getByRole("button", { name: "Change password" }).click();
  await theirs.getByText("Your password was changed.").waitFor();
  await theirs.goto("/console/patients/");
  await heading(theirs, "Patients");
});

test("a colleague who left is signed out at once and cannot sign in", async (t) => {
  const user = await newUser("Left", "Yesterday");
  const theirs = await signedIn(t, user);
  const page = await signedIn(t, admin);
  await page.goto(`/console/users/${user.id}/`);
  await page.getByRole("link", { name: "Deactivate the account" }).click();
  await page.getByText("is signed out everywhere at once").waitFor();
  await page.getByRole("button", { name: "Deactivate" }).click();
  await page.getByText("is signed out and cannot sign in any more").waitFor();
  await theirs.reload();
  await heading(theirs, "Sign in");
  await signIn(theirs, user);
  await theirs.getByText("do not belong to an active account").waitFor();
});

test("a deleted patient is found among the deleted records and restored", async (t) => {
  const clerk = await newUser();
  const name = unique("Peter Stein");
  const { id } = await newPatient({ name });
  await api("DELETE", `/api/patients/${id}/`, undefined, clerk);
  const page = await signedIn(t, admin);
  await page.getByRole("link", { name: "Deleted records" }).click();
  await page.getByRole("row", { name }).getByText("Nora Kim").waitFor();
  await page.getByRole("button", { name: `Restore: ${name}` }).click();
  await page.getByText(`${name} was restored.`).waitFor();
  await page.goto(`/console/patients/${id}/`);
  await heading(page, name);
});

test("it is shown who has seen a patient", async (t) => {
  const clerk = await newUser("Curious", "Colleague");
  const { id } = await newPatient();
  await api("GET", `/api/patients/${id}/`, undefined, clerk);
  const page = await signedIn(t, admin);
  await page.goto(`/console/patients/${id}/`);
  await page.getByRole("link", { name: "Who has seen this" }).click();
  await page.getByRole("row", { name: /Curious Colleague.*saw the record/ }).waitFor();
  await page.getByRole("link", { name: "Report for the patient" }).click();
  await page.getByRole("row", { name: /Curious Colleague.*saw the record/ }).waitFor();
});

test("the audit trail is filtered by a colleague's name and exported", async (t) => {
  const clerk = await newUser("Traced", unique("Person"));
  await newPatient();
  await api("GET", "/api/patients/", undefined, clerk);
  const page = await signedIn(t, admin);
  await page.getByRole("link", { name: "Audit trail" }).click();
  await page.getByText("Filter", { exact: true }).click();
  await field(page, "Done by").fill(clerk.name);
  await page.getByRole("button", { name: "Show these events" }).click();
  await page.getByText("The events that you asked for").waitFor();
  const rows = await page.locator("tbody tr").allInnerTexts();
  assert(rows.length > 0 && rows.every((row) => row.includes(clerk.name)), rows.join("\n"));
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export these events" }).click();
  assert.match((await download).suggestedFilename(), /\.csv$/);
});

test("the overview counts the records and leads to them", async (t) => {
  await newPatient();
  const page = await signedIn(t, admin);
  await page.getByRole("link", { name: "Overview" }).click();
  const row = page.getByRole("row", { name: /^Patients/ });
  assert(Number((await row.getByRole("cell").first().innerText()).replace(/\D/g, "")) > 0);
  await row.getByRole("link", { name: "Patients" }).click();
  await heading(page, "Patients");
});
