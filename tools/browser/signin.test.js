// Sessions in a browser: sign in, lock, sign out, back, reload and tabs.
import assert from "node:assert/strict";
import { test } from "node:test";

import { api, heading, newBrowser, newUser, password, signedIn, signIn } from "./clinic.js";

test("after the sign-in, the page that was asked for is shown", async (t) => {
  const user = await newUser();
  const page = await newBrowser(t);
  await page.goto("/console/account/");
  await heading(page, "Sign in");
  await signIn(page, { ...user, password: "not the password" });
  await page.getByText("do not belong to an active account").waitFor();
  assert.equal(await page.getByLabel("Password").inputValue(), "");
  await signIn(page, user);
  await page.waitForURL("**/console/account/");
});

test("neither reload, back, nor another tab signs anybody out", async (t) => {
  const page = await signedIn(t, await newUser());
  await page.reload();
  await heading(page, "Find a patient or a doctor");
  await page.goto("/console/doctors/");
  await page.goBack();
  await heading(page, "Find a patient or a doctor");
  const tabs = await Promise.all(Array.from({ length: 4 }, () => page.context().newPage()));
  await Promise.all(tabs.map((tab) => tab.goto("/console/")));
  for (const tab of tabs) await heading(tab, "Find a patient or a doctor");
  await page.reload();
  await heading(page, "Find a patient or a doctor");
});

test("after a sign-out, the back button and other tabs show nothing", async (t) => {
  const page = await signedIn(t, await newUser());
  const tab = await page.context().newPage();
  await tab.goto("/console/");
  await page.goto("/console/doctors/");
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
  await page.goBack();
  await heading(page, "Sign in");
  await tab.reload();
  await heading(tab, "Sign in");
  assert.deepEqual(await page.context().cookies(), []);
});

test("a session that ends elsewhere is refused at once", async (t) => {
  const user = await newUser();
  const page = await signedIn(t, user);
  await api("DELETE", `/api/users/${user.id}/sessions/`);
  await page.reload();
  await page.getByText("Your session has ended").waitFor();
  await signIn(page, user);
  await heading(page, "Find a patient or a doctor");
});

test("a deactivated user is refused at once", async (t) => {
  const user = await newUser();
  const page = await signedIn(t, user);
  await api("DELETE", `/api/users/${user.id}/`);
  await page.reload();
  await heading(page, "Sign in");
  await signIn(page, user);
  await page.getByText("do not belong to an active account").waitFor();
});

test("a session that nobody has used for a while is unlocked by the password", async (t) => {
  const user = await newUser();
  const page = await signedIn(t, user);
  // The session counts as unused without the time of the last use.
  await page.context().clearCookies({ name: "healthcare-seen" });
  await page.goto("/console/doctors/");
  await heading(page, "Locked");
  assert.equal(await page.getByRole("navigation").count(), 0);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Unlock" }).click();
  await page.getByText("This is not the current password.").first().waitFor();
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Unlock" }).click();
  await page.waitForURL("**/console/doctors/");
  await page.getByRole("navigation", { name: "Main" }).waitFor();
});

test("a colleague signs in at a locked desk", async (t) => {
  const page = await signedIn(t, await newUser());
  const colleague = await newUser("Sam", "Lee");
  await page.context().clearCookies({ name: "healthcare-seen" });
  await page.reload();
  await page.getByRole("button", { name: "Sign out, to sign in as somebody else" }).click();
  await signIn(page, colleague);
  await page.getByRole("link", { name: "Sam Lee" }).waitFor();
});

test("scripts of the page cannot read the cookies", async (t) => {
  const page = await signedIn(t, await newUser());
  assert.equal(await page.evaluate(() => document.cookie), "");
});
