package domain_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
)

func TestFoldKeepsWhatCountsOnly(t *testing.T) {
	for text, folded := range map[string]string{
		"  John\t Smith ":    "john smith",
		"Jean-Luc":           "jean luc",
		"Jean\u2011Luc":      "jean luc",
		"Jean \u2013 Luc":    "jean luc",
		"-Luc-":              "luc",
		"O'Brien":            "obrien",
		"O\u2019Brien":       "obrien",
		"O\uff07Brien":       "obrien",
		"O\u00b4Brien":       "obrien",
		"Ke\u02bbala":        "keala",
		"Jo\u200bhn\u00ad":   "john",
		"Jo\x00hn\x1b":       "john",
		"José":               "jose",
		"Jose\u0301":         "jose",
		"Nguyễn Văn Ước":     "nguyen van uoc",
		"Søren Ærø":          "soren aero",
		"Łukasz Đorđe":       "lukasz dorde",
		"Straße STRASSE":     "strasse strasse",
		"Ǿ":                  "o",
		"Þór Œuvre Ðǫ":       "thor oeuvre do",
		"IŞIK ışık İstanbul": "isik isik istanbul",
		"ﬁnn ＡＢＣ ①":          "finn abc 1",
		"Παπαδόπουλος":       "παπαδοπουλοσ",
		"ΠΑΠΑΔΟΠΟΥΛΟΣ":       "παπαδοπουλοσ",
		"ᾳ":                  "α",
		"Фёдор Йог":          "федор иог",
		"مُحَمَّد":           "محمد",
		"أحمد آمنة":          "احمد امنة",
		"محـــمد":            "محمد",
		"שָׁלוֹם":            "שלום",
		"בן־גוריון":          "בן גוריון",
		"王 小明":               "王 小明",
		"がぎ":                 "がぎ",
		"か\u3099":            "が",
		"ｶﾞ":                 "ガ",
		"\u1112\u1161\u11ab": "한",
		"សុខ":                "សុខ",
		"นิด ไมตรี":          "นิด ไมตรี",
		"हिन्दी":             "हिन्दी",
		"😀 👩\u200d⚕\ufe0f":   "😀 👩⚕",
		"1\ufe0f\u20e3":      "1",
		"٠١٢ ۳ ५":            "012 3 5",
		"%_*\"()":            "%_*\"()",
		"\xff\xfe":           "\ufffd",
		"\u0301\u0308":       "",
		"-\u200b'":           "",
	} {
		assert.Equal(t, folded, domain.Fold(text), "%q", text)
	}
}

func TestFoldingAgainChangesNothing(t *testing.T) {
	check := func(t assert.TestingT, text string) {
		folded := domain.Fold(text)
		assert.Equal(t, folded, domain.Fold(folded), "%q", text)
		assert.True(t, utf8.ValidString(folded) && norm.NFKC.IsNormalString(folded), "%q: %q", text, folded)
		assert.Equal(t, strings.Join(strings.Fields(folded), " "), folded, "%q", text)
		assert.False(t, strings.ContainsFunc(folded, func(r rune) bool {
			return unicode.IsControl(r) || r == '-' || 'A' <= r && r <= 'Z'
		}), "%q: %q", text, folded)
	}
	for r := range unicode.MaxRune {
		text := string(r)
		if folded := domain.Fold(text); folded != domain.Fold(folded) {
			check(t, text)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.OneOf(rapid.String(), textOfTraps()).Draw(t, "text"))
	})
	rapid.Check(t, func(t *rapid.T) {
		check(t, string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")))
	})
}

// textOfTraps generates texts of characters that are folded in unlike ways.
func textOfTraps() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOf(rapid.OneOf(
			rapid.SampledFrom([]rune("aAéßøŁıİ ΣςάᾳЙё王がカﾞ한सि्คำសុאָ\u05b8\u05bfأـ\u064b\u0654\u0670'’´-\u2212\u00ad\u200d\ufe0f\u0301\u0308\u0327\u0345\u3099\u20dd\u0e31\u1161\u11ab\u00a8\n\x00٣😀🏽")),
			rapid.RuneFrom(nil, unicode.Mn, unicode.Me, unicode.Mc),
			rapid.RuneFrom(nil, unicode.Latin, unicode.Greek, unicode.Arabic, unicode.Hebrew),
		)).Draw(t, "runes"))
	})
}

func TestSortKeysFitAnIndex(t *testing.T) {
	assert.Equal(t, "soren", domain.SortKey("Søren"))
	key := domain.SortKey(strings.Repeat("\ufdfa", 200)) // one character that stands for a phrase
	assert.LessOrEqual(t, len(key), 2000)
	assert.True(t, utf8.ValidString(key))
	assert.Contains(t, domain.Fold(strings.Repeat("\ufdfa", 200)), key)
}
