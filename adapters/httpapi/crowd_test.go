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

// patientView is a patient with so much text, like all that share it.
func patientView(t *testing.T, bytes int) domain.PatientView {
	t.Helper()
	patient, err := domain.NewPatient(domain.PatientInput{
		Name: domain.Given("Ada"), MedicalRecord: domain.Given(strings.Repeat("x", bytes)),
	}, domain.Actor{}, time.Now())
	assert.NoError(t, err)
	return domain.PatientView{Patient: patient}
}

// TestAnswersThatNobodyReadsAreFew has 200 clients who ask side by side and read
// nothing: of one caller, a bounded number of answers is in memory.
func TestAnswersThatNobodyReadsAreFew(t *testing.T) {
	for name, test := range map[string]struct {
		handle func(made *atomic.Int64) handler
		most   int64
	}{
		"lists": {func(made *atomic.Int64) handler {
			return list(readPage, func(context.Context, domain.Actor, domain.PageInput) (application.Page[domain.PatientView], error) {
				made.Add(1)
				return application.Page[domain.PatientView]{Items: slices.Repeat([]domain.PatientView{patientView(t, 1<<20)}, 8)}, nil
			}, showPatient).serve
		}, 8},
		"records": {func(made *atomic.Int64) handler {
			return func(c echo.Context, actor domain.Actor) error {
				c.SetParamNames("id")
				c.SetParamValues("1")
				return callByID(func(context.Context, domain.Actor, domain.ID) (domain.PatientView, error) {
					made.Add(1)
					time.Sleep(httpserver.RequestTimeout - time.Second) // the client has buffers for a short answer
					return patientView(t, 1), nil
				}, showPatient)(c, actor)
			}
		}, 64},
		"exports": {func(made *atomic.Int64) handler {
			return func(c echo.Context, _ domain.Actor) error {
				event := domain.AuditEventView{AuditEvent: domain.AuditEvent{Subject: domain.Subject{Shown: slices.Repeat([]domain.ID{12345678}, 1000)}}}
				return export(c, exportFormats["text/csv"], func(context.Context) (application.Page[domain.AuditEventView], error) {
					made.Add(1) // once for each export, whose first page nobody reads
					return application.Page[domain.AuditEventView]{Items: slices.Repeat([]domain.AuditEventView{event}, domain.MaxPageLimit)}, nil
				})
			}
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var made atomic.Int64
			serving(t, test.handle(&made), func(t *testing.T, get func() *http.Response, log func() string) {
				made.Store(0)
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
				assert.Equal(t, test.most, made.Load(), "the others wait")
				clients.Wait()
				assert.Equal(t, test.most, made.Load())
				assert.Equal(t, test.most, served.Load())
				assert.Equal(t, 200-test.most, refused.Load())
				assert.Contains(t, log(), "of one caller use all memory of the caller's share")
				resp := get()
				assert.Equal(t, http.StatusOK, resp.StatusCode, "all is well again")
				assert.NoError(t, resp.Body.Close())
			})
		})
	}
}
