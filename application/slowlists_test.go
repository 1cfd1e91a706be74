package application_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// slowStore is a store whose lists of patients take until the context ends.
type slowStore struct{ ports.Store }

func (s slowStore) View(ctx context.Context, fn func(ports.Tx) error) error {
	return s.Store.View(ctx, func(tx ports.Tx) error { return fn(slowTx{tx}) })
}

type slowTx struct{ ports.Tx }

func (tx slowTx) Patients() ports.Patients { return slowPatients{tx.Tx.Patients()} }

type slowPatients struct{ ports.Patients }

func (slowPatients) List(ctx context.Context, _ domain.ListQuery) ([]domain.PatientView, error) {
	<-ctx.Done()
	return nil, domain.ErrUnavailable(ctx.Err())
}

func TestAListThatTakesTooLongSaysHowToNarrowIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clinictest.New(t, func(p *application.Ports, _ *application.Rules) { p.Store = slowStore{p.Store} })
		staff := c.Staff()
		_, err := c.Patients.List(t.Context(), staff, domain.Parameters{"search": domain.Given("e")})
		assert.Equal(t, domain.Unavailable, domain.KindOf(err))
		assert.ErrorContains(t, err, "Search for more or longer words")
		event := c.LastEvent()
		assert.Equal(t, domain.PatientSearch, event.Action)
		assert.Equal(t, domain.Failed, event.Outcome)

		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = c.Patients.List(gone, staff, domain.Parameters{"search": domain.Given("e")})
		assert.ErrorContains(t, err, "Try again shortly", "the caller's own deadline says nothing about the list")
	})
}
