package httpapi_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cursorOf returns the cursor of the page after the first one.
func (a *api) cursorOf(path, token string) string {
	a.t.Helper()
	next := linkTo(a.t, a.want(200, "GET", path, token, ""), "next")
	require.NotNil(a.t, next, path)
	return next.Get("cursor")
}

func TestACursorBelongsToTheSearchFiltersAndOrderingOfItsList(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		list := func(query string) string { return "/api/patients/?" + query }
		const query = "search=e&gender=none&ordering=name"
		cursor := api.cursorOf(list(query+"&limit=1"), admin)
		rest := api.found(list(query), admin)[1:]
		for _, free := range []string{"", "&limit=1000", "&limit=2&count=true", "&fields=id", "&fields=name,id&count=false&format=json&deleted=false"} {
			assert.Equal(t, rest, api.found(list(query+free+"&cursor="+cursor), admin), free)
		}
		assert.Equal(t, rest, api.found("/api/patients?ordering=name&cursor="+cursor+"&gender=none&search=e", staff), "another order of the parameters, another user")

		assert.Equal(t, rest, api.found(list("search=%20E&gender=none&ordering=name&cursor="+cursor), admin), "the same words")

		plain := api.cursorOf(list("limit=1"), admin)
		assert.NotEmpty(t, api.found(list("search=&ordering=id&cursor="+plain), admin), "defaults that are written out")
		for path, cursor := range map[string]string{
			list("search=e&gender=none&ordering=-name"): cursor,
			list("search=e&gender=none&ordering=id"):    cursor,
			list("search=e&gender=none"):                cursor,
			list("search=e&ordering=name"):              cursor,
			list("gender=none&ordering=name"):           cursor,
			list("search=E&gender=M&ordering=name"):     cursor,
			list("search=ee&gender=none&ordering=name"): cursor,
			list(query + "&has_doctor=true"):            cursor,
			"/api/doctors/1/patients/?" + query:         cursor,
			"/api/doctors/?":                            plain,
			"/api/mappings/?":                           plain,
			"/api/users/?":                              plain,
			"/api/patients/deleted/?":                   plain,
			"/api/patients/?deleted=true":               plain,
			"/api/doctors/1/patients/?":                 plain,
			"/api/doctors/2/patients/?":                 api.cursorOf("/api/doctors/1/patients/?limit=1", admin),
			"/api/patients/2/doctors/?":                 api.cursorOf("/api/patients/1/doctors/?limit=1", admin),
			"/api/doctors/?ordering=name":               api.cursorOf("/api/patients/?ordering=name&limit=1", admin),
			list("ordering=date_of_birth"):              api.cursorOf(list("ordering=created_at&limit=1"), admin),
			list(`search="gender"%20"none"`):            plain,
		} {
			got := api.do("GET", path+"&cursor="+cursor, admin, "")
			if assert.Equal(t, 400, got.StatusCode, path) {
				assert.Equal(t, map[string]any{"cursor": []any{
					"Invalid cursor: follow the link to the next page as it was given. A cursor belongs to the search, filters and ordering of its list.",
				}}, got.object(t)["errors"], path)
			}
		}
	})
}

func TestACursorIsSealed(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, _ := api.findable()
		seen := map[string]bool{}
		for query, shown := range map[string][]string{
			"ordering=-name": {"王小明"}, "ordering=date_of_birth": {"1850", "1987"}, "ordering=created_at": {"2026"}, "": nil,
		} {
			path := "/api/patients/?limit=1&" + query
			cursor := api.cursorOf(path, admin)
			assert.NotEqual(t, cursor, api.cursorOf(path, admin), "the same page has another cursor each time")
			assert.False(t, seen[cursor])
			seen[cursor] = true
			sealed, err := base64.RawURLEncoding.DecodeString(cursor)
			require.NoError(t, err)
			for _, text := range shown {
				assert.NotContains(t, string(sealed), text, query)
			}
			for at := range sealed {
				changed := append([]byte{}, sealed...)
				changed[at] ^= 1
				api.want(400, "GET", path+"&cursor="+base64.RawURLEncoding.EncodeToString(changed), admin, "")
			}
			for _, bad := range []string{
				cursor + "A", cursor[1:], cursor[:len(cursor)-1], cursor + "=", cursor + "%0A", "%20" + cursor, strings.ToUpper(cursor), cursor + cursor, "1", "0", "", "%00", "%ff",
				base64.RawURLEncoding.EncodeToString(sealed[:24]), base64.RawURLEncoding.EncodeToString(sealed[:39]), strings.Repeat("A", 50_000), "AAAA", "a%20b",
			} {
				got := api.want(400, "GET", path+"&cursor="+bad, admin, "").object(t)["errors"].(map[string]any)
				assert.Len(t, got["cursor"], 1, bad)
				assert.Len(t, got, 1, bad)
			}
		}
	})
}

// A cursor says where a page begins. What a page shows depends on the user only.
func TestTheCursorOfAnAdminShowsNoMoreToStaff(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		cursor := api.cursorOf("/api/doctors/?fields=id,salary&ordering=name&limit=1", admin)
		for _, doctor := range api.want(200, "GET", "/api/doctors/?ordering=name&cursor="+cursor, staff, "").objects(t) {
			assert.NotContains(t, doctor, "salary")
		}
		refused := api.want(400, "GET", "/api/doctors/?ordering=name&fields=id,salary&cursor="+cursor, staff, "").object(t)
		assert.Contains(t, refused["errors"], "fields")
		users := api.cursorOf("/api/users/?limit=1", admin)
		api.want(403, "GET", "/api/users/?cursor="+url.QueryEscape(users), staff, "")
		for range 2 {
			id := api.want(201, "POST", "/api/patients/", staff, adaJSON).Header.Get("Location")
			api.want(204, "DELETE", id, staff, "")
		}
		deleted := api.cursorOf("/api/patients/deleted/?limit=1", admin)
		api.want(403, "GET", "/api/patients/deleted/?cursor="+deleted, staff, "")
		api.want(403, "GET", "/api/patients/?deleted=true&cursor="+deleted, staff, "")
	})
}
