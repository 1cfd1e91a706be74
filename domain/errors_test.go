package domain_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func TestTheTextOfAnErrorHasOnlyThePartsThatTheErrorHas(t *testing.T) {
	cause, fields := errors.New("disk full"), domain.FieldErrors{"b": {"Two.", "Three."}, "a": {"One."}}
	for want, err := range map[string]domain.Error{
		"Not now.":                              {Message: "Not now."},
		"Not now.: disk full":                   {Message: "Not now.", Err: cause},
		"disk full":                             {Err: cause},
		"[a: One.] [b: Two. Three.]":            {Fields: fields},
		"No. [a: One.] [b: Two. Three.]":        {Message: "No.", Fields: fields},
		"[a: One.] [b: Two. Three.]: disk full": {Fields: fields, Err: cause},
		"":                                      {Kind: domain.NotFound},
	} {
		assert.Equal(t, want, err.Error())
	}
}
