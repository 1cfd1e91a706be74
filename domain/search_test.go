package domain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
)

func search(t require.TestingT, text string) domain.Search {
	s, err := domain.ParseSearch(text)
	require.NoError(t, err, "%q", text)
	return s
}

func searchedPatient(name string) domain.Patient {
	return domain.Patient{
		Name:        domain.FromStored[domain.Name](name),
		Email:       domain.FromStored[domain.Email]("jean-luc@example.com"),
		ExternalID:  domain.FromStored[domain.ExternalID]("EXT/77"),
		Phone:       domain.FromStored[domain.Phone]("+44 (0)20-7946 0123"),
		DateOfBirth: domain.FromStored[domain.Date]("1990-05-01"),
	}
}

func TestSearchFindsWordsAsPartsOfAField(t *testing.T) {
	for _, c := range []struct{ name, words string }{
		{"王小明", "王"},
		{"王小明", "小明"},
		{"O\u2019Brien", "o'brien"},
		{"O'Brien", "OBRIEN"},
		{"Jean Luc Picard", "jean-luc"},
		{"Jean-Luc Picard", "-luc"},
		{"Jean-Luc Picard", "picard jean"},
		{"Jean-Luc Picard", "ean pic"},
		{"Παπαδόπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ"},
		{"Işık", "isik"},
		{"IŞIK", "ışık"},
		{"مُحَمَّد", "محمد"},
		{"שלום", "שָׁלוֹם"},
		{"សុខា", "សុខ"},
		{"100% _real_ (x)", "% _ (x)"},
		{"say \"hi\" * OR NEAR AND", "OR \"hi\" * near"},
		{"😀 Smile", "😀"},
		{"any", "EXT/77"},
		{"any", "jean-luc@example.com"},
		{"any", "7946"},
		{"any", "+44 (0)20-7946 0123"}, // three words
		{"any", "79460123"},
		{"any", "02079460"[1:]},
		{"any", "1990-05-01"},
		{"any", "٧٩٤٦٠١٢٣"},
		{"any", "  "},
	} {
		assert.True(t, search(t, c.words).Matches(searchedPatient(c.name).SearchText()), "%q in %q", c.words, c.name)
	}
	for _, c := range []struct{ name, words string }{
		{"王小明", "王明"},
		{"Jean-Luc", "jeanluc"},
		{"Jean Luc", "jean paul"},
		{"សុខា", "សខ"}, // without the vowel sign
		{"หมื่น", "หมน"},
		{"John", "j%n"},
		{"John", "j_hn"},
		{"John", "jo*"},
		{"John", "\"john\""},
		{"John", "john OR"},
		{"John", "john -"},        // A hyphen alone finds nothing.
		{"John", "john \x00"},     // Nor does a control character alone.
		{"John", "john\njean@"},   // The sections are not one text.
		{"any", "200-79"},         // Digits that the phone number does not have.
		{"any", "420"},            // Three digits are searched for in the phone as written only.
		{"any", "0000"},           // Only leading zeros are left.
		{"any", "1990-05"},        // Dates are found as a whole.
		{"any", "1990"},           // A year is no part of a date,
		{"any", "05"},             // nor is a month.
		{"any", "LTTK-KP-KL"},     // How dates are kept is not searched for.
		{"any", "1990-05-02"},     // Another day.
		{"any", "EECAHJEGABCD"},   // How digits are kept is not searched for.
		{"any", "1990 05 01 May"}, // Not the form of a date.
	} {
		assert.False(t, search(t, c.words).Matches(searchedPatient(c.name).SearchText()), "%q in %q", c.words, c.name)
	}
}

func TestSearchIgnoresLeadingZerosOfPhoneNumbers(t *testing.T) {
	for _, phone := range []string{"+44 20 7946 0123", "0044 20 7946 0123", "020 7946 0123", "20-7946-0123"} {
		patient := domain.Patient{Phone: domain.FromStored[domain.Phone](phone)}
		assert.True(t, search(t, "02079460").Matches(patient.SearchText()), phone)
		assert.Equal(t, strings.TrimPrefix(patient.Phone.Digits(), "44"), "2079460123")
	}
}

func TestDoctorsAndUsersAreSearchedByTheirFields(t *testing.T) {
	doctor := domain.Doctor{
		Name:           domain.FromStored[domain.Name]("Anna Grey"),
		Specialization: domain.FromStored[domain.Specialization]("Hals-Nasen-Ohren"),
		LicenseNumber:  domain.StoredLicenseNumber("NJ-1", "nj-1"),
	}
	assert.True(t, search(t, "grey nasen nj-1").Matches(doctor.SearchText()))
	assert.False(t, search(t, "grey nj-2").Matches(doctor.SearchText()))
	user := domain.User{
		FirstName: domain.FromStored[domain.PersonName]("Sam"),
		LastName:  domain.FromStored[domain.PersonName]("Ørsted"),
		Email:     domain.FromStored[domain.Email]("sam@example.com"),
		Phone:     domain.FromStored[domain.Phone]("12345678"),
	}
	assert.True(t, search(t, "orsted sam@").Matches(user.SearchText()))
	assert.False(t, search(t, "12345678").Matches(user.SearchText()), "phones of users are not searched")
}

func TestSearchIsBounded(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("a ", 11),
		strings.Repeat("王", 101),
		strings.Repeat("aa ", 5) + strings.Repeat("b", 90),
	} {
		_, err := domain.ParseSearch(text)
		require.Error(t, err)
		assert.Equal(t, domain.Invalid, domain.KindOf(err))
		assert.Contains(t, err.Error(), "10 words and 100 characters")
	}
	assert.False(t, search(t, strings.Repeat("a ", 10)).IsZero())
	assert.False(t, search(t, strings.Repeat("王", 100)).IsZero())
	assert.True(t, search(t, " \t\u00a0 ").IsZero())
	_, err := domain.ParseSearch("\xff")
	assert.Equal(t, domain.Invalid, domain.KindOf(err))
}

func TestSearchWordsAreNotPrinted(t *testing.T) {
	words := search(t, "Smith 1990-05-01")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		assert.Equal(t, "[search]", fmt.Sprintf(verb, words), verb)
	}
}

func TestEveryPartOfAFieldFindsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(), textOfTraps()).Draw(t, "name")
		patient := searchedPatient(name)
		folded := []rune(domain.Fold(name))
		if len(folded) == 0 {
			return
		}
		from := rapid.IntRange(0, len(folded)-1).Draw(t, "from")
		to := rapid.IntRange(from+1, min(len(folded), from+100)).Draw(t, "to")
		words := strings.Fields(string(folded[from:to]))
		for _, word := range words[:min(len(words), 10)] {
			// A part that starts with a mark folds to something else.
			if domain.Fold(word) != word {
				continue
			}
			assert.True(t, search(t, word).Matches(patient.SearchText()), "%q in %q", word, name)
		}
		other := searchedPatient(domain.Fold(name))
		assert.Equal(t, patient.SearchText(), other.SearchText(), "the search text has folded fields")
	})
}
