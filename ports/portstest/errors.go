package portstest

import (
	"errors"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// errAborted is returned by fn to abort an Update. No store returns it on its own.
var errAborted = errors.New("fn aborted the Update")

func update(t tester, store ports.Store, fn func(tx ports.Tx) error) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), fn))
}

func view(t tester, store ports.Store, fn func(tx ports.Tx) error) {
	t.Helper()
	require.NoError(t, store.View(t.Context(), fn))
}

// requireRefused checks that got has the kind and the fields of want. Messages and
// causes can differ.
func requireRefused(t tester, want, got error) {
	t.Helper()
	require.Error(t, got)
	require.Equal(t, visible(want), visible(got), "seen of: %v", got)
}

// visibleError is the part of an error that is compared.
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
