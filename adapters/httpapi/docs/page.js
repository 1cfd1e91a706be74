"use strict";

// The documentation page: Swagger UI, and a form to sign in. The access token is kept in the
// memory of this page. The password is not kept.

const prefix = document.body.dataset.prefix;
const form = document.getElementById("sign-in");
const signInButton = document.getElementById("sign-in-button");
const signOutButton = document.getElementById("sign-out");
const message = document.getElementById("message");

// scheme is the name of the security scheme in openapi.yaml.
const scheme = "bearer";

let token = "";
let expiry = 0;

// Swagger UI fills in the examples of parameters. With all filters filled in, a list is empty.
function withoutExamples(spec) {
  for (const parameter of Object.values(spec.components?.parameters ?? {})) {
    if (parameter.in !== "query") continue;
    delete parameter.example;
    const shared = parameter.schema.$ref?.split("/").pop();
    if (shared) parameter.schema = { ...spec.components.schemas[shared], example: undefined };
  }
  return spec;
}

const leaveQueryEmpty = () => ({
  statePlugins: { spec: { wrapActions: { updateJsonSpec: (update) => (spec) => update(withoutExamples(spec)) } } },
});

const ui = SwaggerUIBundle({
  url: prefix + "/openapi.json",
  dom_id: "#operations",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  // Otherwise Swagger UI loads an image from another host.
  validatorUrl: null,
  persistAuthorization: false,
  queryConfigEnabled: false,
  plugins: [leaveQueryEmpty],
  // Only now can Swagger UI take a token.
  onComplete: () => { signInButton.disabled = false; },
});

function say(text, failed = false) {
  message.textContent = text;
  message.classList.toggle("failed", failed);
}

// duties says what an account must do first. openapi.yaml explains duties.
const duties = {
  change_password: " The password is temporary. First replace it: POST /api/auth/password/.",
  enrol_mfa: " The account needs a second factor. First enrol one: POST /api/auth/mfa/.",
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const username = form.elements.username.value;
  const credentials = { username, password: form.elements.password.value };
  if (form.elements.otp.value.trim()) credentials.otp = form.elements.otp.value;
  form.elements.password.value = "";
  form.elements.otp.value = "";
  say("Signing in…");
  signInButton.disabled = true;
  try {
    const answer = await post("/api/auth/login/", {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(credentials),
    });
    if (!answer.ok) {
      say(await refusal(answer), true);
      return;
    }
    signedIn(username, await answer.json());
  } catch {
    say("The service did not answer. Check the connection and try again.", true);
  } finally {
    signInButton.disabled = false;
  }
});

signOutButton.addEventListener("click", async () => {
  signOutButton.disabled = true;
  try {
    const answer = await post("/api/auth/logout/", { headers: { Authorization: "Bearer " + token } });
    // With 401 the session has ended already.
    if (!answer.ok && answer.status !== 401) {
      say(await refusal(answer), true);
      return;
    }
    signedOut("You are signed out.");
  } catch {
    say("The service did not answer, so you are still signed in. Check the connection and try again.", true);
  } finally {
    signOutButton.disabled = false;
  }
});

function post(path, options) {
  return fetch(prefix + path, { method: "POST", credentials: "omit", cache: "no-store", ...options });
}

// refusal returns what an answer with an error says, which names the remedy.
async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  const fields = Object.entries(problem.errors || {}).map(([name, texts]) => ` ${name}: ${texts.join(" ")}`);
  const wait = answer.headers.get("Retry-After");
  if (answer.status === 429 && wait) return `Too many attempts. Try again in ${wait} seconds.`;
  return (problem.detail || `The service answered ${answer.status}.`) + fields.join("");
}

function signedIn(username, grant) {
  token = grant.access;
  ui.preauthorizeApiKey(scheme, token);
  form.hidden = true;
  signOutButton.hidden = false;
  const until = new Date(Date.now() + grant.expires_in * 1000);
  say(`Signed in as ${username} until ${until.toLocaleTimeString()}.` + (duties[grant.duty] || ""));
  expiry = setTimeout(() => signedOut("The access token has expired. Sign in again."), grant.expires_in * 1000);
}

function signedOut(text) {
  clearTimeout(expiry);
  token = "";
  ui.authActions.logout([scheme]);
  form.hidden = false;
  signOutButton.hidden = true;
  say(text);
}
