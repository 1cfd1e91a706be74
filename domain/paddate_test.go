package domain

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPadDate(t *testing.T) {
	for text, want := range map[string]string{
		"1990-1-5": "1990-01-05", "1990-12-5": "1990-12-05", "1990-1-15": "1990-01-15", "1990-01-05": "1990-01-05", " 1990-1-5\n": "1990-01-05",
		"90-1-5": "90-1-5", "1990-1": "1990-1", "1990-1-5T00:00": "1990-1-5T00:00", "1990/1/5": "1990/1/5", "1990-001-5": "1990-001-5",
		"+990-1-5": "+990-1-5", "": "", "x": "x", "1990-0-0": "1990-00-00",
	} {
		assert.Equal(t, Given(want), Given(text).PadDate(), text)
	}
	assert.Equal(t, Input{}, Input{}.PadDate())
	assert.Equal(t, Null(), Null().PadDate())
	assert.Equal(t, Unreadable("x"), Unreadable("x").PadDate())
}
