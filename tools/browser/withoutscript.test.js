// A day without JavaScript.
import assert from "node:assert/strict";
import { test } from "node:test";

import { field, heading, newBrowser, newDoctor, newUser, signIn, unique } from "./clinic.js";

test("everything works without JavaScript", async (t) => {
  const doctor = unique("Dr. Plain");
  await newDoctor({ name: doctor });
  await newDoctor({ name: `${doctor} the Second` });
  const user = await newUser();
  const page = await newBrowser(t, { javaScriptEnabled: false });
  await page.goto("/console/");
  await signIn(page, user);
  await heading(page, "Find a patient or a doctor");

  const name = unique("Ohne Skript");
  await page.getByRole("link", { name: "Add a patient" }).first().click();
  await field(page, "Name").fill(name);
  await field(page, "Date of birth").fill("1 Feb 1980");
  await page.getByRole("button", { name: "Add a patient" }).click();
  await heading(page, name);
  await page.getByText("1 February 1980").waitFor();

  await page.locator("#doctor_name").fill(doctor);
  await page.getByRole("button", { name: "Assign", exact: true }).click();
  await page.getByRole("group", { name: "Choose one" }).getByLabel(`${doctor}, `).check();
  await page.getByRole("button", { name: "Assign", exact: true }).click();
  await page.getByText(`${doctor} is assigned now.`).waitFor();

  await page.getByRole("link", { name: "Edit" }).click();
  await field(page, "Phone").fill("030 5550177");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  await page.getByRole("link", { name: "History", exact: true }).first().click();
  await page.getByText("030 5550177").waitFor();

  await page.getByRole("link", { name: "Find", exact: true }).click();
  await page.getByRole("searchbox").fill(name);
  await page.getByRole("button", { name: "Find" }).click();
  await page.getByRole("link", { name }).click();
  await page.getByRole("link", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete the patient" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await heading(page, name);

  await page.context().clearCookies({ name: "healthcare-seen" });
  await page.getByRole("link", { name: "Edit" }).click();
  await heading(page, "Locked");
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Unlock" }).click();
  await heading(page, `Edit ${name}`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
  await page.goBack();
  assert.equal(await page.getByText(name).count(), 0, "the back button shows nothing");
});
