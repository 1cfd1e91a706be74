package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// patientView returns a patient whose medical record has that many bytes.
func patientView(t *testing.T, bytes int) domain.PatientView {
	t.Helper()
	patient, err := domain.NewPatient(domain.PatientInput{
		Name: domain.Given("Ada"), MedicalRecord: domain.Given(strings.Repeat("x", bytes)),
	}, domain.Actor{}, time.Now())
	assert.NoError(t, err)
	return domain.PatientView{Patient: patient}
}

// TestUnreadAnswersTakeBoundedMemory sends 200 requests at the same time and reads no
// answer: only a bounded number of answers to one caller is in memory.
func TestUnreadAnswersTakeBoundedMemory(t *testing.T) {
	for name, test := range map[string]struct {
		handle func(calls *atomic.Int64) handler
		most   int64
	}{
		"lists": {func(calls *atomic.Int64) handler {
			return list(readPage, func(context.Context, domain.Actor, domain.PageInput) (application.Page[domain.PatientView], error) {
				calls.Add(1)
				return application.Page[domain.PatientView]{Items: slices.Repeat([]domain.PatientView{patientView(t, 1<<20)}, 8)}, nil
			}, showPatient).serve
		}, 8},
		"records": {func(calls *atomic.Int64) handler {
			return func(c echo.Context, actor domain.Actor) error {
				c.SetParamNames("id")
				c.SetParamValues("1")
				return callByID(func(context.Context, domain.Actor, domain.ID) (domain.PatientView, error) {
					calls.Add(1)
					time.Sleep(httpserver.RequestTimeout - time.Second) // The connection would buffer a short answer and the request would end.
					return patientView(t, 1), nil
				}, showPatient)(c, actor)
			}
		}, 64},
		"exports": {func(calls *atomic.Int64) handler {
			return func(c echo.Context, _ domain.Actor) error {
				event := domain.AuditEventView{AuditEvent: domain.AuditEvent{Subject: domain.Subject{Shown: slices.Repeat([]domain.ID{12345678}, 1000)}}}
				return sendExport(c, exportFormats["text/csv"], func(context.Context) (application.Page[domain.AuditEventView], error) {
					calls.Add(1) // Once for each export, because no client reads the first page.
					return application.Page[domain.AuditEventView]{Items: slices.Repeat([]domain.AuditEventView{event}, domain.MaxPageLimit)}, nil
				})
			}
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int64
			serveOverEachHTTP(t, test.handle(&calls), func(t *testing.T, get func() *http.Response, log func() string) {
				calls.Store(0)
				var clients sync.WaitGroup
				var served, refused atomic.Int64
				for range 200 {
					clients.Go(func() {
						resp := get()
						defer resp.Body.Close()
						if resp.StatusCode == http.StatusServiceUnavailable {
							refused.Add(1)
							assert.Equal(t, "2", resp.Header.Get("Retry-After"))
							return
						}
						served.Add(1)
						time.Sleep(httpserver.WriteTimeout + time.Second)
					})
				}
				synctest.Wait()
				assert.Equal(t, test.most, calls.Load(), "the other requests wait")
				clients.Wait()
				assert.Equal(t, test.most, calls.Load())
				assert.Equal(t, test.most, served.Load())
				assert.Equal(t, 200-test.most, refused.Load())
				assert.Contains(t, log(), "of one caller use all memory of the caller's share")
				resp := get()
				assert.Equal(t, http.StatusOK, resp.StatusCode, "memory is available again")
				assert.NoError(t, resp.Body.Close())
			})
		})
	}
}
