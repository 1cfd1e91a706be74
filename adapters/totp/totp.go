// Package totp implements ports.OneTimeCodes with the parameters that every authenticator
// app supports: SHA-1, six digits and steps of 30 seconds. The collisions of SHA-1 do not
// weaken HMAC-SHA-1 (RFC 6194).
package totp

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	// issuer is the name that apps show with the code.
	issuer = "healthcare"
	// stepSeconds is the default of RFC 6238, 5.2, and the only value that all apps support.
	stepSeconds = 30
	// skew is the number of steps that a code can be early or late, because of the device's
	// clock or a slow user (RFC 6238, 5.2: at most one for the delay).
	skew = 1
	// keyLength is in bytes: the 160 bits that RFC 4226, 4, R6 recommends.
	keyLength = 20

	algorithm = otp.AlgorithmSHA1
	digits    = otp.DigitsSix

	// imageSize is the width and the height of QR codes in pixels. The code of the longest
	// address has 85 modules, so a module is at least two pixels wide.
	imageSize = 256
	// imageMargin is the width in pixels of the white frame around the code. Together with
	// the library's own margin it has at least the four modules that ISO/IEC 18004 requires.
	imageMargin = 16
)

// Codes implements ports.OneTimeCodes. It is safe for concurrent use.
//
// Keys are sealed with AES-256-GCM. A sealed key does not contain its user: somebody who
// can write to the store can give one user the second factor of another.
type Codes struct{ ring secretkeys.Ring }

// New returns a Codes that seals keys with the current key of ring and opens them with any
// key of ring. The ring must have no other purpose.
func New(ring secretkeys.Ring) (*Codes, error) {
	if _, err := newAEAD(ring.Current()); err != nil {
		return nil, err
	}
	return &Codes{ring: ring}, nil
}

// Enrol implements ports.OneTimeCodes. The image has 256 by 256 pixels.
func (c *Codes) Enrol(email domain.Email) (ports.Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer:      issuer,
		AccountName: email.String(),
		Period:      stepSeconds,
		SecretSize:  keyLength,
		Digits:      digits,
		Algorithm:   algorithm,
	})
	if err != nil {
		return ports.Enrolment{}, fmt.Errorf("totp: generate a key: %w", err)
	}
	sealed, err := seal(c.ring.Current(), domain.NewSecret(key.Secret()))
	if err != nil {
		return ports.Enrolment{}, err
	}
	code, err := qrCode(key)
	if err != nil {
		return ports.Enrolment{}, fmt.Errorf("totp: draw the QR code: %w", err)
	}
	return ports.Enrolment{Key: sealed, URI: domain.NewSecret(key.URL()), QRCode: domain.NewSecret(string(code))}, nil
}

// qrCode returns the QR code of key as a PNG image.
func qrCode(key *otp.Key) ([]byte, error) {
	code, err := key.Image(imageSize-2*imageMargin, imageSize-2*imageMargin)
	if err != nil {
		return nil, err
	}
	framed := image.NewGray(image.Rect(0, 0, imageSize, imageSize))
	draw.Draw(framed, framed.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(framed, framed.Bounds().Inset(imageMargin), code, code.Bounds().Min, draw.Src)
	var encoded bytes.Buffer
	err = png.Encode(&encoded, framed)
	return encoded.Bytes(), err
}

// Match implements ports.OneTimeCodes. Its time does not depend on the step or the digits
// that match. A code that does not have six digits never matches.
func (c *Codes) Match(key domain.SealedKey, code domain.OneTimeCode, now time.Time) (step int64, matches bool, err error) {
	secret, _, err := c.open(key)
	if err != nil {
		return 0, false, err
	}
	current := now.Unix() / stepSeconds
	// If two steps have the same code, the later step counts. Otherwise somebody who saw the
	// code could use it again for the later step.
	for candidate := current - skew; candidate <= current+skew; candidate++ {
		expected, err := hotp.GenerateCodeCustom(secret.Reveal(), uint64(candidate), hotp.ValidateOpts{Digits: digits, Algorithm: algorithm})
		if err != nil {
			return 0, false, fmt.Errorf("totp: compute a code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(expected), []byte(code.Reveal())) == 1 {
			step, matches = candidate, true
		}
	}
	return step, matches, nil
}

// Reseal implements ports.OneTimeCodes.
func (c *Codes) Reseal(key domain.SealedKey) (resealed domain.SealedKey, changed bool, err error) {
	secret, keyID, err := c.open(key)
	if err != nil {
		return domain.SealedKey{}, false, err
	}
	current := c.ring.Current()
	if keyID == current.ID {
		return key, false, nil
	}
	resealed, err = seal(current, secret)
	return resealed, err == nil, err
}
