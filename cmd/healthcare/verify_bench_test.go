package main_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// BenchmarkVerify verifies a sealed trail of 100,000 events. Every tenth event is a list.
func BenchmarkVerify(b *testing.B) {
	const events, batch = 100_000, 5000
	for name, open := range map[string]func() (*sqlstore.Store, error){
		"embedded": func() (*sqlstore.Store, error) {
			return sqlite.Open(b.Context(), b.TempDir()+"/healthcare.db", sqlite.Options{})
		},
		"postgres": func() (*sqlstore.Store, error) {
			return postgres.Open(b.Context(), pgtest.New(b), postgres.Options{})
		},
	} {
		b.Run(name, func(b *testing.B) {
			store, err := open()
			require.NoError(b, err)
			defer store.Close()
			clinic := clinictest.New(b, func(p *application.Ports, _ *application.Rules) { p.Store, p.Clock = store, time.Now })
			macs := clinic.Ports.MACs
			attest := func(event domain.AuditEvent) domain.Evidence {
				return domain.Evidence{Hash: event.Hash(), MAC: macs.Sum(domain.MACInput(event.ID, event.Hash()))}
			}
			for range events / batch {
				require.NoError(b, store.Update(b.Context(), func(tx ports.Tx) error {
					return tx.Audit().Add(b.Context(), attest, someEvents(batch)...)
				}))
				_, err = clinic.Sealer.Seal(b.Context())
				require.NoError(b, err)
			}
			for b.Loop() {
				found, err := clinic.Verifier.Verify(b.Context(), domain.Head{})
				require.NoError(b, err)
				require.Empty(b, found.Faults)
				require.GreaterOrEqual(b, found.Events-found.Unsealed, events)
			}
		})
	}
}

// someEvents returns n events. Every tenth is a list of 20 records; the others each read one.
func someEvents(n int) []domain.AuditEvent {
	events := make([]domain.AuditEvent, n)
	for i := range events {
		events[i] = domain.AuditEvent{
			At: time.Now(),
			Actor: domain.Actor{UserID: 7, Role: domain.Staff, SessionID: 9, Origin: domain.Origin{
				Address: netip.MustParseAddr("203.0.113.7"), RequestID: strings.Repeat("Q7ZK", 6),
			}},
			Action:  domain.PatientRead,
			Subject: domain.Subject{Kind: domain.SubjectPatient, ID: domain.ID(i + 1)},
			Outcome: domain.Allowed,
		}
		if i%10 == 0 {
			events[i].Subject.ID = 0
			for id := range 20 {
				events[i].Subject.Shown = append(events[i].Subject.Shown, domain.ID(id+1))
			}
		}
	}
	return events
}
