package httpapi_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// unreadable are values that no filter of a kind can read. Empty and repeated values are
// refused for each kind.
var unreadable = map[string][]string{
	"id":    {"0", "-1", "+1", "01", "1.0", "1e3", "abc", " 1", "1 ", "9223372036854775808", "99999999999999999999", strings.Repeat("9", 40_000), "\x00", "1\x00", "1'", "1 OR 1=1", "\xff", "😀", "١", "１", "null", "1,2", "1;2"},
	"flag":  {"1", "TRUE", "True", "yes", "null", " true", "true\x00", "😀", "\xff"},
	"date":  {"2026-02-30", "2026-13-01", "2026-00-10", "2026-01-00", "0000-01-01", "10000-01-01", "+10000-01-01", "-0001-01-01", "26-01-01", "2026-1-5", "2026/01/05", "20260105", "today", "now", "infinity", "epoch", "2026-01-01T00:00:00Z", "2026-01-01 BC", "\x00", "2026-01-01\x00", "\xff", "😀", "2026-01-01'--", strings.Repeat("1", 40_000)},
	"time":  {"2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T23:59:60Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "9999-12-31T23:59:59-00:01", "1970-01-01T00:00:00+00:01", "2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00 01:00", "2026-01-01T00:00:00+24:00", "1767225600", "now", "infinity", "\x00", "2026-01-01T00:00:00Z\x00", "\xff", "😀", strings.Repeat("1", 40_000)},
	"email": {"x", "x@", "@x.yz", "a@b@c.de", "\x00", "a\x00@x.yz", "\xff@x.yz", "' OR 1=1 --", strings.Repeat("x", 40_000) + "@x.yz"},
	"phone": {"abc", "12", "++123", "1+23", "123abc", "123\x00", "\xff123", "😀", "000", "(0) 0-0", "' OR 1=1", strings.Repeat("1", 16), strings.Repeat("1", 40_000)},
	"text":  {" ", "\u200b", "\x00", "\xff", strings.Repeat("x", 201), strings.Repeat("x", 40_000)},
}

// filterKinds says how each filter's value is read.
var filterKinds = map[string]string{
	"patient_id": "id", "doctor_id": "id", "created_by": "id", "has_doctor": "flag", "is_active": "flag", "gender": "flag", "role": "flag",
	"date_of_birth": "date", "joined_at": "date", "created_at": "time", "updated_at": "time", "assigned_at": "time",
	"email": "email", "phone_number": "phone", "external_id": "text", "specialization": "text", "license_number": "text",
}

func TestAValueThatAFilterCannotReadIsRefused(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		for path, filters := range map[string][]string{
			"/api/patients/": domain.PatientList.Filters(), "/api/doctors/": domain.DoctorList.Filters(), "/api/mappings/": domain.AssignmentList.Filters(), "/api/users/": domain.UserList.Filters(),
		} {
			for _, name := range filters {
				filter, _, _ := strings.Cut(name, "__")
				require.Contains(t, filterKinds, filter)
				query := []string{name + "=", name + "=1&" + name + "=1"}
				for _, value := range unreadable[filterKinds[filter]] {
					query = append(query, name+"="+url.QueryEscape(value))
				}
				for _, query := range query {
					got := api.do("GET", path+"?"+query, admin, "")
					if assert.Equal(t, 400, got.StatusCode, "%s?%.80s: %.200s", path, query, got.body) {
						errs, _ := got.object(t)["errors"].(map[string]any)
						assert.Equal(t, []string{name}, slices.Collect(maps.Keys(errs)), "%s?%.80s", path, query)
						assert.Less(t, len(got.body), 1000)
					}
				}
			}
		}
		for _, suffix := range []string{"__eq", "__gte__lt", "__GTE", "_gte", "__in", "__contains", "__"} {
			for _, name := range []string{"date_of_birth", "gender", "name", "id"} {
				assert.Contains(t, api.want(400, "GET", "/api/patients/?"+name+suffix+"=1990-01-01", staff, "").object(t)["errors"], name+suffix)
			}
		}
		assert.NotContains(t, api.log.String(), "status=5")
	})
}

// oddWords are words that break careless programs: SQL, the syntax of full-text queries and
// patterns, odd Unicode.
var oddWords = []string{
	"' OR '1'='1", "'; DROP TABLE patients; --", "\" OR \"\"=\"", "\\", "\\'", "%", "_", "$1", "?", ":name", "::text", "{{7*7}}", "patients_search:x", "search_pieces", "NEAR(a b, 5)", "a*", "^a", "\"a", "(a", "a)", "-a", "{a}", "NOT a", "a AND", "*", "\"\"",
	"(a+)+$", "[", "\u202e", "\ufeff", "\ufffd", "\uffff", "\U0010ffff", "😀", "👨\u200d👩\u200d👧", "İ", "ǅ", "e\u0301", "ＡＢ", "\x00", "a\x00b", "\n", "a\tb", "\x1b[31m", "\u2028",
	strings.Repeat("ﷺ", 100), strings.Repeat("\u0301", 100), "a" + strings.Repeat("\u0301", 99), strings.Repeat("a ", 10), strings.Repeat("🄐", 100), strings.Repeat("㋿", 100), strings.Repeat("1", 100), strings.Repeat("1990-05-01 ", 9),
	strings.Repeat("2026 ", 10), strings.Repeat("가", 100), strings.Repeat("a", 100), strings.Repeat("x\u3099", 50), strings.Repeat("+1234 ", 10), "0000-00-00 9999-99-99", "+0000000",
}

func TestOddSearchesAndFiltersNeverCauseAServerError(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, _ := api.findable()
		all := api.found("/api/patients/", admin)
		for _, word := range oddWords {
			for _, name := range []string{"search", "external_id", "email", "phone_number", "gender", "ordering", "fields", "cursor", "limit", "count", "created_by", word} {
				for _, path := range []string{"/api/patients/", "/api/doctors/1/patients/"} {
					got := api.do("GET", path+"?"+url.QueryEscape(name)+"="+url.QueryEscape(word), admin, "")
					assert.Contains(t, []int{200, 400}, got.StatusCode, "%s=%.80q: %.200s", name, word, got.body)
				}
			}
			for _, name := range []string{"search", "specialization", "license_number"} {
				got := api.do("GET", "/api/doctors/?count=true&ordering=-name&"+name+"="+url.QueryEscape(word), admin, "")
				assert.Contains(t, []int{200, 400}, got.StatusCode, "%s=%.80q: %.200s", name, word, got.body)
			}
			for _, order := range []string{"email", "-last_name"} {
				assert.Equal(t, 200, api.do("GET", "/api/users/?ordering="+order+"&search="+url.QueryEscape(word), admin, "").StatusCode, "%.80q", word)
			}
		}
		for _, bad := range []string{"\xff", strings.Repeat("x", 101), strings.Repeat("x ", 11), strings.Repeat("x", 50_000)} {
			got := api.want(400, "GET", "/api/patients/?search="+url.QueryEscape(bad), admin, "").object(t)
			assert.Contains(t, got["errors"], "search")
			api.want(400, "HEAD", "/api/patients/?search="+url.QueryEscape(bad), admin, "")
		}
		assert.Equal(t, all, api.found("/api/patients/", admin), "nothing was changed")
		assert.NotContains(t, api.log.String(), "status=5")
	})
}
