package passwords

import (
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// known is what the use-cases pass about a user.
var known = []string{"anna.sommer42@klinik-nord.example", "Anna-Lena", "Müller Öztürk"}

func TestWeaknessRejectsPasswordsThatAreEasyToGuess(t *testing.T) {
	p := newPasswords(t, cheap)
	tests := []struct {
		password string
		weak     bool
		why      string
	}{
		{"", true, "nothing"},
		{"password", true, "the commonest"},
		{"Password123", true, "a common one with a usual ending"},
		{"P@ssw0rd123", true, "the same in l33t"},
		{"de1icatepi1grim", true, "1 read as l"},
		{"m1dn1ghttra1n", true, "1 read as i"},
		{"qwertyuiop", true, "a row of keys"},
		{"1q2w3e4r5t", true, "a pattern of keys"},
		{"abcdefghijkl", true, "a sequence"},
		{"aaaaaaaaaaaa", true, "a repetition"},
		{"12041985", true, "a date"},
		{"zk17.09.1963", true, "a date at the end"},
		{"17-9-63zkq", true, "a date at the beginning"},
		{"1963/09/17q", true, "a date with its year first"},
		{"zkq19630917", true, "a date without separators"},
		{"zk09171963q", true, "a date with its month first"},
		{"zkqvwxyzwvu", true, "a sequence up and down"},
		{"ZYXWVUTSRQPO", true, "a sequence in capitals"},
		{"9876543210987", true, "digits downwards"},
		{"JjJjJjJjJxw", true, "a repetition in both cases"},
		{"aoeuidhtns-", true, "a row of keys of another keyboard"},
		{"!QAZXSW@#EDC", true, "a pattern of keys with Shift"},
		{"lindstrom92", true, "a surname and a year"},
		{"dkrqmxf", true, "random, and guessed within hours"},
		{"hospital1", true, "a word and a digit"},
		{"pässwörd1", true, "accents on a common one"},
		{"éééééééé", true, "a repetition beyond ASCII"},

		{"annalena1", true, "pieces of a known name"},
		{"ANNALENA1", true, "letter case"},
		{"müllermüller", true, "a known name with accents"},
		{"mullermuller", true, "a known name without its accents"},
		{"mu\u0308llermu\u0308ller", true, "a known name with accents of their own"},
		{"öztürköztürk", true, "the second of two names"},
		{"0zturk0zturk", true, "a known name in l33t"},
		{"sommer42nord", true, "pieces of a known address"},
		{"anna.sommer42", true, "the local part"},
		{"anna.sommer42@klinik-nord.example", true, "the whole address"},

		{"correct horse battery staple", false, "several words"},
		{"kaffee-tasse-regenbogen", false, "several words"},
		{"xK7#pQ2mVb", false, "random"},
		{"vT9wqLz4kR", false, "random"},
		{"паровозклён", false, "another alphabet"},
		{"密码很难猜到的吧", false, "another script"},
		{strings.Repeat("correct horse battery staple ", 8), false, "the longest"},
	}
	for _, test := range tests {
		got := p.Weakness(domain.TypedPassword(test.password), known...)
		assert.Equal(t, test.weak, got != "", "%q: %s", test.password, test.why)
	}
}

func TestWeaknessRejectsPasswordsOfKnownWords(t *testing.T) {
	p := newPasswords(t, cheap)
	tests := []struct{ password, known string }{
		{"ravndalsund7", "Ravndalsund"},
		{"r4vnd4lsund7", "ravndalsund"},
		{"RAVNDALSUND7", "Ravndalsund"},
		{"ravndalsund7", "ravndalsund@example.org"},
		{"ravndalsund7", "x.ravndalsund+y@example.org"},
		{"ravndalsund7", "me@mail.ravndalsund.example"},
		{"ravndalsund7", "ravndalsund1963@example.org"},
		{"ravndalsund7", "Vera Ravndalsund-Li"},
		{"x7k9q2w8", "x7k9q2w8@example.org"},
		{"वर्माजयपुर", "सीता वर्माजयपुर"},
		{"жанназайцева7", "Жанна Зайцева"},
		{"ЖаннаЗайцева7", "жанна зайцева"},
	}
	for _, test := range tests {
		password := domain.TypedPassword(test.password)
		assert.Empty(t, p.Weakness(password), test.password)
		assert.NotEmpty(t, p.Weakness(password, test.known), "%s of %s", test.password, test.known)
	}
}

func TestInitialsAndEmptyWordsDoNotMakeEveryPasswordWeak(t *testing.T) {
	p := newPasswords(t, cheap)
	assert.Empty(t, p.Weakness(domain.TypedPassword("xqzjvkwpfh"), "", " ", "X", "Qz J.", "vk@w.p", "F-H"))
}

func TestDatesOfSixDigitsAreFound(t *testing.T) {
	for text, want := range map[string]int{"zk170963": 1, "630917zk": 1, "zk321399": 0, "zk17096": 0} {
		assert.Len(t, matchDates(text), want, text)
	}
}

func TestEachWordListIsUsed(t *testing.T) {
	p := newPasswords(t, cheap)
	for list, word := range map[string]string{
		"Passwords": "scuba1", "English": "unacceptable", "FemaleNames": "jacqueline", "MaleNames": "christopher", "Surnames": "oppenheimer",
	} {
		assert.NotEmpty(t, p.Weakness(domain.TypedPassword(word+"42")), list)
	}
	assert.Greater(t, len(commonWords()), 80_000)
}

func TestWeaknessIsOneSentenceWithoutThePassword(t *testing.T) {
	got := newPasswords(t, cheap).Weakness(domain.TypedPassword("annalena1"), known...)
	assert.Regexp(t, `^This password [^.]*\.$`, got)
	assert.NotContains(t, strings.ToLower(got), "anna")
}

// The first of these takes the unrestricted library 8 GB and half a minute.
func TestWeaknessOfLongPasswordsIsCheap(t *testing.T) {
	p := newPasswords(t, cheap)
	for name, password := range map[string]string{
		"l33t":                strings.Repeat("4@8({[<3691!|70$5+%2", 13),
		"digits":              strings.Repeat("7391846250", 26),
		"eighteen letters in": strings.Repeat("\ufdfa", domain.MaxPasswordLength),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p.Weakness(domain.TypedPassword(password), known...)
		runtime.ReadMemStats(&after)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20), name)
	}
}

func TestWeaknessScoresTheBeginningOnly(t *testing.T) {
	p := newPasswords(t, cheap)
	assert.NotEmpty(t, p.Weakness(domain.TypedPassword(strings.Repeat("a", scoredLength)+"xK7#pQ2mVb")))
	assert.Empty(t, p.Weakness(domain.TypedPassword(strings.Repeat("a", scoredLength-10)+"xK7#pQ2mVb")))
}

func TestWeaknessIsSafeForConcurrentUse(t *testing.T) {
	p := newPasswords(t, cheap)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			assert.NotEmpty(t, p.Weakness(domain.TypedPassword("P@ssw0rd123"), known...))
			assert.Empty(t, p.Weakness(domain.TypedPassword("xK7#pQ2mVb"), known...))
		})
	}
	all.Wait()
}

func FuzzWeakness(f *testing.F) {
	p := newPasswords(f, cheap)
	f.Add("Password123", "anna@example.org")
	f.Add("12/04/1985 2020-01-1", "\xff")
	f.Add("müller\u0308", "Müller")
	f.Add("4@8({[<3691!|70$5+%2", "a@b@c")
	f.Fuzz(func(t *testing.T, password, word string) {
		got := p.Weakness(domain.TypedPassword(password), word)
		if got != "" && got != tooWeak {
			t.Fatalf("says %q", got)
		}
		// A long word in mixed case can be strong enough.
		word = strings.ToLower(word)
		if n := len(toASCII(word)); minWordLength <= n && n <= scoredLength && p.Weakness(domain.TypedPassword(word), word) == "" {
			t.Fatalf("the known word %q is no weakness", word)
		}
	})
}

func BenchmarkWeakness(b *testing.B) {
	p := newPasswords(b, cheap)
	for name, password := range map[string]string{
		"usual":    "correct horse battery",
		"longest":  strings.Repeat("correct horse battery staple ", 8),
		"l33t":     strings.Repeat("4@8({[<3691!|70$5+%2", 12),
		"keyboard": strings.Repeat("qwertyuiop", 25),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				p.Weakness(domain.TypedPassword(password), known...)
			}
		})
	}
}
