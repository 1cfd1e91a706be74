// The clinic in which the tests work: the running service, its users and records, and browsers.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const { SERVICE_URL, ADMIN_EMAIL, ADMIN_PASSWORD, CHROMIUM } = process.env;
assert(SERVICE_URL && ADMIN_EMAIL && ADMIN_PASSWORD && CHROMIUM, "tools/browser/run sets what the tests need");

// password is the password of each user whom newUser makes.
export const password = "copper-lagoon-teapot";

// admin is the first administrator.
export const admin = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };

let browser;
before(async () => {
  // Chromium refuses its sandbox to root, the user of many containers.
  browser = await chromium.launch({ executablePath: CHROMIUM, chromiumSandbox: process.getuid?.() !== 0 });
});
after(() => browser?.close());

// newBrowser returns an empty page of a browser of its own, with its own cookies. The test fails
// if a script of the page fails, or if the page breaks its content security policy.
export async function newBrowser(t, options = {}) {
  const context = await browser.newContext({ baseURL: SERVICE_URL, locale: "en-GB", viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(10_000);
  const faults = [];
  context.on("weberror", (event) => faults.push(String(event.error())));
  context.on("console", (message) => {
    if (/content security policy/i.test(message.text())) faults.push(message.text());
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
  return context.newPage();
}

// signedIn returns the first page of a browser in which a user is signed in.
export async function signedIn(t, user, options) {
  const page = await newBrowser(t, options);
  await page.goto("/console/");
  await signIn(page, user);
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  return page;
}

// signIn fills in the form that the page shows, and sends it.
export async function signIn(page, user) {
  await page.getByLabel("Email address").fill(user.email);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

// api calls the REST API as a user, the administrator by default, and returns the data of the
// answer.
export async function api(method, path, body, user = admin) {
  const response = await fetch(SERVICE_URL + path, {
    method,
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${await token(user)}` },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  assert(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text && JSON.parse(text);
}

const tokens = new Map();

function token(user) {
  if (!tokens.has(user.email)) tokens.set(user.email, login(user));
  return tokens.get(user.email);
}

async function login(user) {
  const response = await fetch(`${SERVICE_URL}/api/auth/login/`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username: user.email, password: user.password }),
  });
  assert(response.ok, `login of ${user.email}: ${response.status}`);
  return (await response.json()).access;
}

let made = 0;

// unique returns a text that no other test uses.
export function unique(text) {
  made += 1;
  return `${text}${process.pid}x${made}`;
}

// newUser makes a user who has no duties.
export async function newUser(first_name = "Nora", last_name = "Kim", role = "STAFF", email = `${unique(first_name.toLowerCase())}@clinic.example`) {
  const { id } = await api("POST", "/api/auth/register/", { email, password, first_name, last_name, role });
  return { id, email, password, name: `${first_name} ${last_name}` };
}

// newPatient and newDoctor make records with believable values.
export const newPatient = (values = {}) => api("POST", "/api/patients/", {
  name: "Mia Chen", date_of_birth: "1987-11-30", gender: "F", phone_number: "+4930901820", address: "Lindenstraße 4, 10969 Berlin",
  medical_record: "Penicillin allergy.", ...values,
});

export const newDoctor = (values = {}) => api("POST", "/api/doctors/", {
  name: "Dr. Ana Ruiz", specialization: "Cardiology", license_number: unique("TS-"), salary: "98500.00", ...values,
});

// heading waits until the page has this heading.
export const heading = (page, name) => page.getByRole("heading", { level: 1, name, exact: true }).waitFor();

// field returns the input with this label. A label of another input can begin with the same words.
export const field = (page, label) => page.getByRole("main").getByLabel(label, { exact: true });
