// A day of a client that is written against the types of openapi.yaml alone. tsc checks that
// they suit a strict program, and running it checks that the service keeps them.
import assert from "node:assert/strict";

import createClient from "openapi-fetch";

import type { components, paths } from "./build/schema.js";

const { SERVICE_URL, ADMIN_EMAIL, ADMIN_PASSWORD } = process.env;
assert(SERVICE_URL && ADMIN_EMAIL && ADMIN_PASSWORD);

type Doctor = components["schemas"]["Doctor"];
type Patient = components["schemas"]["Patient"];
type Problem = components["schemas"]["Problem"];

const api = createClient<paths>({ baseUrl: SERVICE_URL });

// good returns the data of an answer, or throws the problem.
function good<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) throw new Error(answer.error?.detail ?? "no answer");
  return answer.data;
}

// list returns the records of a list that was asked for as JSON, not as CSV.
function list<T>(answer: { data?: T[] | string; error?: Problem }): T[] {
  const data = good(answer);
  if (typeof data === "string") throw new Error("the list is not JSON");
  return data;
}

// nextCursor returns the cursor of the next page, or undefined on the last page.
function nextCursor(response: Response): string | undefined {
  const link = /<([^>]*)>; rel="next"/.exec(response.headers.get("Link") ?? "")?.[1];
  return (link && new URL(link, SERVICE_URL).searchParams.get("cursor")) || undefined;
}

const tokens = good(
  await api.POST("/api/auth/login/", { body: { username: ADMIN_EMAIL, password: ADMIN_PASSWORD } }),
);
api.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${tokens.access}`);
    return request;
  },
});

// Create.
const doctor: Doctor = good(
  await api.POST("/api/doctors/", {
    body: { name: "Dr. Ana Ruiz", specialization: "Cardiology", license_number: "TS-1", salary: "98500.00" },
  }),
);
const patients: Patient[] = [];
for (const name of ["Mia Chen", "Noah Berg", "Lena Fox"]) {
  patients.push(good(await api.POST("/api/patients/", { body: { name } })));
}
const [mia, noah] = patients;
assert(mia && noah);
const mapping = good(await api.POST("/api/mappings/", { body: { patient: mia.id, doctor: doctor.id } }));

// List, page by page.
const names: string[] = [];
let cursor: string | undefined;
do {
  const page = await api.GET("/api/patients/", { params: { query: { limit: 2, ...(cursor && { cursor }) } } });
  names.push(...list(page).map((patient: Patient) => patient.name));
  cursor = nextCursor(page.response);
} while (cursor);
assert.deepEqual(names, ["Mia Chen", "Noah Berg", "Lena Fox"]);
const first: Doctor | undefined = list(await api.GET("/api/doctors/"))[0];
assert.equal(first?.salary, "98500.00");
const assignment = list(await api.GET("/api/mappings/"))[0];
assert.equal(assignment?.patient.name, "Mia Chen");

// Change one member, clear another, and read what changed.
const path = { params: { path: { id: mia.id } } };
const changed = good(
  await api.PATCH("/api/patients/{id}/", { ...path, body: { date_of_birth: "1987-11-30", gender: null } }),
);
assert.equal(changed.date_of_birth, "1987-11-30");
assert.equal(changed.version, 2);
const versions = good(await api.GET("/api/patients/{id}/history/", path));
assert.deepEqual(versions[1]?.changed, [{ field: "date_of_birth", before: null, after: "1987-11-30" }]);

// Deleted records have a type of their own.
assert.equal((await api.DELETE("/api/doctors/{id}/", { params: { path: { id: doctor.id } } })).response.status, 204);
assert.equal((await api.DELETE("/api/patients/{id}/", { params: { path: { id: noah.id } } })).response.status, 204);
const deletedDoctor = good(await api.GET("/api/doctors/deleted/"))[0];
assert.equal(deletedDoctor?.deleted_by, mia.created_by);
assert.equal(good(await api.GET("/api/patients/deleted/"))[0]?.name, "Noah Berg");
const ended = good(await api.GET("/api/mappings/deleted/"))[0];
assert.deepEqual(ended?.ended_with, { kind: "doctor", id: doctor.id });
assert.equal(ended.id, mapping.id);

// Errors are typed, too.
const invalid = await api.POST("/api/patients/", { body: { name: " ", external_id: "x".repeat(101) } });
assert.equal(invalid.error?.code, "invalid");
assert.deepEqual(Object.keys(invalid.error.errors ?? {}).sort(), ["external_id", "name"]);
const gone = await api.GET("/api/patients/{id}/", { params: { path: { id: noah.id } } });
assert.equal(gone.error?.status, 404);

assert.equal((await api.POST("/api/auth/logout/")).response.status, 204);
assert.equal((await api.GET("/api/auth/me/")).error?.code, "token_not_valid");
