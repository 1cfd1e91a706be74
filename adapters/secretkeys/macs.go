package secretkeys

import (
	"crypto/hmac"
	"crypto/sha256"

	"example.com/healthcare/domain"
)

// MACs implements ports.MACs with the keys of a Ring.
type MACs struct{ keys []Key }

// MACs returns a MACs that uses the keys of the ring.
func (r Ring) MACs() *MACs { return &MACs{keys: r.keys} }

// Sum implements ports.MACs.
func (m *MACs) Sum(hash domain.Hash) domain.MAC { return m.keys[0].mac(hash) }

// Verify implements ports.MACs.
func (m *MACs) Verify(hash domain.Hash, mac domain.MAC) bool {
	for _, key := range m.keys {
		want := key.mac(hash)
		if hmac.Equal(want[:], mac[:]) {
			return true
		}
	}
	return false
}

func (k Key) mac(hash domain.Hash) domain.MAC {
	code := hmac.New(sha256.New, []byte(k.secret.Reveal()))
	code.Write(hash[:])
	return domain.MAC(code.Sum(nil)[:len(domain.MAC{})])
}
