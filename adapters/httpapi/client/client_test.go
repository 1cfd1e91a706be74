package client_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
)

func TestChangeTellsNullFromAbsent(t *testing.T) {
	for want, patch := range map[string]client.PatientChange{
		`{}`:              {},
		`{"gender":null}`: {Gender: client.Clear[client.Gender]()},
		`{"gender":"F"}`:  {Gender: client.To(client.GenderFemale)},
	} {
		got, err := json.Marshal(patch)
		require.NoError(t, err)
		assert.JSONEq(t, want, string(got))
	}
}

func TestPages(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("cursor") == "" {
			w.Header().Set("Link", `</api/doctors/?cursor=7&limit=1>; rel="next"`)
		}
		_, _ = w.Write([]byte(`[{"id":7,"name":"Ana Ruiz","joined_at":"2026-03-02","specialization":"x","license_number":"y"}]`))
	}))
	defer server.Close()
	api, err := client.NewClientWithResponses(server.URL)
	require.NoError(t, err)

	params := client.ListDoctorsParams{}
	for pages := 1; ; pages++ {
		page, err := api.ListDoctorsWithResponse(context.Background(), &params)
		require.NoError(t, err)
		require.NotNil(t, page.JSON200)
		if params.Cursor = client.NextPage(page.HTTPResponse); params.Cursor == nil {
			assert.Equal(t, 2, pages)
			return
		}
		assert.Equal(t, "7", *params.Cursor)
	}
}

func TestListsOfDeletedRecords(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/api/mappings/deleted/", r.URL.Path)
		assert.Equal(t, url.Values{"limit": {"5"}}, r.URL.Query())
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`[{"id":31,"patient":12,"doctor":7,"assigned_at":"2026-03-02T09:00:00.5Z",
			"deleted_at":"2026-04-09T08:15:30.123456Z","deleted_by":1,"ended_with":{"kind":"doctor","id":7}}]`))
	}))
	defer server.Close()
	api, err := client.NewClientWithResponses(server.URL)
	require.NoError(t, err)

	limit := 5
	deleted, err := api.ListDeletedMappingsWithResponse(context.Background(), &client.ListDeletedMappingsParams{Limit: &limit})
	require.NoError(t, err)
	require.NotNil(t, deleted.JSON200)
	assert.Equal(t, &client.With{Kind: "doctor", ID: 7}, (*deleted.JSON200)[0].EndedWith)
}

func TestErrorIsAProblem(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"type":"about:blank","title":"Not Found","status":404,"detail":"Not found.","code":"not_found"}`))
	}))
	defer server.Close()
	api, err := client.NewClientWithResponses(server.URL)
	require.NoError(t, err)

	doctor, err := api.GetDoctorWithResponse(context.Background(), 7, nil)
	require.NoError(t, err)
	assert.Nil(t, doctor.JSON200)
	assert.EqualError(t, doctor.ApplicationProblemJSONDefault, "Not found.")
}
