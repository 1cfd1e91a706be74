package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// parallelRequests is the number of requests that one user sends at the same time.
const parallelRequests = 60

// heapGrowth returns the maximum growth of the heap while do ran, in bytes. Unused memory
// counts until the garbage collector frees it.
func heapGrowth(do func()) int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() int64 {
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	runtime.GC()
	before := read()
	most := before
	done, sampled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sampled)
		for {
			most = max(most, read())
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	do()
	close(done)
	<-sampled
	return most - before
}

// members returns the text of count members of an object, about 11 bytes each.
func members(count int) string {
	var text strings.Builder
	for n := range count {
		fmt.Fprintf(&text, `"%05d":%d,`, n, n%10)
	}
	return strings.TrimSuffix(text.String(), ",")
}

func TestManyLongBodiesAtOnceTakeBoundedMemory(t *testing.T) {
	crowd := members(75_000)
	for name, body := range map[string]string{
		"members":           "{" + crowd + "}",
		"members, inside":   `{"name":{` + crowd + `}}`,
		"objects in a list": `{"items":[` + strings.TrimSuffix(strings.Repeat(`{"a":1},`, 100_000), ",") + `]}`,
		"empty arrays":      `{"items":[` + strings.TrimSuffix(strings.Repeat(`[],`, 270_000), ",") + `]}`,
		"a long text":       `{"name":"` + strings.Repeat("x", 800_000) + `"}`,
		"escapes":           `{"name":"` + strings.Repeat(`\u0041`, 130_000) + `"}`,
		"a long name":       `{"` + strings.Repeat("x", 800_000) + `":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			api := newAPI(t, stores["memory"](t))
			staff := api.signUp("staff@example.com", domain.Staff)
			require.Less(t, len(body), 1<<20)
			grown := heapGrowth(func() {
				var clients sync.WaitGroup
				for range parallelRequests {
					clients.Go(func() {
						// A slow machine answers some with 503.
						assert.Contains(t, []int{http.StatusBadRequest, http.StatusServiceUnavailable}, api.do("POST", "/api/patients/", staff, body).StatusCode)
					})
				}
				clients.Wait()
			})
			t.Logf("%d bodies of %d KiB: the heap grew by %d MiB", parallelRequests, len(body)>>10, grown>>20)
			assert.Less(t, grown, int64(150<<20))
		})
	}
}

// One user begins as many bodies of unknown length as fit into a caller's share of the
// memory, and finishes none.
func TestUnfinishedBodiesDelayOnlyTheirSender(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	sender, other := api.signUp("sender@example.com", domain.Staff), api.signUp("other@example.com", domain.Staff)
	var unfinished sync.WaitGroup
	var ends []*io.PipeWriter
	for range 8 {
		body, end := io.Pipe()
		ends = append(ends, end)
		unfinished.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.url+"/api/patients/", body)
			assert.NoError(t, err)
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+sender)
			assert.Equal(t, http.StatusCreated, api.send(req).StatusCode)
		})
		_, err := io.WriteString(end, `{"name":`)
		require.NoError(t, err)
	}
	var refused answer
	require.Eventually(t, func() bool { // until the service has read the beginning of each
		refused = api.do("POST", "/api/patients/", sender, `{"name":"Ada"}`)
		return refused.StatusCode == 503
	}, time.Minute, time.Millisecond)
	assert.Equal(t, "busy", refused.code(t))
	assert.Equal(t, 2*time.Second, refused.wait(t))
	assert.Contains(t, api.log.String(), "request bodies of one caller use all memory of the caller's share")
	api.want(200, "GET", "/api/patients/", sender, "")
	api.want(201, "POST", "/api/patients/", other, `{"name":"Ada"}`)
	api.want(401, "POST", "/api/auth/login/", "", credentials("other@example.com", "wrong"))
	for _, end := range ends {
		_, err := io.WriteString(end, `"Ada"}`)
		require.NoError(t, err)
		require.NoError(t, end.Close())
	}
	unfinished.Wait()
	api.want(201, "POST", "/api/patients/", sender, `{"name":"Ada"}`)
}

// Anonymous callers of one address begin as many bodies as fit into the share of the
// address, and finish none.
func TestUnfinishedAnonymousBodiesDoNotBlockLogins(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	api.signUp("staff@example.com", domain.Staff)
	refresh := api.login("staff@example.com")["refresh"].(string)
	long := `{"username":"` + strings.Repeat("x", 4<<10)
	var unfinished sync.WaitGroup
	var ends []*io.PipeWriter
	for range 64 {
		body, end := io.Pipe()
		ends = append(ends, end)
		unfinished.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.url+"/api/auth/login/", body)
			assert.NoError(t, err)
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("X-Forwarded-For", home)
			assert.Equal(t, http.StatusUnauthorized, api.send(req).StatusCode)
		})
		_, err := io.WriteString(end, long)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { // until the service has read the beginning of each
		return api.do("POST", "/api/auth/login/", "", long+`","password":"x"}`, "X-Forwarded-For", home).StatusCode == 503
	}, time.Minute, time.Millisecond)
	api.want(200, "POST", "/api/auth/login/", "", credentials("staff@example.com", goodPassword), "X-Forwarded-For", home)
	api.want(200, "POST", "/api/auth/login/refresh/", "", `{"refresh":"`+refresh+`"}`, "X-Forwarded-For", home)
	for _, end := range ends {
		_, err := io.WriteString(end, `","password":"x"}`)
		require.NoError(t, err)
		require.NoError(t, end.Close())
	}
	unfinished.Wait()
}
