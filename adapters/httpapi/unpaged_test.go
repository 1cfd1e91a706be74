package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// onePerPage lists numbers in pages of one, up to last. If fail is set, the last page fails.
func onePerPage(t *testing.T, last domain.ID, fail error) handler {
	return func(c echo.Context, _ domain.Actor) error {
		page := func(n domain.ID) application.Page[domain.ID] {
			next := n.String()
			if n == last {
				next = ""
			}
			return application.Page[domain.ID]{Items: []domain.ID{n}, Next: next}
		}
		return sendUnpaged(c, page(1), domain.ID.String, func(_ context.Context, cursor string) (application.Page[domain.ID], error) {
			after, err := domain.ParseID(cursor)
			require.NoError(t, err)
			if fail != nil && after+1 == last {
				return application.Page[domain.ID]{}, fail
			}
			return page(after + 1), nil
		})
	}
}

func TestAnUnpagedListIsOneArray(t *testing.T) {
	serveOverEachHTTP(t, onePerPage(t, 4, nil), func(t *testing.T, get func() *http.Response, _ func() string) {
		resp := get()
		defer resp.Body.Close()
		assert.Equal(t, 200, resp.StatusCode)
		assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.JSONEq(t, `["1","2","3","4"]`, string(body))
	})
}

func TestAFailedUnpagedListIsNoticeablyIncomplete(t *testing.T) {
	serveOverEachHTTP(t, onePerPage(t, 4, domain.ErrUnavailable(errors.New("the store is gone"))), func(t *testing.T, get func() *http.Response, log func() string) {
		resp := get()
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		assert.Error(t, err, "the client notices that the answer is incomplete")
		assert.Equal(t, `["1","2","3"`, string(bytes.TrimSpace(body)))
		assert.False(t, json.Valid(body))
		assert.Contains(t, log(), "level=ERROR")
	})
}
