package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestTheErrorsOfItemsAreBounded(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	staff := api.signUp("staff@example.com", domain.Staff)
	got := api.want(400, "POST", "/api/patients/bulk/", staff, itemsOf(1000, func(int) string { return `{"gender":"x","` + strings.Repeat("y", 200) + `":1}` })).fieldErrors(t)
	assert.Len(t, got, 1003)
	assert.Equal(t, "Errors after items[333] are not listed, because there are too many.", got["items"])
	assert.Contains(t, got, "items[333].gender")
}

// longList returns the body of a request of exactly 8 MiB. The name of the last patient is last.
func longList(t testing.TB, last string) string {
	t.Helper()
	record, err := json.Marshal(strings.Repeat("Aphasia.\n", 900))
	require.NoError(t, err)
	item := func(name string) string { return fmt.Sprintf(`{"name":%q,"medical_record":%s}`, name, record) }
	const length = 8 << 20
	count := length/len(item("Patient 999")) - 1
	body := itemsOf(count, func(i int) string {
		if i == count-1 {
			return item(last)
		}
		return item(fmt.Sprint("Patient ", i))
	})
	return body + strings.Repeat(" ", length-len(body))
}

func TestABulkRequestCanBeEightMebibytesLong(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		body := longList(t, "x")
		api.want(201, "POST", "/api/patients/bulk/", staff, body)
		assert.Equal(t, "The body can be at most 8192 KiB long.", api.want(413, "POST", "/api/patients/bulk/", staff, body+" ").object(t)["detail"])
	})
}

func TestManyLongListsAtOnceTakeBoundedMemory(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	const users = 12
	tokens := make([]string, users)
	for i := range tokens {
		tokens[i] = api.signUp(fmt.Sprintf("staff%d@example.com", i), domain.Staff)
	}
	body := longList(t, "") // A blank name, so that nothing is stored.
	grown := heapGrowth(func() {
		var clients sync.WaitGroup
		for _, token := range tokens {
			clients.Go(func() {
				// A slow machine answers some with 503.
				assert.Contains(t, []int{http.StatusBadRequest, http.StatusServiceUnavailable}, api.do("POST", "/api/patients/bulk/", token, body).StatusCode)
			})
		}
		clients.Wait()
	})
	t.Logf("%d lists of 8 MiB: the heap grew by %d MiB", users, grown>>20)
	assert.Less(t, grown, int64(300<<20))
}
