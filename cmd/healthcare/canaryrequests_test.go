package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi"
)

// planter sends requests with canaries to a service.
type planter struct {
	*canaries
	t *testing.T
	s *service
	// errors is the text of all answers with an error, with their headers.
	errors strings.Builder
	// statuses counts the answers of each operation by the first digit of their status.
	statuses map[string]map[int]int
	admin    actor
}

// actor is a user who is signed in.
type actor struct {
	email, password, access, refresh string
	id                               string
}

// answered returns a member of the answer's body, which must have it, as text.
func (p *planter) answered(a answer, name string) string {
	p.t.Helper()
	var object map[string]any
	require.NoError(p.t, json.Unmarshal([]byte(a.body), &object), a.body)
	require.NotNil(p.t, object[name], "%s in %s", name, a.body)
	return strings.Trim(fmt.Sprint(object[name]), `"`)
}

// commonHeaders are headers of a request that need not be valid. Each request has all of them.
var commonHeaders = []string{"User-Agent", "Referer", "Cookie", "Accept-Language", "Tracestate", "Baggage", "X-Custom", "Via", "Forwarded", "From"}

// send sends a request with canaries in its headers. headers are pairs of a name and a value.
func (p *planter) send(operation, method, path, token, body string, headers ...string) answer {
	p.t.Helper()
	all := []string{"X-Request-Id", p.text(requestID, operation)}
	for _, name := range commonHeaders {
		all = append(all, name, "key="+p.text(ofRecords, operation+" header "+name)) // the form of a cookie and of tracestate
	}
	got := home.request(p.s, method, path, token, body, append(all, headers...)...)
	if p.statuses[operation] == nil {
		p.statuses[operation] = map[int]int{}
	}
	p.statuses[operation][got.status/100]++
	if got.status >= 400 {
		got.header.Del("X-Request-Id")
		fmt.Fprintln(&p.errors, operation, got.status, got.header, got.body)
	}
	return got
}

// must is send for a request that must succeed.
func (p *planter) must(operation, method, path, token, body string) answer {
	p.t.Helper()
	got := p.send(operation, method, path, token, body)
	require.Less(p.t, got.status, 300, "%s %s: %s", method, path, got.body)
	return got
}

// newActor registers an administrator and signs in.
func (p *planter) newActor(place string) actor {
	p.t.Helper()
	a := actor{email: p.text(ofRecords, place+" e-mail of the caller") + "@clinic.example", password: p.text(ofRecords, place+" password of the caller") + "-lagoon-walnut!"}
	p.must("prepare", "POST", "/api/auth/register/", p.admin.access, fmt.Sprintf(`{"email":%q,"password":%q,"role":"ADMIN","first_name":%q}`, a.email, a.password, p.text(ofRecords, place+" name of the caller")))
	return p.signIn(a)
}

func (p *planter) signIn(a actor) actor {
	p.t.Helper()
	got := p.must("prepare", "POST", "/api/auth/login/", "", fmt.Sprintf(`{"username":%q,"password":%q}`, a.email, a.password))
	a.access = p.plant(ofRecords, "an access token", p.answered(got, "access"))
	a.refresh = p.plant(ofRecords, "a refresh token", p.answered(got, "refresh"))
	me := p.must("prepare", "GET", "/api/auth/me/", a.access, "")
	a.id = p.answered(me, "id")
	return a
}

// operation is an operation of openapi.yaml, with records of its own to work on.
type operation struct {
	*openapi3.Operation
	name, method, path string
	actor              actor
	patient, doctor    string
	body               map[string]any // the example with canaries, nil without a body
	schema             *openapi3.Schema
	inItems            bool
}

// operations returns the operations of openapi.yaml that the API has for records and users.
func apiOperations(t *testing.T) (all []operation) {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromData(httpapi.OpenAPI())
	require.NoError(t, err)
	for path, item := range spec.Paths.Map() {
		for method, declared := range item.Operations() {
			all = append(all, operation{Operation: declared, name: method + " " + path, method: method, path: path})
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.name, b.name) })
	return all
}

// prepare creates the caller and the records of an operation, and a body with a canary in each
// member that can have one.
func (p *planter) prepare(o *operation) {
	p.t.Helper()
	o.actor = p.newActor(o.name)
	create := func(path, body string) string {
		return p.answered(p.must("prepare", "POST", path, p.admin.access, body), "id")
	}
	o.patient = create("/api/patients/", fmt.Sprintf(`{"name":%q,"medical_record":%q}`, p.text(ofRecords, o.name+" name of the patient"), p.text(ofRecords, o.name+" record of the patient")))
	o.doctor = create("/api/doctors/", fmt.Sprintf(`{"name":"D","specialization":"S","license_number":%q,"salary":"1.00"}`, p.text(ofRecords, o.name+" licence of the doctor")))
	mapping := create("/api/mappings/", fmt.Sprintf(`{"patient":%s,"doctor":%s}`, o.patient, o.doctor))
	session := p.signIn(o.actor)
	id := o.patient
	switch {
	case strings.HasPrefix(o.path, "/api/doctors/"):
		id = o.doctor
	case strings.HasPrefix(o.path, "/api/mappings/") && o.method != http.MethodGet || strings.HasPrefix(o.path, "/api/mappings/{id}/history/"):
		id = mapping
	case strings.HasPrefix(o.path, "/api/users/"):
		id = session.id
	case strings.HasPrefix(o.path, "/api/auth/sessions/"):
		var sessions []map[string]any
		require.NoError(p.t, json.Unmarshal([]byte(p.must("prepare", "GET", "/api/auth/sessions/", o.actor.access, "").body), &sessions))
		id = fmt.Sprint(sessions[0]["id"])
	}
	o.path = strings.NewReplacer("{id}", id, "{version}", "1").Replace(o.path)
	if strings.HasSuffix(o.path, "/restore/") {
		p.must("prepare", "DELETE", strings.TrimSuffix(o.path, "restore/"), p.admin.access, "")
	}
	if o.RequestBody != nil {
		media := o.RequestBody.Value.Content["application/json"]
		o.schema = media.Schema.Value
		example, _ := media.Example.(map[string]any)
		if items := members(o.schema)["items"]; items != nil {
			o.inItems, o.schema = true, items.Items.Value
			example, _ = example["items"].([]any)[0].(map[string]any)
		}
		o.body = map[string]any{}
		for name, member := range members(o.schema) {
			if value := p.member(o, name, member, example[name]); value != nil {
				o.body[name] = value
			}
		}
	}
}

// member returns a valid value of a member of the operation's body.
func (p *planter) member(o *operation, name string, schema *openapi3.Schema, example any) any {
	p.t.Helper()
	switch name {
	case "username":
		return o.actor.email
	case "current_password":
		return o.actor.password
	case "password":
		if !strings.Contains(o.name, "/users/") && !strings.Contains(o.name, "/register/") {
			return o.actor.password
		}
	case "refresh":
		return o.actor.refresh
	case "patient":
		return json.Number(o.patient)
	case "doctor":
		return json.Number(o.doctor)
	case "otp", "cursor", "count": // A wrong code or cursor makes a request invalid: see refuse.
		return nil
	}
	return p.value(p.t, o.name+" "+name, schema, example)
}

func (o operation) encode(t *testing.T, body any) string {
	t.Helper()
	if body == nil || o.RequestBody == nil {
		return ""
	}
	if o.inItems {
		body = map[string]any{"items": []any{body}}
	}
	text, err := json.Marshal(body)
	require.NoError(t, err)
	return string(text)
}

// refuse sends requests of an operation that are invalid in all ways but one.
func (p *planter) refuse(o operation) {
	p.t.Helper()
	token := p.newActor(o.name + " refused").access // Some requests end its session.
	valid := o.encode(p.t, o.body)
	for _, name := range slices.Sorted(maps.Keys(members(o.objectSchema()))) {
		for _, bad := range []any{
			p.text(ofRecords, o.name+" bad "+name),
			[]string{p.text(ofRecords, o.name+" list "+name)},
			map[string]string{p.text(unknownName, o.name+" object "+name): p.text(ofRecords, o.name+" object "+name)},
			strings.Repeat(p.text(ofRecords, o.name+" long "+name)+" ", 600),
		} {
			body := maps.Clone(o.body)
			body[name] = bad
			p.send(o.name, o.method, o.path, token, o.encode(p.t, body))
		}
	}
	if o.body != nil {
		body := maps.Clone(o.body)
		body[p.text(unknownName, o.name)] = p.text(ofRecords, o.name+" unknown member")
		p.send(o.name, o.method, o.path, token, o.encode(p.t, body))
		for _, text := range []string{`{"name":"%s`, `%s`, `{"%s":1,"%[1]s":2}`, "name=%s&email=%[1]s"} {
			p.send(o.name, o.method, o.path, token, fmt.Sprintf(text, p.text(unknownName, o.name+" malformed body")))
		}
		p.send(o.name, o.method, o.path, token, valid, "Content-Type", "text/"+p.text(ofRecords, o.name+" content type"))
	}
	for _, parameter := range o.Parameters {
		switch name := parameter.Value.Name; parameter.Value.In {
		case openapi3.ParameterInQuery:
			p.send(o.name, o.method, o.path+"?"+url.QueryEscape(name)+"="+p.text(ofRecords, o.name+" bad parameter "+name), token, valid)
		case openapi3.ParameterInHeader:
			p.send(o.name, o.method, o.path, token, valid, name, `"`+p.text(ofRecords, o.name+" header "+name)+`" x`)
		case openapi3.ParameterInPath:
			last := strings.LastIndex(o.name, "{"+name+"}")
			p.send(o.name, o.method, strings.NewReplacer("{id}", "1", "{version}", "1").Replace(strings.TrimPrefix(o.name[:last], o.method+" "))+p.text(ofRecords, o.name+" bad "+name)+"/", token, valid)
		}
	}
	p.send(o.name, o.method, o.path+"?"+p.text(unknownName, o.name+" parameter")+"="+p.text(ofRecords, o.name+" unknown parameter"), token, valid)
	p.send(o.name, o.method, o.path+"?search=%zz"+p.text(ofRecords, o.name+" malformed query"), token, valid)
	p.send(o.name, o.method, o.path+p.text(ofRecords, o.name+" path"), token, valid)
	p.send(o.name, o.method, o.path, p.text(ofRecords, o.name+" bad token"), valid)
	p.send(o.name, o.method, o.path, "", valid, "Authorization", "Basic "+p.text(ofRecords, o.name+" basic credentials"))
	p.send(o.name, "TRACE", o.path, token, "", "X-Http-Method-Override", p.text(ofRecords, o.name+" method"))
	p.send(o.name, http.MethodOptions, o.path, "", "", "Origin", "https://"+p.text(origin, o.name)+".example", "Access-Control-Request-Method", "PUT")
}

func (o operation) objectSchema() *openapi3.Schema {
	if o.schema == nil {
		return &openapi3.Schema{}
	}
	return o.schema
}

// accept sends requests of an operation that are valid: one for each parameter that can have a
// canary, and at last one with the body.
func (p *planter) accept(o operation) {
	p.t.Helper()
	for _, parameter := range o.Parameters {
		name, schema := parameter.Value.Name, parameter.Value.Schema.Value
		if parameter.Value.In != openapi3.ParameterInQuery || !schema.Type.Is("string") || len(schema.Enum) > 0 || name == "cursor" {
			continue
		}
		value := fmt.Sprint(p.value(p.t, o.name+" parameter "+name, schema, parameter.Value.Example))
		p.send(o.name, o.method, o.path+"?"+url.QueryEscape(name)+"="+url.QueryEscape(value), o.actor.access, o.encode(p.t, o.body))
	}
	var headers []string
	if slices.ContainsFunc(o.Parameters, func(h *openapi3.ParameterRef) bool { return h.Value.Name == "Idempotency-Key" }) {
		headers = []string{"Idempotency-Key", p.text(ofRecords, o.name+" idempotency key")}
	}
	p.send(o.name, o.method, o.path, o.actor.access, o.encode(p.t, o.body), headers...)
	p.send(o.name, o.method, o.path, o.actor.access, o.encode(p.t, o.body), headers...) // again, with the same key
}
