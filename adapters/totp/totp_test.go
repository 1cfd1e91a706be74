package totp

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var _ ports.OneTimeCodes = (*Codes)(nil)

const (
	secretKey = "a secret key for tests, of 42 bytes in all"
	older     = "an older secret key for tests, long enough"
	purpose   = "tests of one-time codes"

	// rfcKey is "12345678901234567890", the key of RFC 6238, appendix B.
	rfcKey = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	// sealedRFCKey is rfcKey sealed under secretKey with Python's cryptography.
	sealedRFCKey = "v1:KIdxMmc-ECClZLjN:dHdlbHZlIGJ5dGVzlsOuLLt9Tcrr4qhjeMBZW3ARSE1SbV8eJABIwDdu0xJxnloHCBMvXKEyiw-XFTPN"
)

// now is the beginning of step.
const step int64 = 59_000_000

var now = time.Unix(step*30, 0)

// newCodes returns a Codes with the first secret as the current one and the others as fallbacks.
func newCodes(t testing.TB, secrets ...string) *Codes {
	t.Helper()
	var all []domain.Secret
	for _, secret := range secrets {
		all = append(all, domain.NewSecret(secret))
	}
	keys, err := secretkeys.New(all[0], all[1:]...)
	require.NoError(t, err)
	codes, err := New(keys.For(purpose))
	require.NoError(t, err)
	return codes
}

func parseEmail(t testing.TB, text string) domain.Email {
	t.Helper()
	email, err := domain.ParseEmail(text)
	require.NoError(t, err)
	return email
}

func enrol(t testing.TB, codes *Codes) ports.Enrolment {
	t.Helper()
	enrolment, err := codes.Enrol(parseEmail(t, "anna@example.org"))
	require.NoError(t, err)
	return enrolment
}

func code(text string) domain.OneTimeCode { return domain.OneTimeCode{Secret: domain.NewSecret(text)} }

// deviceCode returns the code that a device with key shows in a step (RFC 4226, 5.3).
func deviceCode(t testing.TB, key string, step int64) string {
	t.Helper()
	raw, err := base32.StdEncoding.DecodeString(key)
	require.NoError(t, err)
	mac := hmac.New(sha1.New, raw)
	require.NoError(t, binary.Write(mac, binary.BigEndian, step))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:at+4])&0x7fffffff%1_000_000)
}

// keyIn returns the key in an enrolment's URI.
func keyIn(t testing.TB, enrolment ports.Enrolment) string {
	t.Helper()
	uri, err := url.Parse(enrolment.URI.Reveal())
	require.NoError(t, err)
	return uri.Query().Get("secret")
}

// RFC 6238, appendix B. Its codes have eight digits, of which ours are the last six.
func TestMatchAcceptsTheVectorsOfRFC6238(t *testing.T) {
	codes := newCodes(t, secretKey)
	for _, vector := range []struct {
		seconds, step int64
		code          string
	}{
		{59, 0x1, "94287082"},
		{1111111109, 0x23523EC, "07081804"},
		{1111111111, 0x23523ED, "14050471"},
		{1234567890, 0x273EF07, "89005924"},
		{2000000000, 0x3F940AA, "69279037"},
		{20000000000, 0x27BC86AA, "65353130"},
	} {
		require.Equal(t, vector.code[2:], deviceCode(t, rfcKey, vector.step), "the tests' own device")

		step, matches, err := codes.Match(domain.StoredSealedKey(sealedRFCKey), code(vector.code[2:]), time.Unix(vector.seconds, 0))
		require.NoError(t, err)
		assert.True(t, matches, vector.code)
		assert.Equal(t, vector.step, step, vector.code)
	}
}

func TestACodeIsValidOneStepBeforeAndAfterItsOwn(t *testing.T) {
	codes := newCodes(t, secretKey)
	for after, want := range map[time.Duration]bool{
		-31 * time.Second:   false,
		-30*time.Second - 1: false,
		-30 * time.Second:   true,
		0:                   true,
		29 * time.Second:    true,
		60*time.Second - 1:  true,
		60 * time.Second:    false,
		time.Hour:           false,
	} {
		got, matches, err := codes.Match(domain.StoredSealedKey(sealedRFCKey), code(deviceCode(t, rfcKey, step)), now.Add(after))
		require.NoError(t, err)
		assert.Equal(t, want, matches, "%s after the step begins", after)
		if want {
			assert.Equal(t, step, got, "%s after the step begins", after)
		}
	}
}

// Otherwise the code could be used twice, once for each step.
func TestACodeOfTwoStepsCountsForTheLaterStep(t *testing.T) {
	codes := newCodes(t, secretKey)
	for _, steps := range [][2]int64{{59061240, 59061241}, {61331809, 61331811}} {
		shown := deviceCode(t, rfcKey, steps[0])
		require.Equal(t, shown, deviceCode(t, rfcKey, steps[1]))

		step, matches, err := codes.Match(domain.StoredSealedKey(sealedRFCKey), code(shown), time.Unix((steps[0]+1)*30, 0))
		require.NoError(t, err)
		assert.True(t, matches)
		assert.Equal(t, steps[1], step)
	}
}

func TestMatchRefusesEveryOtherText(t *testing.T) {
	codes := newCodes(t, secretKey)
	const good = "005924"
	others := []string{
		"", "0", "5924", "05924", "0005924", "89005924", "005924 ", " 005924", "00592 4", "5924  ", "+05924", "-05924", "0x5924",
		"００５９２４", "٠٠٥٩٢٤", "OO5924", "5924.0", "ABCDEF", "\x00\x00\x00\x00\x00\x00", rfcKey, rfcKey[:16], sealedRFCKey,
	}
	for i := range good {
		for digit := '0'; digit <= '9'; digit++ {
			if altered := good[:i] + string(digit) + good[i+1:]; altered != good {
				others = append(others, altered)
			}
		}
	}
	for _, text := range others {
		step, matches, err := codes.Match(domain.StoredSealedKey(sealedRFCKey), code(text), time.Unix(1234567890, 0))
		require.NoError(t, err)
		assert.False(t, matches, "%q", text)
		assert.Zero(t, step, "%q", text)
	}
}

func TestCodesComputedFromTheURIMatch(t *testing.T) {
	codes := newCodes(t, secretKey)
	enrolment := enrol(t, codes)
	key := keyIn(t, enrolment)
	for _, shown := range []int64{step - 1, step, step + 1} {
		got, matches, err := codes.Match(enrolment.Key, code(deviceCode(t, key, shown)), now)
		require.NoError(t, err)
		assert.True(t, matches)
		assert.Equal(t, shown, got)
	}
}

func TestTheURIHasTheFormatOfAuthenticatorApps(t *testing.T) {
	for _, address := range []string{"anna@example.org", "o'hara+x%41#?/&=`{|}~^$!*@example.org", longestAddress} {
		enrolment, err := newCodes(t, secretKey).Enrol(parseEmail(t, address))
		require.NoError(t, err)
		uri, err := url.Parse(enrolment.URI.Reveal())
		require.NoError(t, err)
		assert.Equal(t, "otpauth", uri.Scheme)
		assert.Equal(t, "totp", uri.Host)
		assert.Equal(t, "/healthcare:"+address, uri.Path)

		parameters := uri.Query()
		key, err := base32.StdEncoding.DecodeString(parameters.Get("secret"))
		require.NoError(t, err)
		assert.Len(t, key, 20)
		delete(parameters, "secret")
		assert.Equal(t, url.Values{"issuer": {"healthcare"}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}, parameters)
	}
}

// longestAddress is the address with the longest URI.
var longestAddress = strings.Repeat("%", 64) + "@" + strings.Repeat("long.", 37) + "last"

func TestTheQRCodeFillsItsImageAndLeavesAMargin(t *testing.T) {
	for _, address := range []string{"a@b.de", "anna@example.org", longestAddress} {
		enrolment, err := newCodes(t, secretKey).Enrol(parseEmail(t, address))
		require.NoError(t, err)
		drawn, err := png.Decode(strings.NewReader(enrolment.QRCode.Reveal()))
		require.NoError(t, err)
		require.Equal(t, image.Rect(0, 0, 256, 256), drawn.Bounds())

		var dark image.Rectangle
		for y := range 256 {
			for x := range 256 {
				if pixel := color.GrayModel.Convert(drawn.At(x, y)); pixel == (color.Gray{}) {
					dark = dark.Union(image.Rect(x, y, x+1, y+1))
				} else {
					require.Equal(t, color.Gray{Y: 255}, pixel)
				}
			}
		}
		// The finder pattern in its corner begins with a line of seven modules.
		module := 0
		for drawn.At(dark.Min.X+module, dark.Min.Y) == (color.Gray{}) {
			module++
		}
		module /= 7
		assert.GreaterOrEqual(t, module, 2, "pixels of a module")
		for _, margin := range []int{dark.Min.X, dark.Min.Y, 256 - dark.Max.X, 256 - dark.Max.Y} {
			assert.GreaterOrEqual(t, margin, 4*module)
			assert.Less(t, margin, 48)
		}
	}
}

func TestEachEnrolmentHasItsOwnKey(t *testing.T) {
	codes := newCodes(t, secretKey)
	one, two := enrol(t, codes), enrol(t, codes)
	assert.NotEqual(t, keyIn(t, one), keyIn(t, two))
	assert.NotEqual(t, one.Key.Reveal(), two.Key.Reveal())
	assert.NotEqual(t, one.QRCode.Reveal(), two.QRCode.Reveal())
}

func TestEnrolRefusesAnEmptyAddress(t *testing.T) {
	enrolment, err := newCodes(t, secretKey).Enrol(domain.Email{})
	require.Error(t, err)
	assert.Equal(t, domain.Internal, domain.KindOf(err))
	assert.Zero(t, enrolment)
}
