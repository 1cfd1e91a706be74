package console

import (
	"fmt"
	"strings"
	"testing"

	"github.com/boombuler/barcode/qr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThePathDrawsTheModulesOfTheQRCode(t *testing.T) {
	const text = "otpauth://totp/Healthcare:ada@clinic.example?secret=JBSWY3DPEHPK3PXP"
	want, err := qr.Encode(text, qr.M, qr.Auto)
	require.NoError(t, err)
	code, err := newQRCode(text)
	require.NoError(t, err)
	size := want.Bounds().Dx()
	assert.Equal(t, size+8, code.Size)

	dark := map[[2]int]bool{}
	for piece := range strings.SplitSeq(strings.TrimSuffix(code.Path, "z"), "z") {
		var x, y, width, back int
		_, err := fmt.Sscanf(piece, "M%d %dh%dv1h-%d", &x, &y, &width, &back)
		require.NoError(t, err, piece)
		require.Equal(t, width, back)
		for i := range width {
			dark[[2]int{x + i - 4, y - 4}] = true
		}
	}
	for y := range size {
		for x := range size {
			r, _, _, _ := want.At(x, y).RGBA()
			assert.Equal(t, r == 0, dark[[2]int{x, y}], "%d,%d", x, y)
			delete(dark, [2]int{x, y})
		}
	}
	assert.Empty(t, dark, "the quiet zone is white")
}
