package postgres

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// channels keeps what is listened to.
type channels []string

func (c *channels) Listen(channel string) error {
	*c = append(*c, channel)
	return nil
}

// Otherwise a beat could be heard, and confirm what was missed.
func TestBeatsAreListenedToLast(t *testing.T) {
	var heard channels
	(&follower{channel: "beats"}).listen(t.Context(), &heard)
	assert.Equal(t, channels{revokedChannel, "beats"}, heard)
}
