package domain_test

import (
	"encoding/hex"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// fullEvent has a value in every field that existed before commitments.
func fullEvent() domain.AuditEvent {
	return domain.AuditEvent{
		ID: 300,
		At: time.Date(2024, time.February, 29, 23, 59, 58, 123456000, time.UTC),
		Actor: domain.Actor{UserID: 7, Role: domain.Staff, SessionID: 9, Origin: domain.Origin{
			Address: netip.MustParseAddr("203.0.113.7"), RequestID: "a.request",
		}},
		Action:  domain.PatientRead,
		Subject: domain.Subject{Kind: domain.SubjectPatient, ID: 5, Shown: []domain.ID{3, 4}},
		Outcome: domain.Allowed,
		Version: 2,
		Related: []domain.Reference{{Kind: domain.SubjectDoctor, ID: 6}, {Kind: domain.SubjectPatient, ID: 8}},
	}
}

// fullEventWithCommitments is an event in the first format with commitments.
func fullEventWithCommitments() domain.AuditEvent {
	event := fullEvent()
	event.Format = domain.BlockFormat
	event.Commitments = []domain.Commitment{
		{VersionName: domain.VersionName{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 5}, Number: 2}},
		{VersionName: domain.VersionName{Record: domain.Reference{Kind: domain.SubjectMapping, ID: -1}, Number: 1}},
	}
	for i := range event.Commitments[0].Digest {
		event.Commitments[0].Digest[i] = byte(i)
	}
	return event
}

// Later releases verify stored events, so these hashes must never change.
func TestEventHashesDoNotChangeBetweenReleases(t *testing.T) {
	// The hashes were computed with Python's hashlib.
	for _, want := range []struct {
		event        domain.AuditEvent
		hash, digest string
	}{
		{fullEvent(), "cc08cd649dd0a6ecf7af04c7d3126f046a2d7ac505a5e4602615ac3716e69595", "1c34d693fc8467879f84a08b99799ae4d96b013803e00153e0e45d6764280bc8"},
		{fullEventWithCommitments(), "df72eee189e0bd53d42f5de3a0609853ef376552e95bc94142c58c6097337fd9", "b39e97e0b60448422d75675ac2becea6333eeab37d67af0bfaa2d87e72e901e4"},
		{domain.AuditEvent{At: time.UnixMicro(-1)}, "9a04d24a66c72ecf8f9096f1e9408af380089d8053d540d93424e338540772da", "4b7c24ec3d25b08b302783f84f5949374a40fd8db1ed74cd9e02cea25364f27b"},
	} {
		hash := want.event.Hash()
		digest := domain.Evidence{Hash: hash, MAC: domain.MAC{1, 2, 3}}.Digest()
		assert.Equal(t, want.hash, hex.EncodeToString(hash[:]))
		assert.Equal(t, want.digest, hex.EncodeToString(digest[:]))
	}
}

// notHashed are the fields that the trail does not store, and the evidence itself.
var notHashed = map[string]bool{"Actor.Duty": true, "Actor.SecondFactor": true, "Actor.Origin.Device": true, "Evidence": true}

func TestEveryFieldOfAnEventIsInItsHash(t *testing.T) {
	seen := map[domain.Hash]string{fullEvent().Hash(): "nothing changed"}
	fields := 0
	changeEachField(t, reflect.TypeFor[domain.AuditEvent](), "", nil, func(name string, index []int) {
		event := fullEvent()
		change(t, name, reflect.ValueOf(&event).Elem().FieldByIndex(index))
		hash := event.Hash()
		if notHashed[name] {
			assert.Equal(t, "nothing changed", seen[hash], name)
			return
		}
		assert.Empty(t, seen[hash], "%s leaves the hash as it was", name)
		seen[hash] = name
		fields++
	})
	assert.Equal(t, 17, fields)
}

// changeEachField calls do with the name and the index of each field of typ, and of each field of
// the Actor, Origin and Subject in it.
func changeEachField(t *testing.T, typ reflect.Type, prefix string, index []int, do func(name string, index []int)) {
	t.Helper()
	for i := range typ.NumField() {
		field := typ.Field(i)
		name, at := prefix+field.Name, append(append([]int{}, index...), i)
		switch field.Type {
		case reflect.TypeFor[domain.Actor](), reflect.TypeFor[domain.Origin](), reflect.TypeFor[domain.Subject]():
			changeEachField(t, field.Type, name+".", at, do)
		default:
			do(name, at)
		}
	}
}

func change(t *testing.T, name string, field reflect.Value) {
	t.Helper()
	switch value := field.Addr().Interface().(type) {
	case *time.Time:
		*value = value.Add(time.Microsecond)
	case *netip.Addr:
		*value = value.Next()
	case *[]domain.ID:
		*value = append(*value, 1)
	case *[]domain.Reference:
		*value = append(*value, (*value)[0])
	case *[]domain.Commitment:
		*value = append(*value, domain.Commitment{})
	case *domain.Evidence:
		value.Hash[0]++
	case *bool:
		*value = !*value
	default:
		switch {
		case field.CanInt():
			field.SetInt(field.Int() + 1)
		case field.Kind() == reflect.String:
			field.SetString(field.String() + "x")
		default:
			require.Fail(t, "cannot change "+name)
		}
	}
}

func TestDifferentEventsHaveDifferentHashes(t *testing.T) {
	seen := map[domain.Hash]string{fullEvent().Hash(): "nothing changed"}
	for name, change := range map[string]func(*domain.AuditEvent){
		"not a list":                  func(e *domain.AuditEvent) { e.Subject.Shown = nil },
		"an empty list":               func(e *domain.AuditEvent) { e.Subject.Shown = []domain.ID{} },
		"a shorter list":              func(e *domain.AuditEvent) { e.Subject.Shown = e.Subject.Shown[:1] },
		"another order":               func(e *domain.AuditEvent) { e.Subject.Shown = []domain.ID{4, 3} },
		"digits moved":                func(e *domain.AuditEvent) { e.Subject.Shown = []domain.ID{34} },
		"no related records":          func(e *domain.AuditEvent) { e.Related = nil },
		"another order of references": func(e *domain.AuditEvent) { e.Related[0], e.Related[1] = e.Related[1], e.Related[0] },
		"references of another kind": func(e *domain.AuditEvent) {
			e.Related[0].Kind, e.Related[1].Kind = e.Related[1].Kind, e.Related[0].Kind
		},
		"a reference to another": func(e *domain.AuditEvent) { e.Related[1].ID++ },
		"a letter moved on":      func(e *domain.AuditEvent) { e.Actor.Origin.RequestID, e.Action = "a.reques", "t"+e.Action },
		"a letter moved back":    func(e *domain.AuditEvent) { e.Actor.Origin.RequestID, e.Action = "a.requestp", e.Action[1:] },
		"texts that changed places": func(e *domain.AuditEvent) {
			e.Action, e.Outcome = domain.Permission(e.Outcome), domain.Outcome(e.Action)
		},
		"IDs that changed places":       func(e *domain.AuditEvent) { e.Actor.UserID, e.Actor.SessionID = 9, 7 },
		"an ID that became a shown one": func(e *domain.AuditEvent) { e.Subject.ID, e.Subject.Shown = 0, []domain.ID{5, 3, 4} },
		"the same address in IPv6":      func(e *domain.AuditEvent) { e.Actor.Origin.Address = netip.MustParseAddr("::ffff:203.0.113.7") },
		"no address":                    func(e *domain.AuditEvent) { e.Actor.Origin.Address = netip.Addr{} },
		"commitments":                   func(e *domain.AuditEvent) { *e = fullEventWithCommitments() },
		"fewer commitments": func(e *domain.AuditEvent) {
			*e = fullEventWithCommitments()
			e.Commitments = e.Commitments[:1]
		},
		"no commitments": func(e *domain.AuditEvent) { e.Format = domain.EventFormat },
		"commitments in the earlier form": func(e *domain.AuditEvent) {
			*e = fullEventWithCommitments()
			e.Format = 0
		},
		"a negative number": func(e *domain.AuditEvent) { e.Version = -2 },
		"a second before":   func(e *domain.AuditEvent) { e.At = e.At.Add(-time.Second) },
	} {
		event := fullEvent()
		change(&event)
		hash := event.Hash()
		assert.Empty(t, seen[hash], name)
		seen[hash] = name
	}
}

func TestTheHashIsComputedFromTheStoredForm(t *testing.T) {
	event := fullEvent()
	event.At = event.At.Add(999 * time.Nanosecond).In(time.FixedZone("", 3600))
	assert.Equal(t, fullEvent().Hash(), event.Hash(), "times are stored to the microsecond, in UTC")
	event.Related, event.Subject.Shown = []domain.Reference{}, nil
	without := event
	without.Related = nil
	assert.Equal(t, without.Hash(), event.Hash(), "nil and empty references are equal")
}

func TestTheDigestOfEvidenceCoversHashAndMAC(t *testing.T) {
	seen := map[domain.Hash]bool{}
	for i := range 32 {
		var evidence domain.Evidence
		evidence.Hash[i] = 1
		seen[evidence.Digest()] = true
		if i < 16 {
			evidence = domain.Evidence{}
			evidence.MAC[i] = 1
			seen[evidence.Digest()] = true
		}
	}
	seen[domain.Evidence{}.Digest()] = true
	assert.Len(t, seen, 32+16+1)
}
