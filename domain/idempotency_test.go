package domain_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestIdempotencyKeysAreVisibleASCII(t *testing.T) {
	for _, text := range []string{"!", "~", "5f0c1d86-6f4e", `a"b\`, strings.Repeat("k", 255)} {
		key, err := domain.ParseIdempotencyKey(text)
		require.NoError(t, err, text)
		assert.Equal(t, text, key.Reveal())
		assert.False(t, key.IsZero())
	}
	for _, text := range []string{"", " ", "a b", "a\n", "a\x7f", "ä", "\xff", strings.Repeat("k", 256)} {
		_, err := domain.ParseIdempotencyKey(text)
		assert.Equal(t, domain.Invalid, domain.KindOf(err), "%q", text)
	}
}

func TestEachWriteHasItsOwnRequestID(t *testing.T) {
	key := func(text string) domain.IdempotencyKey {
		key, err := domain.ParseIdempotencyKey(text)
		require.NoError(t, err)
		return key
	}
	ids := map[domain.RequestID]bool{
		domain.NewRequestID(1, domain.SubjectPatient, "create", 0, key("k")):   true,
		domain.NewRequestID(2, domain.SubjectPatient, "create", 0, key("k")):   true,
		domain.NewRequestID(1, domain.SubjectDoctor, "create", 0, key("k")):    true,
		domain.NewRequestID(1, domain.SubjectPatient, "restore", 0, key("k")):  true,
		domain.NewRequestID(1, domain.SubjectPatient, "restore", 2, key("k")):  true,
		domain.NewRequestID(1, domain.SubjectPatient, "create", 0, key("K")):   true,
		domain.NewRequestID(1, domain.SubjectPatient, "creat", 0, key("ek")):   true,
		domain.NewRequestID(1, domain.SubjectPatient, "create", 0, key("k\"")): true,
	}
	assert.Len(t, ids, 8)
	assert.True(t, ids[domain.NewRequestID(1, domain.SubjectPatient, "create", 0, key("k"))])
}

func TestContentHashesDifferWhereTheInputsDo(t *testing.T) {
	id := domain.RequestID{1}
	type in = domain.PatientInput
	hashes := map[domain.Hash]string{}
	for name, inputs := range map[string][]in{
		"nothing": nil, "an empty input": {{}}, "two empty inputs": {{}, {}},
		"a name":             {{Name: domain.Given("Ada")}},
		"another name":       {{Name: domain.Given("Grace")}},
		"another field":      {{Address: domain.Given("Ada")}},
		"an empty text":      {{Name: domain.Given("Ada"), Gender: domain.Given("")}},
		"null":               {{Name: domain.Given("Ada"), Gender: domain.Null()}},
		"two inputs":         {{Name: domain.Given("Ada")}, {Name: domain.Given("Grace")}},
		"in another order":   {{Name: domain.Given("Grace")}, {Name: domain.Given("Ada")}},
		"in one input":       {{Name: domain.Given("Ada"), Address: domain.Given("Grace")}},
		"with an empty one":  {{Name: domain.Given("Ada")}, {}},
		"a long medical one": {{Name: domain.Given("Ada"), MedicalRecord: domain.Given(strings.Repeat("x", 1<<20))}},
	} {
		hash := domain.ContentHash(id, inputs...)
		assert.Empty(t, hashes[hash], name)
		hashes[hash] = name
		assert.Equal(t, hash, domain.ContentHash(id, inputs...), name)
		assert.NotEqual(t, hash, domain.ContentHash(domain.RequestID{2}, inputs...), "equal bodies of two requests must not be seen to be equal")
	}
	assert.Equal(t, domain.ContentHash(id, struct{ B, A domain.Input }{A: domain.Given("1")}),
		domain.ContentHash(id, struct{ A, New domain.Input }{A: domain.Given("1")}), "a later release adds and moves fields")
}

func TestOnlyAnUnknownOutcomeIsUnknown(t *testing.T) {
	assert.True(t, domain.IsOutcomeUnknown(fmt.Errorf("x: %w", domain.ErrOutcomeUnknown(errors.New("y")))))
	for _, err := range []error{nil, errors.New("x"), domain.ErrUnavailable(errors.New("x")), domain.ErrBusy("x", 1), domain.ErrNotFound()} {
		assert.False(t, domain.IsOutcomeUnknown(err))
	}
}
