package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestMembersAreTakenByName(t *testing.T) {
	b, err := parseBody([]byte(` {"name":"Ada \u00e9 \"x\"","salary":1.50,"phone":5550100,"text":"7","flag":true,"off":false,"gone":null,"id":7,"b":{},"a":[1]} `))
	require.NoError(t, err)
	assert.Equal(t, domain.Given(`Ada é "x"`), b.text("name"))
	assert.Equal(t, domain.Given("1.50"), b.number("salary"))
	assert.Equal(t, domain.Given("7"), b.number("text"))
	assert.Equal(t, domain.Given("5550100"), b.text("phone"))
	assert.Equal(t, domain.Given("true"), b.flag("flag"))
	assert.Equal(t, domain.Given("false"), b.flag("off"))
	assert.Equal(t, domain.Input{}, b.flag("missing"))
	assert.Equal(t, domain.Null(), b.text("gone"))
	assert.Equal(t, domain.Input{}, b.text("missing"))
	assert.Equal(t, []string{"a", "b"}, b.rest("id"))
}

func TestMembersOfAnotherTypeAreUnreadable(t *testing.T) {
	b, err := parseBody([]byte(`{"name":true,"code":123456,"salary":true,"flag":"true","other":1,"gone":null}`))
	require.NoError(t, err)
	assert.Equal(t, domain.Unreadable("Not a valid string."), b.text("name"))
	assert.Equal(t, domain.Unreadable("Not a valid string."), b.secret("code"))
	assert.Equal(t, domain.Unreadable("A valid number is required."), b.number("salary"))
	assert.Equal(t, domain.Unreadable("Must be true or false."), b.flag("flag"))
	assert.Equal(t, domain.Unreadable("Must be true or false."), b.flag("other"))
	assert.Equal(t, domain.Null(), b.flag("gone"))
}

func TestInvalidBodiesAreRefused(t *testing.T) {
	const levels = maxBodyDepth
	for name, text := range map[string]string{
		"nothing":               "",
		"white space":           " \n",
		"not an object":         `[]`,
		"a string":              `"x"`,
		"null":                  `null`,
		"cut off":               `{"a":1`,
		"cut off in a string":   `{"a":"`,
		"trailing comma":        `{"a":1,}`,
		"comment":               `{"a":1} // x`,
		"second value":          `{"a":1}{"a":2}`,
		"text after it":         `{"a":1} x`,
		"single quotes":         `{'a':1}`,
		"bare name":             `{a:1}`,
		"equal names":           `{"a":1,"a":2}`,
		"equal names, escaped":  `{"a":1,"\u0061":2}`,
		"equal names, inside":   `{"a":{"b":1,"b":2}}`,
		"NaN":                   `{"a":NaN}`,
		"leading zero":          `{"a":01}`,
		"plus sign":             `{"a":+1}`,
		"hexadecimal":           `{"a":0x1}`,
		"bad UTF-8":             "{\"a\":\"\xff\"}",
		"overlong UTF-8":        "{\"a\":\"\xc0\x80\"}",
		"bad UTF-8 in a name":   "{\"\xff\":1}",
		"lone surrogate":        `{"a":"\ud800"}`,
		"reversed surrogates":   `{"a":"\udc00\ud800"}`,
		"NUL, escaped":          `{"a":"x\u0000y"}`,
		"NUL in a name":         `{"a\u0000":1}`,
		"NUL, inside":           `{"a":[{"b":"\u0000"}]}`,
		"raw NUL":               "{\"a\":\"\x00\"}",
		"raw control character": "{\"a\":\"\n\"}",
		"byte order mark":       "\ufeff{}",
		"UTF-16":                "\xff\xfe{\x00}\x00",
		"one level too deep":    `{"a":` + strings.Repeat("[", levels) + strings.Repeat("]", levels) + `}`,
		"very deep":             `{"a":` + strings.Repeat("[", 100_000),
		"very deep objects":     strings.Repeat(`{"a":`, 100_000),
		"too many members":      "{" + manyMembers(maxMembers+1) + "}",
		"too many, inside":      `{"a":[{"b":{` + manyMembers(maxMembers+1) + `}}]}`,
		"too many members of 0": "{" + manyMembers(100_000) + "}",
		"too many values":       `{"a":[1` + strings.Repeat(",1", maxValues-2) + `]}`,
		"too many arrays":       `{"a":[[]` + strings.Repeat(",[]", maxValues-2) + `]}`,
		"too many objects":      `{"a":[{}` + strings.Repeat(`,{"x":{}}`, maxValues/2) + `]}`,
	} {
		_, err := parseBody([]byte(text))
		if assert.Error(t, err, name) {
			assert.Equal(t, 400, problemOf(err).Status, name)
			assert.Less(t, len(problemOf(err).Detail), 120, name)
		}
	}
	_, err := parseBody([]byte(`{"a":` + strings.Repeat("[", levels-1) + strings.Repeat("]", levels-1) + `}`))
	assert.NoError(t, err, "the deepest that is allowed")
}

// manyMembers returns the text of count members of an object.
func manyMembers(count int) string {
	var text strings.Builder
	for n := range count {
		fmt.Fprintf(&text, `"%d":0,`, n)
	}
	return strings.TrimSuffix(text.String(), ",")
}

func TestBodiesUpToTheLimitsAreAccepted(t *testing.T) {
	patient := `{"id":1,"version":1,"created_at":"","updated_at":"","created_by":1,"name":"","date_of_birth":null,"phone_number":"","gender":null,"email":"","external_id":null,` +
		`"address":"","medical_record":"` + strings.Repeat("x", 8000) + `","assigned_doctors":[1,2,3,4,5,6,7,8,9,10]},`
	for name, text := range map[string]string{
		"members":            "{" + manyMembers(maxMembers) + "}",
		"members, inside":    `{"a":{` + manyMembers(maxMembers) + `},"b":{` + manyMembers(maxMembers) + `}}`,
		"values":             `{"a":[1` + strings.Repeat(",1", maxValues-3) + `]}`,
		"a thousand records": `{"items":[` + strings.TrimSuffix(strings.Repeat(patient, 1000), ",") + `]}`,
		"no NUL":             `{"a":"C:\\u0000"}`,
	} {
		_, err := parseBody([]byte(text))
		assert.NoError(t, err, name)
	}
	b, err := parseBody([]byte(`{"a":"C:\\u0000"}`))
	require.NoError(t, err)
	assert.Equal(t, domain.Given(`C:\u0000`), b.text("a"))
}

func TestParsingCopiesNoMember(t *testing.T) {
	text := []byte(`{"a":"` + strings.Repeat("x", maxBodyBytes) + `"}`)
	measured := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := parseBody(text)
			require.NoError(b, err)
		}
	})
	assert.Less(t, measured.AllocedBytesPerOp(), int64(maxBodyBytes/2))
}

func FuzzParseBody(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1,"b":"x","c":null,"d":[{"e":true}]}`, `{"a":1,"a":2}`, `{"a":"\u0000"}`, "{\"a\":\"\xff\"}", `{"a":1} {}`, `{"a":"\ud800"}`, `[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := parseBody(text)
		if err != nil {
			if p := problemOf(err); p.Status != 400 {
				t.Fatalf("refused with %d", p.Status)
			}
			return
		}
		if !utf8.Valid(text) || !json.Valid(text) || bytes.ContainsRune(text, 0) {
			t.Fatalf("accepted %q", text)
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil || len(want) != len(b.members) {
			t.Fatalf("%q has members %v, want %v (%v)", text, b.members, want, err)
		}
		for name, value := range want {
			var s string
			if value[0] == '"' && json.Unmarshal(value, &s) == nil {
				if got := b.text(name); got != domain.Given(s) {
					t.Fatalf("%q is %v, want %q", name, got, s)
				}
			} else if _, found := b.members[name]; !found {
				t.Fatalf("%q was lost", name)
			}
		}
	})
}
