package console

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func localeFor(language string) locale {
	return localeOf(&http.Request{Header: http.Header{"Accept-Language": {language}}})
}

func TestDatesAreReadAsPeopleWriteThem(t *testing.T) {
	for _, test := range []struct{ language, typed, want string }{
		{"de-DE", "30.11.1987", "1987-11-30"},
		{"de", "3.5.1987", "1987-05-03"},
		{"de-AT", "30. 11. 1987", "1987-11-30"},
		{"en-GB", "30/11/1987", "1987-11-30"},
		{"en-GB", "03/04/1987", "1987-04-03"},
		{"en-US", "03/04/1987", "1987-03-04"},
		{"en", "11/30/1987", "1987-11-30"},
		{"en-US,de;q=0.5", "11-30-1987", "1987-11-30"},
		{"de;q=0.5,en-US", "11/30/1987", "1987-11-30"},
		{"en-US", "03.04.1987", "1987-04-03"}, // With dots the day comes first everywhere.
		{"fr-FR", "30-11-1987", "1987-11-30"},
		{"fr-FR", "30\u00a011\u202f1987", "1987-11-30"},
		{"es", "30–11–1987", "1987-11-30"},
		{"sv-SE", "1987-11-30", "1987-11-30"},
		{"sv-SE", "30/11/1987", "1987-11-30"},
		{"en-US", "1987-11-30", "1987-11-30"},
		{"en-GB", "1987-1-5", "1987-01-05"},
		{"hu-HU", "1987. 11. 30.", "1987-11-30"},
		{"ko-KR", "1987. 11. 30.", "1987-11-30"},
		{"ja-JP", "1987/11/30", "1987-11-30"},
		{"ja-JP", "1987年11月30日", "1987-11-30"},
		{"ja-JP", "１９８７年１１月３０日", "1987-11-30"},
		{"ar-EG", "٣٠/١١/١٩٨٧", "1987-11-30"},
		{"en-GB", "30 November 1987", "1987-11-30"},
		{"en-US", "November 30, 1987", "1987-11-30"},
		{"en-US", "30-Nov-1987", "1987-11-30"},
		{"de", "NOV 30 1987", "1987-11-30"},
		{"de", "1987 Sept 3", "1987-09-03"},
		{"en-GB", "  30/11/1987  ", "1987-11-30"},
		{"en-GB", "29/02/2024", "2024-02-29"},
		{"not a language", "30/11/1987", "1987-11-30"},
		{"", "30/11/1987", "1987-11-30"},
	} {
		got, bad := localeFor(test.language).parseDate(test.typed)
		assert.Equal(t, goodDate, bad, "%s: %q", test.language, test.typed)
		assert.Equal(t, test.want, got, "%s: %q", test.language, test.typed)
	}
}

func TestWhatIsNoDateIsRefused(t *testing.T) {
	for _, language := range []string{"de", "en-US", "sv-SE"} {
		for _, typed := range []string{
			"", " ", "-", "1987", "30.11.", "30.11.87", "30.11.1987 10:00", "31.11.1987", "29.02.2023", "00.11.1987", "30.13.1987",
			"30.11.19870", "030.011.1987", "+3.+4.1987", "3e1.11.1987", "30.Nvember.1987", "30 No 1987", "November", "1.2.3.4",
			"today", "٣٠", "19871130", "\x00.\x00.\x00\x00\x00\x00", "\xff\xfe", "--1987-11-30-5",
			// Long texts are not even taken apart.
			strings.Repeat(" ", 100) + "30.11.1987",
		} {
			_, bad := localeFor(language).parseDate(typed)
			assert.NotEqual(t, goodDate, bad, "%s: %q", language, typed)
		}
	}
}

func TestEachBadDateSaysWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		language, typed string
		want            badDate
	}{
		{"de", "31.2.2020", noSuchDay},
		{"de", "29.02.2023", noSuchDay},
		{"en-GB", "31 April 2020", noSuchDay},
		{"de", "0.4.2020", noSuchDay},
		{"ja-JP", "2020年4月31日", noSuchDay},
		{"en-US", "30/11/1987", noSuchMonth}, // The month comes first there.
		{"de", "1.0.1987", noSuchMonth},
		{"de", "30.11.87", badYear},
		{"de", "3.5.19870", badYear},
		{"en-GB", "30 Nov 87", badYear},
		{"de", "30.11.", notADate},
		{"de", "30.Nvember.1987", notADate},
		{"de", "today", notADate},
		{"de", "111.11.1987", notADate},
	} {
		_, bad := localeFor(test.language).parseDate(test.typed)
		assert.Equal(t, test.want, bad, "%s: %q", test.language, test.typed)
	}
}

func TestTheMonthIsShownByName(t *testing.T) {
	day := domain.DateOf(time.Date(1987, 3, 4, 0, 0, 0, 0, time.UTC))
	assert.Equal(t, "4 March 1987", localeFor("de").Date(day))
	assert.Equal(t, "March 4, 1987", localeFor("en-US").Date(day))
	assert.Equal(t, "1987 March 4", localeFor("ja-JP").Date(day))
	assert.Equal(t, "4 March 1987", localeFor("de").understood("4.3.1987"))
	assert.Equal(t, "soon", localeFor("de").understood("soon"))
}

// FuzzParseDate checks that any text is either no date or a day that is read again as the same
// day after it was shown in a form.
func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"30.11.1987", "11/30/1987", "1987-11-30", "30 November 1987", "1987年11月30日", "٣٠/١١/١٩٨٧", "\xff", "a b c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for _, language := range []string{"de", "en-US", "ja-JP"} {
			l := localeFor(language)
			iso, bad := l.parseDate(typed)
			if bad != goodDate {
				continue
			}
			day, err := time.Parse(time.DateOnly, iso)
			assert.NoError(t, err)
			again, bad := l.parseDate(l.TypedDate(domain.DateOf(day)))
			assert.Equal(t, goodDate, bad, "%s: %q", language, typed)
			assert.Equal(t, iso, again, "%s: %q", language, typed)
			assert.True(t, utf8.ValidString(l.Date(domain.DateOf(day))))
		}
	})
}
