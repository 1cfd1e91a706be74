package console_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// slowReader is a browser that has not read its answer yet.
type slowReader struct {
	http.ResponseWriter
	begun func()
	read  <-chan struct{}
}

func (r slowReader) Write(part []byte) (int, error) {
	r.begun()
	<-r.read
	return len(part), nil
}

// A user's requests hold a bounded amount of memory, whatever the texts are that they ask for.
func TestBrowsersThatDoNotReadLongRecordsHoldABoundedAmountOfMemory(t *testing.T) {
	d := newDesk(t)
	clerk, boss := d.signedIn("clerk@clinic.example", domain.Staff), d.signedIn("boss@clinic.example", domain.Admin)
	patient := d.addPatientAs(d.Staff(), domain.PatientInput{Name: domain.Given("Ada"), MedicalRecord: domain.Given(strings.Repeat("<", 1<<20))})
	address := "/console/patients/" + patient.ID.String() + "/"
	cookies := "healthcare=" + clerk.cookies()["healthcare"] + "; healthcare-seen=" + clerk.cookies()["healthcare-seen"]
	read := make(chan struct{})
	var begun, done sync.WaitGroup
	for i := range 8 {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address+[]string{"", "edit/"}[i%2], nil)
		request.RemoteAddr = "127.0.0.1:1"
		request.Header.Set("Cookie", cookies)
		begun.Add(1)
		done.Go(func() {
			d.handler.ServeHTTP(slowReader{httptest.NewRecorder(), sync.OnceFunc(begun.Done), read}, request)
		})
	}
	begun.Wait()
	assert.Equal(t, http.StatusServiceUnavailable, clerk.get(address).StatusCode)
	assert.Equal(t, http.StatusOK, boss.get(address).StatusCode, "others have memory of their own")
	assert.Equal(t, http.StatusOK, clerk.get("/console/").StatusCode, "a page without long texts needs none")
	close(read)
	done.Wait()
	assert.Equal(t, http.StatusOK, clerk.get(address).StatusCode)
}
