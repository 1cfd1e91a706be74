package secretkeys_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func someHash() (hash domain.Hash) {
	for i := range hash {
		hash[i] = byte(i)
	}
	return hash
}

// The audit trail contains MACs, which later releases must be able to verify.
func TestMACsAreStableAcrossReleases(t *testing.T) {
	// Computed with Python's hmac and hashlib, with a key of TestKeysAreStableAcrossReleases.
	mac := newKeys(t, secret).For("tests").MACs().Sum(someHash())
	assert.Equal(t, "1ef8f3e0ccdf4ee322fb5e7ca41f3653", hex.EncodeToString(mac[:]))
}

func TestAMACDependsOnTheHashAndTheKey(t *testing.T) {
	macs := newKeys(t, secret).For("tests").MACs()
	mac := macs.Sum(someHash())
	assert.True(t, macs.Verify(someHash(), mac))
	for i := range mac {
		other := mac
		other[i] ^= 1
		assert.False(t, macs.Verify(someHash(), other))
	}
	for i := range someHash() {
		hash := someHash()
		hash[i] ^= 1
		assert.False(t, macs.Verify(hash, mac))
	}
	assert.False(t, macs.Verify(someHash(), domain.MAC{}))
	assert.False(t, newKeys(t, older).For("tests").MACs().Verify(someHash(), mac))
	assert.False(t, newKeys(t, secret).For("other tests").MACs().Verify(someHash(), mac))
}

func TestMACsUseTheCurrentKeyAndVerifyWithAll(t *testing.T) {
	before, after := newKeys(t, older).For("tests").MACs(), newKeys(t, secret, older).For("tests").MACs()
	assert.True(t, after.Verify(someHash(), before.Sum(someHash())))
	assert.True(t, after.Verify(someHash(), after.Sum(someHash())))
	assert.Equal(t, newKeys(t, secret).For("tests").MACs().Sum(someHash()), after.Sum(someHash()))
	assert.False(t, before.Verify(someHash(), after.Sum(someHash())))
}
