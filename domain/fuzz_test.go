package domain_test

import (
	"math/big"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"example.com/healthcare/domain"
)

// fuzzValue checks that every accepted value is valid UTF-8 without NUL, is within its
// limit, and parses again to itself.
func fuzzValue(f *testing.F, kind string, maxChars int, seeds ...string) {
	parse := parsers[kind]
	for _, seed := range append(seeds, "", " ", "\x00", "\xff", "a\u0301", "😀", "\u202e") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := parse(in)
		if err != nil {
			if domain.KindOf(err) != domain.Invalid {
				t.Fatalf("refused with kind %v", domain.KindOf(err))
			}
			if len(in) > 8 && strings.Contains(err.Error(), in) {
				t.Fatalf("the error shows the value")
			}
			return
		}
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxChars {
			t.Fatalf("accepted %q", got)
		}
		if kind != "password" && strings.ContainsRune(got, 0) {
			t.Fatalf("accepted NUL")
		}
		if got == "" {
			return
		}
		again, err := parse(got)
		if err != nil || again != got {
			t.Fatalf("%q parses to %q (%v) the second time", got, again, err)
		}
	})
}

func FuzzParseID(f *testing.F) { fuzzValue(f, "id", 19, "1", "9223372036854775807") }
func FuzzParseName(f *testing.F) {
	fuzzValue(f, "name", 100, "Ada Lovelace", "\u200bAda\ufe0f\u200d", "രാമന്\u200d")
}
func FuzzParsePersonName(f *testing.F)     { fuzzValue(f, "person name", 150, "Ada") }
func FuzzParseSpecialization(f *testing.F) { fuzzValue(f, "specialization", 200, "Cardiology") }
func FuzzParseEmail(f *testing.F)          { fuzzValue(f, "email", 254, "ada@example.com") }
func FuzzParsePhone(f *testing.F) {
	fuzzValue(f, "phone", 32, "+49 30 901820", "\u202a+４9\u00a0\u2011")
}

func FuzzParseText(f *testing.F)        { fuzzValue(f, "text", domain.MaxTextBytes, "a\nb", "\va\fb\u0085") }
func FuzzParseGender(f *testing.F)      { fuzzValue(f, "gender", 1, "M", "F", "O") }
func FuzzParseBirthDate(f *testing.F)   { fuzzValue(f, "birth date", 10, "1990-02-28") }
func FuzzParseNewPassword(f *testing.F) { fuzzValue(f, "password", 256, "correct horse battery") }
func FuzzParseRole(f *testing.F)        { fuzzValue(f, "role", 5, "ADMIN", "STAFF") }

func FuzzParseLicenseNumber(f *testing.F) {
	f.Add("LIC-1", "lic-1")
	f.Add("straße", "STRASSE")
	f.Add("\u0345", "\u03b9")
	f.Fuzz(func(t *testing.T, a, b string) {
		first, err := domain.ParseLicenseNumber(a)
		if err != nil {
			return
		}
		if first.Key() == "" {
			t.Fatalf("%q has no key", first)
		}
		again, err := domain.ParseLicenseNumber(first.String())
		if err != nil || again != first || again.Key() != first.Key() {
			t.Fatalf("%q parses to %q (%v) the second time", first, again, err)
		}
		if second, err := domain.ParseLicenseNumber(b); err == nil && strings.EqualFold(first.String(), second.String()) && first.Key() != second.Key() {
			t.Fatalf("%q and %q differ in letter case only and have keys %q and %q", first, second, first.Key(), second.Key())
		}
	})
}

func FuzzParseSalary(f *testing.F) {
	for _, seed := range []string{"1234.50", "1e3", "-0", "99999999.99", "9.99999999999999999999999", "007.100", ".5", "1/2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := domain.ParseSalary(in)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(strings.TrimFunc(in, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsSpace(r) }))
		value, isNumber := new(big.Rat).SetString(got.String())
		if !ok || !isNumber || want.Cmp(value) != 0 || !regexp.MustCompile(`^[0-9]{1,8}\.[0-9]{2}$`).MatchString(got.String()) {
			t.Fatalf("%q is parsed as %s", in, got)
		}
	})
}

func FuzzParseRefreshToken(f *testing.F) {
	f.Add(domain.NewRefreshToken(domain.RefreshSelector{1}, domain.RefreshSecret{2}).Reveal())
	f.Add("\n" + domain.NewRefreshToken(domain.RefreshSelector{}, domain.RefreshSecret{}).Reveal())
	f.Fuzz(func(t *testing.T, in string) {
		token, err := domain.ParseRefreshToken(in)
		if err != nil {
			if domain.KindOf(err) != domain.Unauthenticated {
				t.Fatalf("refused with kind %v", domain.KindOf(err))
			}
			return
		}
		if token.Reveal() != in || len(in) != 64 {
			t.Fatalf("accepted %q", in)
		}
	})
}

func FuzzParseOneTimeCode(f *testing.F) {
	for _, seed := range []string{"123 456", "123\u2013456\n", "１２３\u00a0٤٥٦", "ABCD-EFGH-IJKL-MNOP-QRST-UVWX", "ſſſſſſ", "\xff\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		code, err := domain.ParseOneTimeCode(in)
		if err != nil {
			if domain.KindOf(err) != domain.Invalid || !code.IsZero() {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		recovery, can := code.Recovery()
		if length := len(code.Reveal()); can && (length != 24 || recovery.Reveal() != code.Reveal()) || !can && length != 6 {
			t.Fatalf("%q is parsed as %q", in, code.Reveal())
		}
		if again, err := domain.ParseOneTimeCode(code.Reveal()); err != nil || again.Reveal() != code.Reveal() {
			t.Fatalf("%q parses to %q (%v) the second time", code.Reveal(), again.Reveal(), err)
		}
	})
}

func FuzzParseLimit(f *testing.F) {
	for _, seed := range []string{"0", "10/15m", "1/1s", "9223372036854775807/24h", "1/1h0m0.000000001s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		limit, err := domain.ParseLimit(in)
		if err != nil {
			if domain.KindOf(err) != domain.Invalid || limit != (domain.Limit{}) {
				t.Fatalf("refused with %v and %v", err, limit)
			}
			return
		}
		if limit != (domain.Limit{}) && (limit.Max < 1 || limit.Window < time.Second || limit.Window > 24*time.Hour) {
			t.Fatalf("%q is parsed as %v", in, limit)
		}
		if again, err := domain.ParseLimit(limit.String()); err != nil || again != limit {
			t.Fatalf("%v parses to %v (%v) the second time", limit, again, err)
		}
	})
}

func FuzzNewOrigin(f *testing.F) {
	f.Add("Firefox/140", []byte{192, 0, 2, 1})
	f.Add(" \x00\xff\u202e ", []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1})
	f.Fuzz(func(t *testing.T, device string, ip []byte) {
		address, _ := netip.AddrFromSlice(ip)
		origin := domain.NewOrigin(address, device)
		unseen := func(r rune) bool { return r == utf8.RuneError || !unicode.IsGraphic(r) }
		if utf8.RuneCountInString(origin.Device) > 200 || strings.ContainsFunc(origin.Device, unseen) || strings.TrimSpace(origin.Device) != origin.Device {
			t.Fatalf("kept %q", origin.Device)
		}
		if again := domain.NewOrigin(origin.Address, origin.Device); again != origin {
			t.Fatalf("%v becomes %v the second time", origin, again)
		}
	})
}
