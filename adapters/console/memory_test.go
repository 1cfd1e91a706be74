package console_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/console"
	"example.com/healthcare/domain"
)

// slowReader is a browser that has not read its answer yet.
type slowReader struct {
	http.ResponseWriter
	begun func()
	read  <-chan struct{}
}

// SetWriteDeadline and Flush implement what http.ResponseController calls.
func (slowReader) SetWriteDeadline(time.Time) error { return nil }

func (slowReader) Flush() {}

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
	cookies := clerk.sessionCookies()
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

func TestOneSlowFormKeepsNoColleagueFromSigningIn(t *testing.T) {
	d := newDesk(t)
	d.SignUp("ada@clinic.example", domain.Staff)
	slow, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, slow.Close()) }()
	// Expect: 100-continue tells when the service has begun to read.
	_, err = fmt.Fprintf(slow, "POST /console/sign-in/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		urlEncoded, console.MaxAnonymousForm)
	require.NoError(t, err)
	line, err := bufio.NewReader(slow).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
	assert.Equal(t, http.StatusOK, d.browser().signIn("ada@clinic.example").StatusCode)
}
