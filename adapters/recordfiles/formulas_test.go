package recordfiles_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"example.com/healthcare/adapters/recordfiles"
)

func TestFormulasAreGuarded(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Sam Lee": "Sam Lee", "'": "'", "'t Hooft": "'t Hooft", "''t": "''t", "O'Neill-Ray": "O'Neill-Ray", "Zoë +1": "Zoë +1",
		"=cmd": "'=cmd", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\t=x": "'\t=x", "\rx": "'\rx", "\nx": "'\nx",
		"'=cmd": "''=cmd", "''@x": "'''@x", "\uff1dcmd": "'\uff1dcmd", "\uff0b1": "'\uff0b1", "\uff0d1": "'\uff0d1", "\uff20x": "'\uff20x",
	} {
		assert.Equal(t, want, recordfiles.GuardFormula(text))
		assert.Equal(t, text, recordfiles.UnguardFormula(want))
	}
}

func TestTheGuardOfFormulasIsReversibleForEveryText(t *testing.T) {
	quotesAndStarts := rapid.StringOfN(rapid.RuneFrom([]rune("'=+-@\t\r\n\uff1dax")), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), quotesAndStarts).Draw(t, "text")
		guarded := recordfiles.GuardFormula(text)
		assert.Equal(t, text, recordfiles.UnguardFormula(guarded))
		assert.False(t, strings.ContainsAny(firstOf(guarded), "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"), "%q", guarded)
	})
}

// firstOf returns the first character of a text.
func firstOf(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}
