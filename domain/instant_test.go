package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// parseInstant reads a time as the trail's query does.
func parseInstant(text string) (time.Time, error) {
	filter, _, err := domain.AuditQuery{From: domain.Given(text)}.Parse()
	return filter.From, err
}

func TestTimesMustFollowRFC3339(t *testing.T) {
	nine := time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-11-23T09:00:00Z":                 nine,
		"2026-11-23t09:00:00z":                 nine,
		"2026-11-23t10:30:00+01:30":            nine,
		"2026-11-23T09:00:00-00:00":            nine,
		"2026-11-23T09:00:00.5Z":               nine.Add(500 * time.Millisecond),
		"2026-11-23T09:00:00.000000000000001z": nine,
	} {
		got, err := parseInstant(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{
		"2026-11-23T9:00:00Z", "2026-11-23T09:00:00,5Z", "2026-11-23T09:00:00.Z", "2026-11-23T09:00:00+24:00", "2026-11-23T09:00:00+0100",
		"2026-11-23T09:00:00+01", "2026-11-23T24:00:00Z", "2026-11-23T09:00Z", "2026-11-23T09:00:00ZZ", "2026-11-23T09:00:00Z ",
		"2026-11-23_09:00:00Z", "２026-11-23T09:00:00Z", "2026-11-23T09:00:00ẑ",
	} {
		_, err := parseInstant(text)
		assert.Equal(t, domain.FieldErrors{"from": {"Give a time such as 2026-11-23T09:00:00Z."}}, fieldsOf(t, err), text)
	}
}

func TestATimeWithAnUnescapedPlusGetsAnExplanation(t *testing.T) {
	for _, text := range []string{"2026-11-23T09:00:00 01:00", "2026-11-23t09:00:00.25 05:30"} {
		_, err := parseInstant(text)
		assert.Equal(t, domain.FieldErrors{
			"from": {"Write the + of the offset as %2B in a URL, such as 2026-11-23T09:00:00%2B01:00."},
		}, fieldsOf(t, err), text)
	}
}

func FuzzParseInstant(f *testing.F) {
	for _, seed := range []string{"2026-11-23T09:00:00Z", "2026-11-23t09:00:00.123456+14:00", "2026-11-23T9:00:00Z", "2026-11-23T09:00:00,5Z", "2026-11-23T09:00:00 01:00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseInstant(text)
		if err != nil {
			return
		}
		if want, err := time.Parse(time.RFC3339, strings.ToUpper(text)); err != nil || !want.Equal(got) || len(text) < len("2026-11-23T09:00:00Z") {
			t.Fatalf("%q is parsed as %v", text, got)
		}
		if again, err := parseInstant(got.Format(time.RFC3339Nano)); err != nil || !again.Equal(got) {
			t.Fatalf("%v parses to %v (%v) the second time", got, again, err)
		}
	})
}
