package client_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
)

func TestAChangeCanExpectTheStateThatWasRead(t *testing.T) {
	s := newService(t)
	s.Staff()
	clinic := s.signIn()
	me, err := clinic.GetMeWithResponse(t.Context(), nil)
	require.NoError(t, err)
	read := me.HTTPResponse.Header.Get("ETag")
	require.NotEmpty(t, read)

	same, err := clinic.GetMeWithResponse(t.Context(), &client.GetMeParams{IfNoneMatch: &read})
	require.NoError(t, err)
	assert.Equal(t, http.StatusNotModified, same.StatusCode())
	assert.Nil(t, same.ApplicationProblemJSONDefault)

	name := "Sam"
	params := &client.ChangeMeParams{IfMatch: &read}
	first, err := clinic.ChangeMeWithResponse(t.Context(), params, client.Profile{FirstName: &name})
	require.NoError(t, err)
	require.NotNil(t, first.JSON200)
	second, err := clinic.ChangeMeWithResponse(t.Context(), params, client.Profile{FirstName: &name})
	require.NoError(t, err)
	assert.Equal(t, http.StatusPreconditionFailed, second.StatusCode())
	assert.Equal(t, "precondition_failed", second.ApplicationProblemJSONDefault.Code)
}
