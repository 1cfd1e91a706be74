package httpapi_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// Texts are in the order of the code points of their folded form. Equal values are in the
// order of their ids, and absent dates come after all others.
func TestOrderings(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		for path, ascending := range map[string][]int{
			"/api/patients/?ordering=id":               {1, 2, 3, 4, 5, 6, 7, 8},
			"/api/patients/?ordering=name":             {7, 1, 3, 2, 8, 5, 6, 4},
			"/api/patients/?ordering=date_of_birth":    {5, 1, 3, 2, 6, 4, 7, 8},
			"/api/patients/?ordering=created_at":       {1, 2, 3, 4, 5, 6, 7, 8},
			"/api/patients/?ordering=updated_at":       {1, 2, 3, 4, 5, 6, 7, 8},
			"/api/doctors/?ordering=id":                {1, 2, 3},
			"/api/doctors/?ordering=name":              {2, 1, 3},
			"/api/doctors/?ordering=specialization":    {1, 3, 2},
			"/api/doctors/?ordering=license_number":    {1, 2, 3},
			"/api/doctors/?ordering=joined_at":         {1, 2, 3},
			"/api/doctors/?ordering=created_at":        {1, 2, 3},
			"/api/doctors/?ordering=updated_at":        {1, 2, 3},
			"/api/mappings/?ordering=id":               {1, 2, 3},
			"/api/mappings/?ordering=assigned_at":      {1, 2, 3},
			"/api/users/?ordering=id":                  {1, 2},
			"/api/users/?ordering=email":               {1, 2},
			"/api/users/?ordering=last_name":           {1, 2},
			"/api/doctors/1/patients/?ordering=name":   {1, 2},
			"/api/patients/1/doctors/?ordering=name":   {2, 1},
			"/api/mappings/1/?ordering=name&fields=id": {2, 1},
		} {
			assert.Equal(t, ascending, api.found(path, admin), path)
			descending := slices.Clone(ascending)
			slices.Reverse(descending)
			assert.Equal(t, descending, api.found(strings.Replace(path, "ordering=", "ordering=-", 1), admin), path)
		}
		api.want(200, "PATCH", "/api/patients/3/", staff, `{"gender":"M"}`)
		assert.Equal(t, 3, api.found("/api/patients/?ordering=-updated_at", staff)[0])
		for _, bad := range []string{"", "-", "--id", "+id", "ID", "names", "id,name", "name%00", "salary", "-salary", "gender", "id%3B", "search_text"} {
			got := api.want(400, "GET", "/api/doctors/?ordering="+bad, admin, "").object(t)["errors"].(map[string]any)
			assert.Equal(t, []any{"Not a valid choice. Allowed: id, name, specialization, license_number, joined_at, created_at, updated_at. A - before the name reverses the order."}, got["ordering"], bad)
		}
	})
}

// linkTo returns the parameters of the URL with this relation in the Link header.
func linkTo(t testing.TB, page answer, rel string) url.Values {
	t.Helper()
	for link := range strings.SplitSeq(page.Header.Get("Link"), ", ") {
		if target, found := strings.CutSuffix(link, `>; rel="`+rel+`"`); found {
			parsed, err := url.Parse(strings.TrimPrefix(target, "<"))
			require.NoError(t, err)
			return parsed.Query()
		}
	}
	return nil
}

// Every order shows each record once, however short the pages are.
func TestPagesInEveryOrderKeepAllParameters(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, _ := api.findable()
		for path, orderings := range map[string][]string{
			"/api/patients/?gender=none&created_at__gte=2020-01-01T00%3A00%3A00Z&fields=id%2Cname&count=true&format=json": domain.PatientList.Orderings(),
			"/api/patients/?search=e&count=false&deleted=false":                                                           domain.PatientList.Orderings(),
			"/api/doctors/?joined_at__lte=9999-12-31":                                                                     domain.DoctorList.Orderings(),
			"/api/doctors/1/patients/?search=m":                                                                           domain.PatientList.Orderings(),
			"/api/patients/1/doctors/?fields=id":                                                                          domain.DoctorList.Orderings(),
			"/api/mappings/?patient_id=1":                                                                                 domain.AssignmentList.Orderings(),
			"/api/users/?is_active=true":                                                                                  domain.UserList.Orderings(),
		} {
			for _, ordering := range orderings {
				for _, direction := range []string{"", "-"} {
					listed := path + "&ordering=" + direction + ordering
					asked, err := url.Parse(listed)
					require.NoError(t, err)
					whole := api.found(listed, admin)
					require.NotEmpty(t, whole, listed)
					var paged []int
					for next := listed + "&limit=1"; next != ""; {
						page := api.want(200, "GET", next, admin, "")
						paged = append(paged, idsIn(page.objects(t))...)
						first, following := linkTo(t, page, "first"), linkTo(t, page, "next")
						want := asked.Query()
						want.Set("limit", "1")
						assert.Equal(t, want, first, listed)
						if following != nil {
							want.Set("cursor", following.Get("cursor"))
							assert.Equal(t, want, following, listed)
						}
						next = nextPage(page)
					}
					assert.Equal(t, whole, paged, listed)
				}
			}
		}
	})
}
