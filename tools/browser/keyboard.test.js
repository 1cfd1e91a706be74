// A day by keyboard alone: Tab and Shift+Tab, Enter, Space, the arrows and letters.
import assert from "node:assert/strict";
import { test } from "node:test";

import { heading, newBrowser, newDoctor, newUser, unique } from "./clinic.js";

test("everything can be done by keyboard, and the focus is always visible", async (t) => {
  const doctor = unique("Dr. Keys");
  await newDoctor({ name: doctor });
  const user = await newUser();
  const page = await newBrowser(t);
  const keys = page.keyboard;
  await page.goto("/console/");
  await tabTo(page, "Email address");
  await keys.type(user.email);
  await tabTo(page, "Password");
  await keys.type(user.password);
  await keys.press("Enter");
  await heading(page, "Find a patient or a doctor");

  await page.goto("/console/patients/");
  await keys.press("Tab");
  assert.equal(await focused(page), "Skip to the content");
  await keys.press("Enter");
  await tabTo(page, "Add a patient");
  await keys.press("Enter");
  await heading(page, "Add a patient");
  const name = unique("Tasta Tour");
  await tabTo(page, "Name");
  await keys.type(name);
  await tabTo(page, "Date of birth");
  await keys.type("30/11/1987");
  await tabTo(page, "Gender");
  await keys.press("ArrowDown");
  await tabTo(page, "Add a patient");
  await keys.press("Space");
  await heading(page, name);
  await page.getByText("Female").waitFor();

  await tabTo(page, "Name of the doctor to assign");
  await keys.type(doctor.slice(4).toLowerCase());
  await page.getByRole("option", { name: doctor }).waitFor();
  await keys.press("ArrowDown");
  await keys.press("Enter");
  assert.equal(await page.locator("#doctor_name").inputValue(), doctor);
  await keys.press("Enter");
  await page.getByText(`${doctor} is assigned now.`).waitFor();

  await tabTo(page, "Delete");
  await keys.press("Enter");
  await heading(page, `Delete ${name}?`);
  await tabTo(page, "Delete the patient");
  await keys.press("Enter");
  await page.getByText("The patient was deleted.").waitFor();
  await tabTo(page, "Undo");
  await keys.press("Enter");
  await heading(page, name);
  await keys.press("/");
  await heading(page, "Find a patient or a doctor");
  await tabTo(page, "Sign out");
  await keys.press("Enter");
  await heading(page, "Sign in");
});

// focused returns the name of what has the focus: of its label, of its label's attribute or its text.
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    return (element.labels?.[0]?.textContent ?? element.getAttribute("aria-label") ?? element.textContent).trim();
  });
}

// tabTo presses Tab until the element with this name has the focus, at most around the page once.
async function tabTo(page, name) {
  const passed = [];
  for (;;) {
    if ((await focused(page)) === name) break;
    await page.keyboard.press("Tab");
    passed.push(await focused(page));
    assert(passed.length < 60, `${name} is not reached by Tab: ${passed.join(", ")}`);
  }
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, "none", `the focus on ${name} cannot be seen`);
}
