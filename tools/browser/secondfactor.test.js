// The second factor: set it up with the key that is shown, and sign in with codes.
import assert from "node:assert/strict";
import { test } from "node:test";

import { assertAccessible, injectable } from "./accessible.js";
import { field, heading, newBrowser, newUser, signedIn, signIn } from "./clinic.js";
import { code } from "./totp.js";

test("a second factor is set up, and signing in then needs a code", async (t) => {
  const user = await newUser();
  const page = await signedIn(t, user, injectable);
  await page.goto("/console/account/second-factor/");
  await field(page, "Current password").fill(user.password);
  await page.getByRole("button", { name: "Set up a second factor" }).click();
  await page.getByRole("img", { name: "QR code" }).waitFor();
  const key = await page.locator("main code").innerText();
  await field(page, "Code").fill("000000");
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.locator("main code").innerText(), key, "the key stays the same after a wrong code");
  await field(page, "Code").fill(code(key));
  await page.getByRole("button", { name: "Switch on" }).click();
  await heading(page, "Your recovery codes");
  await assertAccessible(page);
  const recovery = await page.locator("main code").first().innerText();

  const again = await newBrowser(t, injectable);
  await again.goto("/console/patients/");
  await signIn(again, user);
  await again.getByLabel("Code of your second factor").fill("000000");
  await again.getByRole("button", { name: "Sign in" }).click();
  await again.getByRole("alert").waitFor();
  await assertAccessible(again);
  // A code can be used once, so this is the next one.
  await again.getByLabel("Code of your second factor").fill(code(key, 1));
  await again.getByRole("button", { name: "Sign in" }).click();
  await heading(again, "Patients");

  const lost = await newBrowser(t);
  await lost.goto("/console/");
  await signIn(lost, user);
  await lost.getByLabel("Code of your second factor").fill(recovery);
  await lost.getByRole("button", { name: "Sign in" }).click();
  await heading(lost, "Find a patient or a doctor");
});
