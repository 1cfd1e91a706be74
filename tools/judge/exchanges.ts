// Exchanges with the service through Prism, which compares each request and each answer with
// openapi.yaml and answers with an error of its own if one of them violates it.
import assert from "node:assert/strict";

const { PROXY_URL, ADMIN_EMAIL, ADMIN_PASSWORD } = process.env;
assert(PROXY_URL && ADMIN_EMAIL && ADMIN_PASSWORD);

let count = 0;

interface Options {
  token?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
}

// send sends a request and requires the status. It returns the answer's JSON, or its text.
async function send(status: number, method: string, path: string, { token, body, headers }: Options = {}) {
  const answer = await fetch(PROXY_URL + path, {
    method,
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  count++;
  const text = await answer.text();
  if (text.includes("https://stoplight.io/prism/errors")) throw new Error(`${method} ${path} violates openapi.yaml: ${text}`);
  assert.equal(answer.status, status, `${method} ${path}: ${text}`);
  return answer.headers.get("Content-Type")?.includes("json") ? JSON.parse(text || "{}") : text;
}

const staffEmail = "sam.lee@clinic.example";
const password = "copper-lagoon-teapot";
const login = { username: ADMIN_EMAIL, password: ADMIN_PASSWORD };

// Without a token.
for (const path of ["/", "/livez", "/readyz", "/openapi.json"]) await send(200, "GET", path, { headers: { Accept: "application/json" } });
await send(401, "POST", "/api/auth/login/", { body: { ...login, password: "wrong" } });
await send(201, "POST", "/api/auth/register/", { body: { email: staffEmail, password, first_name: "Sam" } });
await send(400, "POST", "/api/auth/register/", { body: { email: staffEmail, password } });
const session = await send(200, "POST", "/api/auth/login/", { body: login });
const { access: admin } = await send(200, "POST", "/api/auth/login/refresh/", { body: { refresh: session.refresh } });
const { access: staff } = await send(200, "POST", "/api/auth/login/", { body: { username: staffEmail, password } });

// The caller's own account.
await send(200, "GET", "/api/", { token: staff });
await send(200, "GET", "/api/auth/me/", { token: staff });
await send(200, "PATCH", "/api/auth/me/", { token: staff, body: { phone_number: "+15550100" } });
await send(200, "GET", "/api/auth/permissions/", { token: staff });
await send(200, "GET", "/api/auth/sessions/", { token: staff });
await send(200, "GET", "/api/auth/mfa/", { token: staff });
await send(201, "POST", "/api/auth/mfa/", { token: staff, body: { password } });
await send(400, "POST", "/api/auth/mfa/confirm/", { token: staff, body: { otp: "000000" } });
await send(204, "DELETE", "/api/auth/sessions/", { token: staff });

// Users.
await send(403, "GET", "/api/users/", { token: staff });
const users = await send(200, "GET", "/api/users/?search=sam&role=STAFF&is_active=true", { token: admin });
await send(200, "GET", `/api/users/${users[0].id}/`, { token: admin });
await send(200, "GET", `/api/users/${users[0].id}/sessions/`, { token: admin });
await send(200, "PATCH", `/api/users/${users[0].id}/`, { token: admin, body: { last_name: "Lee" } });

// Records, as an Admin and as Staff.
const house = { name: "Dr. Ben Okafor", specialization: "Neurology", license_number: "EX-1", salary: "91250.00" };
await send(403, "POST", "/api/doctors/", { token: staff, body: house });
const doctor = await send(201, "POST", "/api/doctors/", { token: admin, body: house });
await send(400, "POST", "/api/doctors/", { token: admin, body: house });
await send(200, "PUT", `/api/doctors/${doctor.id}/`, { token: admin, body: { ...house, salary: 92000 } });
await send(200, "PATCH", `/api/doctors/${doctor.id}/`, { token: admin, body: { specialization: "Surgery" } });
for (const token of [admin, staff]) {
  await send(200, "GET", "/api/doctors/?limit=1", { token });
  await send(200, "GET", `/api/doctors/${doctor.id}/`, { token });
  await send(200, "GET", `/api/doctors/${doctor.id}/history/`, { token });
  await send(200, "GET", `/api/doctors/${doctor.id}/history/2/`, { token });
}
const patient = await send(201, "POST", "/api/patients/", { token: staff, body: { name: "Omar Haddad", gender: "M" } });
await send(200, "PATCH", `/api/patients/${patient.id}/`, { token: staff, body: { gender: null, email: "omar@mail.example" } });
await send(200, "PUT", `/api/patients/${patient.id}/`, { token: staff, body: { name: "Omar Haddad", date_of_birth: "1990-02-28" } });
await send(200, "GET", "/api/patients/", { token: staff });
await send(200, "GET", `/api/patients/${patient.id}/`, { token: staff });
await send(404, "GET", "/api/patients/999999/", { token: staff });
await send(200, "GET", `/api/patients/${patient.id}/history/`, { token: staff });
await send(200, "GET", `/api/patients/${patient.id}/history/3/`, { token: staff });
const mapping = await send(201, "POST", "/api/mappings/", { token: staff, body: { patient: patient.id, doctor: doctor.id } });
await send(400, "POST", "/api/mappings/", { token: staff, body: { patient: patient.id, doctor: doctor.id } });
await send(200, "GET", `/api/mappings/?patient_id=${patient.id}`, { token: staff });
await send(200, "GET", `/api/mappings/${patient.id}/`, { token: staff });
await send(200, "PATCH", `/api/mappings/${mapping.id}/`, { token: staff, body: { doctor: doctor.id } });
await send(200, "GET", `/api/patients/${patient.id}/doctors/`, { token: staff });
await send(200, "GET", `/api/doctors/${doctor.id}/patients/`, { token: staff });

// Searches, filters and orders. (Not fields: Prism would miss the members that were not asked for.)
const found = await send(200, "GET", "/api/patients/?search=haddad&has_doctor=true&ordering=-name&count=true", { token: staff });
assert.deepEqual(found.map(({ id }: { id: number }) => id), [patient.id]);
await send(200, "POST", "/api/patients/search/", { token: staff, body: { search: "haddad 1990-02-28", ordering: "name", limit: 1, count: true } });
await send(200, "GET", "/api/doctors/?search=ben&joined_at__gte=2000-01-01&ordering=specialization", { token: staff });
await send(200, "GET", "/api/mappings/?ordering=-assigned_at&count=true", { token: staff });

// Deleted records.
for (const [list, id] of [["mappings", mapping.id], ["patients", patient.id], ["doctors", doctor.id]]) {
  await send(204, "DELETE", `/api/${list}/${id}/`, { token: admin });
  await send(404, "DELETE", `/api/${list}/${id}/`, { token: admin });
  await send(200, "GET", `/api/${list}/deleted/`, { token: admin });
  await send(403, "GET", `/api/${list}/deleted/`, { token: staff });
}
for (const [list, id] of [["doctors", doctor.id], ["patients", patient.id], ["mappings", mapping.id]]) {
  await send(200, "POST", `/api/${list}/${id}/restore/`, { token: admin });
}

// The audit trail.
await send(200, "GET", "/api/audit/?ordering=-id&limit=50", { token: admin, headers: { Accept: "application/json" } });
await send(200, "GET", `/api/patients/${patient.id}/accesses/`, { token: admin, headers: { Accept: "application/json" } });
await send(200, "GET", `/api/patients/${patient.id}/accesses/report/`, { token: admin, headers: { Accept: "text/csv" } });
await send(403, "GET", "/api/audit/", { token: staff });

await send(204, "POST", "/api/auth/logout/", { token: admin });
await send(401, "GET", "/api/patients/", { token: admin });

console.log(`${count} exchanges, 0 violations`);
