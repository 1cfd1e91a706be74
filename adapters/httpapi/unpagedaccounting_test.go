package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// failThirdPageStore is a store that cannot record the event of the third page of a list.
type failThirdPageStore struct{ *memory.Store }

func (s failThirdPageStore) Update(ctx context.Context, do func(ports.Tx) error) error {
	return s.Store.Update(ctx, func(tx ports.Tx) error { return do(thirdPageTx{tx}) })
}

type thirdPageTx struct{ ports.Tx }

func (tx thirdPageTx) Audit() ports.Audit { return thirdPageAudit{tx.Tx.Audit()} }

type thirdPageAudit struct{ ports.Audit }

func (a thirdPageAudit) Add(ctx context.Context, attest func(domain.AuditEvent) domain.Evidence, events ...domain.AuditEvent) error {
	for _, event := range events {
		if len(event.Subject.Shown) > 0 && event.Subject.Shown[0] > 2*domain.MaxPageLimit {
			return errors.New("disk full")
		}
	}
	return a.Audit.Add(ctx, attest, events...)
}

func TestAnUnpagedListSendsOnlyRecordedPages(t *testing.T) {
	old := newOldAPI(t, failThirdPageStore{memory.New()})
	staff := old.signUp("staff@example.com", domain.Staff)
	old.addPatients(2*domain.MaxPageLimit + 100)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, old.url+"/api/patients/", http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+staff)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, 200, resp.StatusCode)
	body, err := io.ReadAll(resp.Body)
	assert.Error(t, err, "the connection is closed")
	assert.False(t, json.Valid(body))
	assert.Equal(t, 2*domain.MaxPageLimit, strings.Count(string(body), `"assigned_doctors"`))
}

func TestAnUnpagedListKeepsItsParameters(t *testing.T) {
	old := newOldAPI(t, memory.New())
	staff := old.signUp("staff@example.com", domain.Staff)
	old.addPatients(domain.MaxPageLimit + 10)
	whole := old.want(200, "GET", "/api/patients/?count=true&ordering=-id&fields=id&search=a", staff, "")
	assert.Equal(t, "1010", whole.Header.Get("X-Total-Count"))
	patients := whole.objects(t)
	require.Len(t, patients, domain.MaxPageLimit+10)
	assert.Equal(t, map[string]any{"id": 1010.0}, patients[0])
	assert.Equal(t, map[string]any{"id": 1.0}, patients[1009])
	assert.Equal(t, domain.PatientSearch, old.LastEvent().Action)
}
