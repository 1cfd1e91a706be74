package console

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// qrCode is a QR code as an SVG image. Template "second-factor-key" draws it dark on a white
// square, whatever the theme is.
type qrCode struct {
	// Size is the width and the height of the square in modules, the quiet zone included.
	Size int
	// Path draws the dark modules.
	Path string
}

// quietZone is the white margin in modules that scanners need (ISO/IEC 18004, 9.1).
const quietZone = 4

func newQRCode(text string) (qrCode, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return qrCode{}, fmt.Errorf("console: draw the QR code: %w", err)
	}
	bounds := code.Bounds()
	var path strings.Builder
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			// Modules that touch are one rectangle, so that no light line is between them.
			width := darkModules(code, x, y)
			if width > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+quietZone, y+quietZone, width, width)
			}
			x += width
		}
	}
	return qrCode{Size: bounds.Dx() + 2*quietZone, Path: path.String()}, nil
}

// darkModules returns how many dark modules are side by side from here on.
func darkModules(code image.Image, x, y int) (count int) {
	for x+count < code.Bounds().Max.X && color.GrayModel.Convert(code.At(x+count, y)) == (color.Gray{}) {
		count++
	}
	return count
}
