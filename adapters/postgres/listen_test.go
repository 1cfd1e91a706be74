package postgres

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// channels records the channels of Listen.
type channels []string

func (c *channels) Listen(channel string) error {
	*c = append(*c, channel)
	return nil
}

// In the other order, a heartbeat could confirm revocations that were missed.
func TestTheChannelOfHeartbeatsComesLast(t *testing.T) {
	var heard channels
	(&follower{channel: "beats"}).listen(t.Context(), &heard)
	assert.Equal(t, channels{revokedChannel, "beats"}, heard)
}
