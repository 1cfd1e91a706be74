package httpapi_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/domain"
)

// declared is the part of a domain.Listing that the document is compared with.
type declared interface {
	Parameters(fixed ...domain.Condition) []string
	Orderings() []string
	Members(actor domain.Actor) []string
}

// declaredLists holds the declaration of each list, by its operation.
var declaredLists = map[string]declared{
	"ListUsers":           domain.UserList,
	"ListDoctors":         domain.DoctorList,
	"ListPatientDoctors":  domain.DoctorList,
	"ListMappedDoctors":   domain.DoctorList,
	"ListPatients":        domain.PatientList,
	"ListDoctorPatients":  domain.PatientList,
	"ListMappings":        domain.AssignmentList,
	"ListDeletedDoctors":  domain.DeletedListing[domain.Doctor](domain.DoctorList),
	"ListDeletedPatients": domain.DeletedListing[domain.Patient](domain.PatientList),
	"ListDeletedMappings": domain.DeletedListing[domain.Mapping](domain.AssignmentList),
}

// fixedFilters are the filters that the path chooses.
var fixedFilters = map[string]domain.Condition{
	"ListPatientDoctors": {Filter: "patient_id"},
	"ListMappedDoctors":  {Filter: "patient_id"},
	"ListDoctorPatients": {Filter: "doctor_id"},
}

func TestTheDocumentHasTheParametersThatEachListDeclares(t *testing.T) {
	found := 0
	for _, operation := range getOperations(t) {
		list := declaredLists[operation.OperationID]
		if list == nil {
			continue
		}
		found++
		assert.Equal(t, list.Parameters(fixedFilters[operation.OperationID]), operation.documented(), operation.OperationID)
		if ordering := operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, "ordering"); ordering != nil {
			var want []any
			for _, name := range list.Orderings() {
				want = append(want, name, "-"+name)
			}
			assert.Equal(t, want, ordering.Schema.Value.Enum, operation.OperationID)
		}
	}
	assert.Equal(t, len(declaredLists), found)
}

func TestTheDocumentHasTheMembersOfASearchForPatients(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(httpapi.OpenAPI())
	require.NoError(t, err)
	members := spec.Components.Schemas["PatientSearch"].Value.Properties
	assert.ElementsMatch(t, domain.PatientList.Parameters(), slices.Collect(maps.Keys(members)))
	assert.Equal(t, spec.Components.Parameters["PatientOrdering"].Value.Schema.Value.Enum, members["ordering"].Value.Enum)
}

// The members that can be asked for are those of the answers, in their order.
func TestFieldsAreTheMembersOfAnswers(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin, staff := api.signUp("admin@example.com", domain.Admin), api.signUp("staff@example.com", domain.Staff)
	api.populate(admin)
	for _, kind := range []string{"doctors", "patients", "mappings"} {
		created := api.want(201, "POST", "/api/"+kind+"/", admin, map[string]string{
			"doctors": `{"name":"A","specialization":"B","license_number":"gone","salary":"1"}`, "patients": `{"name":"A"}`, "mappings": `{"patient":1,"doctor":2}`,
		}[kind])
		api.want(204, "DELETE", created.Header.Get("Location"), admin, "")
	}
	for _, operation := range getOperations(t) {
		list := declaredLists[operation.OperationID]
		if list == nil {
			continue
		}
		for role, token := range map[domain.Role]string{domain.Admin: admin, domain.Staff: staff} {
			whole := api.do("GET", operation.path, token, "")
			if whole.StatusCode == 403 {
				continue
			}
			members := list.Members(domain.Actor{Role: role})
			assert.Equal(t, members, memberNames(t, whole.body), "%s as %s", operation.path, role)
			for _, member := range members {
				one := api.want(200, "GET", operation.path+"?fields="+member, token, "")
				assert.Equal(t, []string{member}, memberNames(t, one.body), "%s as %s", operation.path, role)
			}
		}
	}
}

// memberNames returns the names of the members of the first object of an array, in order.
func memberNames(t *testing.T, body []byte) (names []string) {
	t.Helper()
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	for range 2 { // [ and {
		_, err := decoder.ReadToken()
		require.NoError(t, err)
	}
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		require.NoError(t, err)
		names = append(names, name.String())
		_, err = decoder.ReadValue()
		require.NoError(t, err)
	}
	return names
}
