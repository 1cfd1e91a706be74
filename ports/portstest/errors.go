package portstest

import (
	"errors"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// errBroken is an error of fn that no store has a reason to give.
var errAborted = errors.New("fn broke off")

func update(t tester, store ports.Store, fn func(tx ports.Tx) error) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), fn))
}

func view(t tester, store ports.Store, fn func(tx ports.Tx) error) {
	t.Helper()
	require.NoError(t, store.View(t.Context(), fn))
}

// requireRefused checks that got is what callers see of want: its kind, and
// what is wrong with which field.
func requireRefused(t tester, want, got error) {
	t.Helper()
	require.Error(t, got)
	require.Equal(t, visible(want), visible(got), "seen of: %v", got)
}

// refusal is what a caller sees of an error.
type visibleError struct {
	kind   domain.Kind
	fields domain.FieldErrors
}

func visible(err error) visibleError {
	if e, ok := errors.AsType[*domain.Error](err); ok {
		return visibleError{e.Kind, e.Fields}
	}
	return visibleError{}
}
