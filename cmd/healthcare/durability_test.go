package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
)

// TestKillingTheProcessLosesNothing kills the program with SIGKILL while eight
// clients write and read, three times, and then looks for every write that was
// acknowledged, and for what the trail says of writes and reads.
func TestKillingTheProcessLosesNothing(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		createSuperuserOn(t, env)
		acknowledged, read := map[int64]string{}, map[int64]bool{}
		for round := range 3 {
			service := serve(t, env)
			api := service.api(service.login("admin@example.com"))
			var mutex sync.Mutex
			enough := make(chan struct{})
			var writers sync.WaitGroup
			target := len(acknowledged) + 100
			for writer := range 8 {
				writers.Go(func() {
					for n := 0; ; n++ {
						name := fmt.Sprintf("Patient %d-%d-%d", round, writer, n)
						created, err := api.CreatePatientWithResponse(t.Context(), client.CreatePatientJSONRequestBody{Name: name})
						if err != nil || created.JSON201 == nil {
							return
						}
						mutex.Lock()
						acknowledged[created.JSON201.ID] = name
						if len(acknowledged) == target {
							close(enough)
						}
						mutex.Unlock()
						shown, err := api.GetPatientWithResponse(t.Context(), created.JSON201.ID)
						if err != nil || shown.JSON200 == nil {
							return
						}
						mutex.Lock()
						read[created.JSON201.ID] = true
						mutex.Unlock()
					}
				})
			}
			stopped := make(chan struct{})
			go func() { writers.Wait(); close(stopped) }()
			select {
			case <-enough:
			case <-stopped:
				t.Fatalf("the writers stopped by themselves:\n%s", service.log)
			}
			service.kill()
			<-stopped
		}

		service := serve(t, env)
		api := service.api(service.login("admin@example.com"))
		stored := map[int64]string{}
		for cursor := (*client.Cursor)(nil); ; {
			page, err := api.ListPatientsWithResponse(t.Context(), &client.ListPatientsParams{Cursor: cursor})
			require.NoError(t, err)
			require.NotNil(t, page.JSON200)
			for _, patient := range *page.JSON200 {
				stored[patient.ID] = patient.Name
			}
			if cursor = client.NextPage(page.HTTPResponse); cursor == nil {
				break
			}
		}
		for id, name := range acknowledged {
			assert.Equal(t, name, stored[id], "patient %d was acknowledged", id)
		}
		accounted := func(action client.Permission) map[int64]int {
			times := map[int64]int{}
			allowed := client.OutcomeAllowed
			for _, event := range trail(t, api, client.ListEventsParams{Action: &action, Outcome: &allowed}) {
				if event.Subject.ID != nil {
					times[*event.Subject.ID]++
				}
			}
			return times
		}
		created, shown := accounted("patient:create"), accounted("patient:read")
		for id := range stored {
			assert.Equal(t, 1, created[id], "patient %d is there", id)
		}
		for id := range created {
			assert.Contains(t, stored, id, "patient %d was made, the trail says", id)
		}
		for id := range read {
			assert.Equal(t, 1, shown[id], "patient %d was shown", id)
		}
		service.stop()
	})
}

// TestStoppingFinishesWhatIsInFlight sends SIGTERM while the program reads the
// body of a request.
func TestStoppingFinishesWhatIsInFlight(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		createSuperuserOn(t, env)
		service := serve(t, env)
		token := service.login("admin@example.com")
		addr := strings.TrimPrefix(service.url, "http://")
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		defer conn.Close()
		const body = `{"name":"Ada Lovelace"}`
		fmt.Fprintf(conn, "POST /api/patients/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", token, len(body))
		answer := bufio.NewReader(conn)
		line, err := answer.ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, line, "100 Continue")
		_, err = answer.ReadString('\n')
		require.NoError(t, err)

		start := time.Now()
		require.NoError(t, service.cmd.Process.Signal(syscall.SIGTERM))
		require.Eventually(t, func() bool {
			probe, err := net.Dial("tcp", addr)
			if err == nil {
				probe.Close()
			}
			return err != nil
		}, 20*time.Second, 5*time.Millisecond, "nobody gets in any more")

		_, err = io.WriteString(conn, body)
		require.NoError(t, err)
		resp, err := http.ReadResponse(answer, nil)
		require.NoError(t, err)
		assert.Equal(t, 201, resp.StatusCode)
		assert.NoError(t, service.cmd.Wait(), "exit code 0")
		assert.Less(t, time.Since(start), 30*time.Second)
	})
}

func createSuperuserOn(t *testing.T, env []string) {
	t.Helper()
	migrate(t, env)
	createSuperuser(t, env, "admin@example.com")
}
