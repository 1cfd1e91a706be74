package application_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// withRequestKeys uses the keys of a service with these secrets.
func withRequestKeys(t testing.TB, current domain.Secret, fallbacks ...domain.Secret) clinictest.Setup {
	t.Helper()
	keys, err := secretkeys.New(current, fallbacks...)
	require.NoError(t, err)
	return func(p *application.Ports, _ *application.Rules) { p.RequestMACs = keys.For("idempotency keys").MACs() }
}

func TestAReplacedSecretKeyStillRecognisesRequests(t *testing.T) {
	c := newClinic(t, withRequestKeys(t, oldSecret))
	create := func() (domain.PatientView, error) {
		return c.Patients.Create(c.ctx, c.Staff(), onceWith("k"), patientInput("Ada"))
	}
	first, err := create()
	require.NoError(t, err)
	c.use(withRequestKeys(t, newSecret, oldSecret))
	again, err := create()
	require.NoError(t, err)
	assert.Equal(t, first, again)
	c.use(withRequestKeys(t, newSecret))
	_, err = create()
	assert.Equal(t, domain.KeyReused, domain.KindOf(err), "without the old secret, the content is not recognised")
}

// A key can be personal data, and its owner can be in the clinic.
func TestTheStoreKeepsNeitherTheKeyNorTheContent(t *testing.T) {
	c := newClinic(t)
	patient, err := c.Patients.Create(c.ctx, c.Staff(), onceWith("ada@example.com"), patientInput("Ada"))
	require.NoError(t, err)
	id := domain.NewRequestID(c.Staff().UserID, domain.SubjectPatient, "create", 0, onceWith("ada@example.com").Key)
	require.NoError(t, c.Ports.Store.View(c.ctx, func(tx ports.Tx) error {
		kept, err := tx.IdempotencyKeys().Get(c.ctx, id, c.Now())
		assert.Equal(t, []domain.VersionName{{Record: patient.Self(), Number: 1}}, kept.Versions)
		assert.Equal(t, c.Now().Add(24*time.Hour), kept.Expires)
		assert.False(t, c.Ports.MACs.Verify(domain.ContentHash(id, patientInput("Ada")), kept.Content), "the key of the audit trail")
		assert.True(t, c.Ports.RequestMACs.Verify(domain.ContentHash(id, patientInput("Ada")), kept.Content))
		return err
	}))
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", onceWith("ada@example.com"), onceWith("ada@example.com"), onceWith("ada@example.com")), "ada")
}

// TestRepeatedWritesFollowTheModel creates, deletes and restores patients with few keys, and
// compares each outcome with a model that remembers every request as it was sent.
func TestRepeatedWritesFollowTheModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := clinictest.New(r)
		type request struct {
			user      domain.ID
			operation string
			id        domain.ID
			key       string
		}
		type done struct {
			name    string
			result  domain.PatientView
			expires time.Time
		}
		remembered := map[request]done{}
		// live says of every patient that was ever created whether it exists now.
		live, deleter := map[domain.ID]bool{}, map[domain.ID]domain.ID{}
		key := rapid.SampledFrom([]string{"", "a", "b"})
		actor := rapid.SampledFrom([]domain.Actor{c.Staff(), c.Admin()})
		id := rapid.Custom(func(r *rapid.T) domain.ID { return domain.ID(rapid.Int64Range(1, int64(len(live)+1)).Draw(r, "id")) })

		// write runs a write and compares it with the model. first returns the error that the
		// write has when it is done for the first time.
		write := func(request request, name string, do func(application.Once) (domain.PatientView, error), first func() domain.Kind) {
			replayed := false
			once := application.Once{Replayed: func() { replayed = true }}
			if request.key != "" {
				once.Key = onceWith(request.key).Key
			}
			created := len(live)
			result, err := do(once)
			known, found := remembered[request]
			found = found && request.key != "" && !c.Now().After(known.expires)
			require.Equal(r, found && known.name == name && live[known.result.ID], replayed, "%v", err)
			switch {
			case found && known.name != name:
				require.Equal(r, domain.KeyReused, domain.KindOf(err))
			case found && !live[known.result.ID]:
				require.Equal(r, domain.NotFound, domain.KindOf(err))
			case found:
				require.NoError(r, err)
				require.Equal(r, known.result, result)
				require.Equal(r, domain.PatientReplay, c.LastEvent().Action)
			case first() != domain.Internal:
				require.Equal(r, first(), domain.KindOf(err))
			default:
				require.NoError(r, err)
				live[result.ID] = true
				remembered[request] = done{name, result, c.Now().Add(domain.IdempotencyKeyLifetime)}
				return
			}
			require.Len(r, live, created)
		}
		r.Repeat(map[string]func(*rapid.T){
			"create": func(r *rapid.T) {
				by, name := actor.Draw(r, "actor"), rapid.SampledFrom([]string{"Ada", "Grace"}).Draw(r, "name")
				write(request{by.UserID, "create", 0, key.Draw(r, "key")}, name, func(once application.Once) (domain.PatientView, error) {
					return c.Patients.Create(r.Context(), by, once, patientInput(name))
				}, func() domain.Kind { return domain.Internal })
			},
			"restore": func(r *rapid.T) {
				by, id := actor.Draw(r, "actor"), id.Draw(r, "id")
				write(request{by.UserID, "restore", id, key.Draw(r, "key")}, "", func(once application.Once) (domain.PatientView, error) {
					return c.Patients.Restore(r.Context(), by, once, id)
				}, func() domain.Kind {
					switch deletedBy, deleted := deleter[id]; {
					case live[id] || !deleted:
						return domain.NotFound
					case by.Role == domain.Staff && deletedBy != by.UserID:
						return domain.Forbidden
					}
					return domain.Internal
				})
			},
			"delete": func(r *rapid.T) {
				by, id := actor.Draw(r, "actor"), id.Draw(r, "id")
				err := c.Patients.Delete(r.Context(), by, id, unconditional)
				require.Equal(r, live[id], err == nil)
				if err == nil {
					live[id], deleter[id] = false, by.UserID
				}
			},
			"change": func(r *rapid.T) {
				_, _ = c.Patients.Change(r.Context(), c.Admin(), id.Draw(r, "id"), unconditional, patientInput(rapid.SampledFrom([]string{"Ada", "Grace"}).Draw(r, "name")))
			},
			"wait": func(*rapid.T) { c.Advance(9 * time.Hour) },
		})
	})
}
