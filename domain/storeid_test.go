package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestAStoreIDIsReadFromItsText(t *testing.T) {
	id := domain.NewStoreID()
	read, err := domain.ParseStoreID(id.String())
	require.NoError(t, err)
	assert.Equal(t, id, read)
	assert.NotEqual(t, id, domain.NewStoreID())
	for _, text := range []string{"", "0", id.String()[1:], id.String() + "00", "x" + id.String()[1:], domain.StoreID{}.String()} {
		_, err := domain.ParseStoreID(text)
		assert.Equal(t, domain.Invalid, domain.KindOf(err), "%q", text)
	}
}
