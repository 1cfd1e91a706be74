package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

var now = time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC)

// parsers maps the kinds in the table below to their parse functions.
var parsers = map[string]func(string) (string, error){
	"id":             func(s string) (string, error) { v, err := domain.ParseID(s); return v.String(), err },
	"name":           func(s string) (string, error) { v, err := domain.ParseName(s); return v.String(), err },
	"person name":    func(s string) (string, error) { v, err := domain.ParsePersonName(s); return v.String(), err },
	"specialization": func(s string) (string, error) { v, err := domain.ParseSpecialization(s); return v.String(), err },
	"licence":        func(s string) (string, error) { v, err := domain.ParseLicenseNumber(s); return v.String(), err },
	"salary":         func(s string) (string, error) { v, err := domain.ParseSalary(s); return v.String(), err },
	"email":          func(s string) (string, error) { v, err := domain.ParseEmail(s); return v.String(), err },
	"phone":          func(s string) (string, error) { v, err := domain.ParsePhone(s); return v.String(), err },
	"text":           func(s string) (string, error) { v, err := domain.ParseText(s); return v.String(), err },
	"gender":         func(s string) (string, error) { v, err := domain.ParseGender(s); return v.String(), err },
	"birth date":     func(s string) (string, error) { v, err := domain.ParseBirthDate(s, now); return v.String(), err },
	"password":       func(s string) (string, error) { v, err := domain.ParseNewPassword(s); return v.Reveal(), err },
	"role":           func(s string) (string, error) { v, err := domain.ParseRole(s); return string(v), err },
}

func TestValues(t *testing.T) {
	long := strings.Repeat
	for _, tt := range []struct{ kind, in, want, problem string }{
		{"id", "1", "1", ""},
		{"id", "9223372036854775807", "9223372036854775807", ""},
		{"id", "9223372036854775808", "", "A valid id (a positive integer) is required."},
		{"id", "0", "", "A valid id (a positive integer) is required."},
		{"id", "-1", "", "A valid id (a positive integer) is required."},
		{"id", "+1", "", "A valid id (a positive integer) is required."},
		{"id", "01", "", "A valid id (a positive integer) is required."},
		{"id", "1.0", "", "A valid id (a positive integer) is required."},
		{"id", "١", "", "A valid id (a positive integer) is required."},

		{"name", "  Ada Lovelace ", "Ada Lovelace", ""},
		{"name", "Zoe\u0308", "Zoë", ""},
		{"name", "علی‌رضا", "علی‌رضا", ""},
		{"name", long("ж", 100), long("ж", 100), ""},
		{"name", long("ж", 101), "", "Ensure this field has no more than 100 characters."},
		{"name", " \t ", "", "This field may not be blank."},
		{"name", "\u200b", "", "This field may not be blank."},
		{"name", "\u3164\ufe0f", "", "This field may not be blank."},
		{"name", "a\x00b", "", "Character 2 is U+0000, which is not allowed here."},
		{"name", "a\nb", "", "Character 2 is U+000A, which is not allowed here."},
		{"name", "a\u202eb", "", "Character 2 is U+202E, which is not allowed here."},
		{"name", "a\u2028b", "", "Character 2 is U+2028, which is not allowed here."},
		{"name", "a\xffb", "", "Invalid UTF-8 is not allowed."},

		{"name", "\u202aAda\u202c", "Ada", ""},
		{"name", "\ufeff\u200b Ada\u00ad\u00a0\u200e", "Ada", ""},
		{"name", "\x0b\u200bAda\u200b\n", "Ada", ""},
		{"name", "\u200bA\x07\u200b", "", "Character 3 is U+0007, which is not allowed here."},
		{"name", "Ada\ufe0f", "Ada", ""},
		{"name", "葛\U000E0100\u200b", "葛\U000E0100", ""},
		{"name", "രാമന്\u200d", "രാമന്\u200d", ""},
		{"name", "\u200dAda\u200d", "Ada", ""},
		{"person name", "\u200b \ufeff", "", ""},
		{"person name", "\u200bAda\u200b", "Ada", ""},
		{"person name", "", "", ""},
		{"person name", "  ", "", ""},
		{"person name", long("x", 150), long("x", 150), ""},
		{"person name", long("x", 151), "", "Ensure this field has no more than 150 characters."},

		{"specialization", long("x", 200), long("x", 200), ""},
		{"specialization", long("x", 201), "", "Ensure this field has no more than 200 characters."},
		{"licence", " Lic-1 ", "Lic-1", ""},
		{"licence", "\u200eLic-1\u200b", "Lic-1", ""},
		{"specialization", "\u200eCardiology\ufeff", "Cardiology", ""},
		{"licence", long("x", 51), "", "Ensure this field has no more than 50 characters."},

		{"salary", "1234.5", "1234.50", ""},
		{"salary", "1234.50", "1234.50", ""},
		{"salary", "1234.500", "1234.50", ""},
		{"salary", "\u200e1234.5\u00a0", "1234.50", ""},
		{"salary", "1e3", "1000.00", ""},
		{"salary", "12345E-2", "123.45", ""},
		{"salary", "1.5e+1", "15.00", ""},
		{"salary", ".5", "0.50", ""},
		{"salary", "5.", "5.00", ""},
		{"salary", "+5", "5.00", ""},
		{"salary", "1e8", "", "Ensure that there are no more than 10 digits in total."},
		{"salary", "1e-3", "", "Ensure that there are no more than 2 decimal places."},
		{"salary", "-1e3", "", "Ensure this value is greater than or equal to 0."},
		{"salary", "1e100", "", "A valid number is required."},
		{"salary", "e3", "", "A valid number is required."},
		{"salary", ".", "", "A valid number is required."},
		{"salary", "+-5", "", "A valid number is required."},
		{"salary", "+ 5", "", "A valid number is required."},
		{"salary", "0x10", "", "A valid number is required."},
		{"salary", "1_000", "", "A valid number is required."},
		{"salary", "1/2", "", "A valid number is required."},
		{"salary", "9.99999999999999999999999", "", "Ensure that there are no more than 2 decimal places."},
		{"salary", "1.009999999999999999999999", "", "Ensure that there are no more than 2 decimal places."},
		{"salary", "-0.0000000000000000000000001", "", "Ensure this value is greater than or equal to 0."},
		{"salary", "0", "0.00", ""},
		{"salary", "-0", "0.00", ""},
		{"salary", "00012", "12.00", ""},
		{"salary", "99999999.99", "99999999.99", ""},
		{"salary", "100000000", "", "Ensure that there are no more than 10 digits in total."},
		{"salary", "1.234", "", "Ensure that there are no more than 2 decimal places."},
		{"salary", "-0.01", "", "Ensure this value is greater than or equal to 0."},
		{"salary", "NaN", "", "A valid number is required."},
		{"salary", "Infinity", "", "A valid number is required."},
		{"salary", "1,5", "", "A valid number is required."},
		{"salary", "1e999999999", "", "A valid number is required."},
		{"salary", "", "", "A valid number is required."},

		{"email", " Ada.L+x@Example.COM ", "ada.l+x@example.com", ""},
		{"email", "\u200bada@example.com\ufeff\u00a0", "ada@example.com", ""},
		{"email", "ada\u200b@example.com", "", "Enter a valid email address."},
		{"email", "\u200b", "", "This field may not be blank."},
		{"email", "", "", "This field may not be blank."},
		{"email", "ada", "", "Enter a valid email address."},
		{"email", "ada@localhost", "", "Enter a valid email address."},
		{"email", "a b@example.com", "", "Enter a valid email address."},
		{"email", "Ada <ada@example.com>", "", "Enter a valid email address."},
		{"email", "\u212aate@example.com", "", "Enter a valid email address."},
		{"email", "ada@example.com\x00", "", "Enter a valid email address."},
		{"email", long("a", 64) + "@example.com", long("a", 64) + "@example.com", ""},
		{"email", long("a", 65) + "@example.com", "", "Enter a valid email address."},
		{"email", "a@" + long("b.", 126) + "com", "", "Enter a valid email address."},

		{"phone", "", "", ""},
		{"phone", "+49 30 901820", "+49 30 901820", ""},
		{"phone", "(030) 9018-20", "(030) 9018-20", ""},
		{"phone", "112", "112", ""},
		{"phone", "+123456789012345", "+123456789012345", ""},
		{"phone", "+12 (34) 567 89 01 / 23 45 - 678", "", "Ensure this field has no more than 15 digits."},
		{"phone", "+12 (34) 567 89 01 / 23       45", "+12 (34) 567 89 01 / 23       45", ""},
		{"phone", "+12 (34) 567 89 01 / 23        45", "", "Ensure this field has no more than 32 characters."},
		{"phone", "\u202a+49\u00a030\u2011901820\u202c", "+49 30-901820", ""},
		{"phone", "\u200e+44\u202f20\u20097946\u200b0\ufeff\n", "+44 20 79460", ""},
		{"phone", "030\t901820", "030 901820", ""},
		{"phone", "030–901820−1", "030-901820-1", ""},
		{"phone", "＋４９（３０）９０１８２０", "+49(30)901820", ""},
		{"phone", "٠٣٠ ٩٠١٨٢٠", "030 901820", ""},
		{"phone", "۰۳۰ ۹۰۱۸۲۰", "030 901820", ""},
		{"phone", "०३० ९०१८२०", "030 901820", ""},
		{"phone", "𝟎𝟙𝟮", "012", ""},
		{"phone", "\u200b", "", ""},
		{"phone", "112\n113", "", "Enter a valid phone number: digits, spaces and ( ) . / - with an optional leading +."},
		{"phone", "1²3", "", "Enter a valid phone number: digits, spaces and ( ) . / - with an optional leading +."},
		{"phone", "1234567890123456", "", "Ensure this field has no more than 15 digits."},
		{"phone", "call me", "", "Enter a valid phone number: digits, spaces and ( ) . / - with an optional leading +."},
		{"phone", "12", "", "Enter a valid phone number: digits, spaces and ( ) . / - with an optional leading +."},
		{"phone", "+", "", "Enter a valid phone number: digits, spaces and ( ) . / - with an optional leading +."},
		{"phone", "１２３", "123", ""},

		{"text", " a\r\n\tb ", "a\r\n\tb", ""},
		{"text", "a\vb\fc\u0085d\u2028e", "a\nb\nc\nd\u2028e", ""},
		{"text", "\fa\v", "a", ""},
		{"text", " \vab\x1bc", "", "Character 5 is U+001B, which is not allowed here."},
		{"text", "ß\u200b\x7f", "", "Character 3 is U+007F, which is not allowed here."},
		{"text", "a\xffb", "", "Invalid UTF-8 is not allowed."},
		{"text", "", "", ""},
		{"text", long("x", domain.MaxTextBytes), long("x", domain.MaxTextBytes), ""},
		{"text", long("x", domain.MaxTextBytes+1), "", "Ensure this field has no more than 1048576 bytes."},
		{"text", "a\x00b", "", "Character 2 is U+0000, which is not allowed here."},

		{"gender", "F", "F", ""},
		{"gender", "f", "", "Not a valid choice: use M, F or O."},
		{"gender", "", "", "Not a valid choice: use M, F or O."},

		{"birth date", "1990-02-28", "1990-02-28", ""},
		{"birth date", "\u200e1990-02-28\u200e ", "1990-02-28", ""},
		{"birth date", "1850-01-01", "1850-01-01", ""},
		{"birth date", "1849-12-31", "", "Date of birth may not be before 1850."},
		{"birth date", "2026-11-23", "2026-11-23", ""}, // already today in the earliest time zone
		{"birth date", "2026-11-24", "", "Date of birth may not be in the future."},
		{"birth date", "1990-02-30", "", "Date has wrong format. Use YYYY-MM-DD."},
		{"birth date", "1990-2-3", "", "Date has wrong format. Use YYYY-MM-DD."},
		{"birth date", "1990-02-28T00:00:00Z", "", "Date has wrong format. Use YYYY-MM-DD."},
		{"birth date", "", "", "Date has wrong format. Use YYYY-MM-DD."},

		{"password", " pass word ", " pass word ", ""},
		{"password", long("ж", 256), long("ж", 256), ""},
		{"password", long("ж", 257), "", "Ensure this field has no more than 256 characters."},
		{"password", "1234567", "", "This password is too short. It must contain at least 8 characters."},
		{"password", "", "", "This field may not be blank."},
		{"password", "12345678\xff", "", "Invalid UTF-8 is not allowed."},

		{"role", "ADMIN", "ADMIN", ""},
		{"role", "admin", "", "Not a valid choice: use ADMIN or STAFF."},
		{"role", "OPERATOR", "", "Not a valid choice: use ADMIN or STAFF."},
		{"role", "", "", "Not a valid choice: use ADMIN or STAFF."},
	} {
		got, err := parsers[tt.kind](tt.in)
		if tt.problem != "" {
			assert.EqualError(t, err, tt.problem, "%s %.40q", tt.kind, tt.in)
			assert.Equal(t, domain.Invalid, domain.KindOf(err))
			continue
		}
		assert.NoError(t, err, "%s %.40q", tt.kind, tt.in)
		assert.Equal(t, tt.want, got, "%s %.40q", tt.kind, tt.in)
	}
}

func TestABirthDateCanBeTodayInTheEarliestTimeZone(t *testing.T) {
	for clock, want := range map[string]bool{"2026-11-22T09:59:59Z": false, "2026-11-22T10:00:00Z": true} {
		now, err := time.Parse(time.RFC3339, clock)
		assert.NoError(t, err)
		_, err = domain.ParseBirthDate("2026-11-23", now)
		assert.Equal(t, want, err == nil, clock)
	}
}

func TestLicenseKey(t *testing.T) {
	key := func(text string) string {
		license, err := domain.ParseLicenseNumber(text)
		assert.NoError(t, err)
		return license.Key()
	}
	for _, same := range [][2]string{{"lic-1", " LIC-1 "}, {"STRASSE 1", "straße 1"}, {"ＡＢ１", "ab1"}, {"NJ\u200b-1", "nj-\u00ad1"}, {"ÉTÉ", "e\u0301te\u0301"}} {
		assert.Equal(t, key(same[0]), key(same[1]), same)
	}
	assert.NotEqual(t, key("lic-1"), key("lic-2"))
	assert.NotEqual(t, key("lic 1"), key("lic1"))
}
