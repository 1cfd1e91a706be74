package httpapi_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// refusals has a request for each error example of openapi.yaml. Its name is that of the
// response, and of the example if the response has several. The requests of an entry are
// sent to the documented clinic one after the other, and the last one gets the error.
var refusals = map[string]func(c *documentedClinic) answer{
	"BadRequest invalid": func(c *documentedClinic) answer {
		return c.do("POST", "/api/doctors/", c.admin, `{"name":" ","specialization":"Cardiology","license_number":"MED-1","salary":"much"}`)
	},
	"BadRequest parameter": func(c *documentedClinic) answer { return c.do("GET", "/api/users/?serch=lee", c.admin, "") },
	"BadRequest conflict": func(c *documentedClinic) answer {
		return c.do("PATCH", "/api/doctors/2/", c.admin, `{"license_number":"med-20533"}`)
	},
	"BadRequest parse_error": func(c *documentedClinic) answer {
		return c.do("POST", "/api/patients/", c.staff, `{"name":"Mia Chen", x}`)
	},
	"Unauthenticated not_authenticated": func(c *documentedClinic) answer { return c.do("GET", "/api/patients/", "", "") },
	"Unauthenticated token_not_valid":   func(c *documentedClinic) answer { return c.do("GET", "/api/patients/", c.staff+"x", "") },
	"Unauthenticated no_active_account": func(c *documentedClinic) answer { return c.loginAs(documentedStaff, "wrong") },
	"Unauthenticated otp_required": func(c *documentedClinic) answer {
		c.want(200, "POST", "/api/auth/mfa/confirm/", c.staff, `{"otp":"`+c.enrol(c.staff)+`"}`)
		return c.loginAs(documentedStaff, documentedPassword)
	},
	"Unauthenticated otp_invalid": func(c *documentedClinic) answer {
		code := c.enrol(c.staff)
		c.want(200, "POST", "/api/auth/mfa/confirm/", c.staff, `{"otp":"`+code+`"}`)
		return c.do("POST", "/api/auth/login/", "", `{"username":"`+documentedStaff+`","password":"`+documentedPassword+`","otp":"`+code+`"}`)
	},
	"Forbidden permission_denied": func(c *documentedClinic) answer { return c.do("DELETE", "/api/doctors/2/", c.staff, "") },
	"Forbidden password_change_required": func(c *documentedClinic) answer {
		c.want(204, "POST", "/api/users/2/password/", c.admin, `{"password":"`+otherPassword+`"}`)
		access := c.loginAs(documentedStaff, otherPassword).object(c.t)["access"].(string)
		return c.do("GET", "/api/patients/", access, "")
	},
	"Forbidden mfa_required": func(c *documentedClinic) answer {
		strict := &documentedClinic{api: newAPI(c.t, stores["memory"](c.t), func(_ *application.Ports, r *application.Rules) {
			r.Sessions.AdminsNeedSecondFactor = true
		})}
		strict.addUser(documentedAdmin, "Olga", "Petrov", "", domain.Admin)
		access, _ := strict.signIn(documentedAdmin)
		return strict.do("GET", "/api/patients/", access, "")
	},
	"NotFound":         func(c *documentedClinic) answer { return c.do("GET", "/api/patients/99/", c.staff, "") },
	"MethodNotAllowed": func(c *documentedClinic) answer { return c.do("PATCH", "/api/patients/", c.staff, "{}") },
	"PreconditionFailed": func(c *documentedClinic) answer {
		return c.do("DELETE", "/api/mappings/1/", c.staff, "", "If-Match", `"1"`)
	},
	"PreconditionRequired": func(c *documentedClinic) answer {
		strict := newDocumentedClinic(c.t, requirePreconditions)
		return strict.do("DELETE", "/api/mappings/1/", strict.staff, "")
	},
	"ReplayNotFound": func(c *documentedClinic) answer {
		made := c.want(201, "POST", "/api/patients/", c.staff, `{"name":"Mia Chen"}`, "Idempotency-Key", "k")
		c.want(204, "DELETE", made.Header.Get("Location"), c.staff, "")
		return c.do("POST", "/api/patients/", c.staff, `{"name":"Mia Chen"}`, "Idempotency-Key", "k")
	},
	"IdempotencyKeyReused": func(c *documentedClinic) answer {
		c.want(201, "POST", "/api/patients/", c.staff, `{"name":"Mia Chen"}`, "Idempotency-Key", "k")
		return c.do("POST", "/api/patients/", c.staff, `{"name":"Mia Cheng"}`, "Idempotency-Key", "k")
	},
	"TooLarge": func(c *documentedClinic) answer {
		return c.do("POST", "/api/patients/", c.staff, `{"name":"`+strings.Repeat("x", 1<<20)+`"}`)
	},
	"UnsupportedMediaType": func(c *documentedClinic) answer {
		return c.do("POST", "/api/patients/", c.staff, `<patient/>`, "Content-Type", "application/xml")
	},
	"TooManyRequests": func(c *documentedClinic) answer {
		limited := newDocumentedClinic(c.t, func(_ *application.Ports, r *application.Rules) {
			r.Limits.LoginPair = domain.Limit{Max: 1, Window: time.Minute}
		})
		limited.loginAs(documentedStaff, "wrong")
		return limited.loginAs(documentedStaff, documentedPassword)
	},
}

// Other tests cause these errors, which need a slow body, a client of HTTP/1.0, another request
// or a fault of the store.
var otherRefusals = []string{"IdempotencyInProgress", "TooSlow", "UpgradeRequired", "InternalError", "Unavailable"}

func (c *documentedClinic) loginAs(email, password string) answer {
	return c.do("POST", "/api/auth/login/", "", credentials(email, password))
}

func TestEveryErrorExampleIsWhatTheServiceAnswers(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(httpapi.OpenAPI())
	require.NoError(t, err)
	documented := slices.Clone(otherRefusals)
	for name, response := range spec.Components.Responses {
		media := response.Value.Content["application/problem+json"]
		for example, want := range examples(media) {
			name := strings.TrimSpace(name + " " + example)
			documented = append(documented, name)
			refuse, found := refusals[name]
			if !found {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				got := refuse(newDocumentedClinic(t))
				assertDocumented(t, want, got)
				assert.Equal(t, fmt.Sprint(got.object(t)["status"]), fmt.Sprint(got.StatusCode))
			})
		}
	}
	slices.Sort(documented)
	assert.ElementsMatch(t, slices.Compact(documented), append(slices.Collect(maps.Keys(refusals)), otherRefusals...))
}

// A client that copies the example of a parameter gets a list.
func TestEveryParameterExampleIsAccepted(t *testing.T) {
	clinic := newDocumentedClinic(t)
	accepted := 0
	for _, e := range exchanges(t) {
		for _, parameter := range e.Parameters {
			if parameter.Value.In == openapi3.ParameterInQuery && parameter.Value.Example != nil {
				path, _, _ := strings.Cut(e.path, "?")
				clinic.want(e.status, e.method, path+"?"+exampleQuery(parameter.Value), e.caller(clinic), "", "Accept", "application/json")
				accepted++
			}
		}
	}
	assert.NotZero(t, accepted)
}
