package memory

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
	"strings"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// state holds everything that is stored at one moment. It consists of values and immutable
// trees, so a copy of it is a snapshot.
type state struct {
	users    table[domain.User]
	sessions table[domain.Session]
	doctors  collection[domain.Doctor]
	patients collection[domain.Patient]
	mappings collection[domain.Mapping]
	events   table[domain.AuditEvent]
	seals    table[domain.Seal]
	attempts tree[domain.AttemptKey, domain.Attempts]
	requests tree[domain.RequestID, domain.KeptRequest]

	// These are the unique indexes: from a value to the ID of its user, session, doctor or
	// patient.
	emails      tree[string, domain.ID]
	selectors   tree[string, domain.ID]
	licenses    tree[string, domain.ID]
	externalIDs tree[string, domain.ID]

	// Both hold every mapping: byPatient by patient and doctor, byDoctor by doctor and patient.
	byPatient tree[pair, domain.ID]
	byDoctor  tree[pair, domain.ID]

	// byUser holds every session by its user.
	byUser tree[pair, domain.ID]

	// byRecord holds every event by each record that it is about. It contains the records that a
	// list showed, not their blocks (see domain.BlockOf).
	byRecord tree[domain.Mention, struct{}]
}

// kinds holds every kind in domain.RecordKinds.
var kinds = map[domain.SubjectKind]anyKind{
	domain.SubjectDoctor:  doctorKind,
	domain.SubjectPatient: patientKind,
	domain.SubjectMapping: mappingKind,
}

func newState() *state {
	return &state{
		users:    newTable[domain.User](),
		sessions: newTable[domain.Session](),
		doctors:  newCollection[domain.Doctor](),
		patients: newCollection[domain.Patient](),
		mappings: newCollection[domain.Mapping](),
		events:   newTable[domain.AuditEvent](),
		seals:    newTable[domain.Seal](),
		attempts: tree[domain.AttemptKey, domain.Attempts]{compare: compareKeys},
		requests: tree[domain.RequestID, domain.KeptRequest]{compare: compareRequests},

		emails:      tree[string, domain.ID]{compare: strings.Compare},
		selectors:   tree[string, domain.ID]{compare: strings.Compare},
		licenses:    tree[string, domain.ID]{compare: strings.Compare},
		externalIDs: tree[string, domain.ID]{compare: strings.Compare},
		byPatient:   tree[pair, domain.ID]{compare: comparePairs},
		byDoctor:    tree[pair, domain.ID]{compare: comparePairs},
		byUser:      tree[pair, domain.ID]{compare: comparePairs},
		byRecord:    tree[domain.Mention, struct{}]{compare: domain.Mention.Compare},
	}
}

func (t *tx) Users() ports.Users                     { return users{t, lists[domain.User]{t, userList}} }
func (t *tx) Sessions() ports.Sessions               { return sessions{t} }
func (t *tx) Attempts() ports.Attempts               { return attempts{t} }
func (t *tx) IdempotencyKeys() ports.IdempotencyKeys { return idempotencyKeys{t} }
func (t *tx) Doctors() ports.Doctors {
	return doctors{records[domain.Doctor]{t, doctorKind}, lists[domain.Doctor]{t, doctorList}}
}

func (t *tx) Patients() ports.Patients {
	return patients{records[domain.Patient]{t, patientKind}, lists[domain.PatientView]{t, patientList}}
}

func (t *tx) Mappings() ports.Mappings {
	return mappings{records[domain.Mapping]{t, mappingKind}, lists[domain.Assignment]{t, assignmentList}}
}
func (t *tx) Audit() ports.Audit { return audit{t} }
func (t *tx) Seals() ports.Seals { return seals{t} }

func (t *tx) DoctorHistory() ports.History[domain.Doctor] {
	return history[domain.Doctor]{t, doctorKind}
}

func (t *tx) PatientHistory() ports.History[domain.Patient] {
	return history[domain.Patient]{t, patientKind}
}

func (t *tx) MappingHistory() ports.History[domain.Mapping] {
	return history[domain.Mapping]{t, mappingKind}
}

func (t *tx) Retention() ports.Retention { return retention{t} }

// table holds entities by their IDs.
type table[T any] struct {
	rows tree[domain.ID, T]
	// last is the greatest ID that was ever assigned.
	last domain.ID
}

func newTable[T any]() table[T] {
	return table[T]{rows: tree[domain.ID, T]{compare: cmp.Compare[domain.ID]}}
}

func (t *table[T]) nextID() domain.ID {
	t.last++
	return t.last
}

func (t *table[T]) get(id domain.ID) (T, error) {
	entity, found := t.rows.get(id)
	if !found {
		return entity, domain.ErrNotFound()
	}
	return entity, nil
}

func (t *table[T]) has(id domain.ID) bool {
	_, found := t.rows.get(id)
	return found
}

func (t *table[T]) set(id domain.ID, entity T) { t.rows = t.rows.set(id, entity) }

func (t *table[T]) delete(id domain.ID) { t.rows = t.rows.delete(id) }

func compareKeys(a, b domain.AttemptKey) int { return bytes.Compare(a[:], b[:]) }

func compareRequests(a, b domain.RequestID) int { return bytes.Compare(a[:], b[:]) }

// pair holds the IDs of a patient and a doctor, a doctor and a patient, or a user and a
// session.
type pair struct{ owner, other domain.ID }

func comparePairs(a, b pair) int {
	return cmp.Or(cmp.Compare(a.owner, b.owner), cmp.Compare(a.other, b.other))
}

// pairsOf iterates over the pairs of owner whose other ID is above after, in ascending order
// of that ID. It yields the other ID and the value.
func pairsOf(pairs tree[pair, domain.ID], owner, after domain.ID) iter.Seq2[domain.ID, domain.ID] {
	return func(yield func(other, value domain.ID) bool) {
		for key, value := range pairs.after(pair{owner, after}) {
			if key.owner != owner || !yield(key.other, value) {
				return
			}
		}
	}
}

// readPage returns the first limit entities. It ends early when they reach
// domain.MaxPageBytes of text. Without entities the list is empty, not nil.
func readPage[T any](limit int, entities iter.Seq2[T, error]) ([]T, error) {
	list := []T{}
	size := 0
	if limit <= 0 {
		return list, nil
	}
	for entity, err := range entities {
		if err != nil {
			return nil, err
		}
		size += domain.TextBytes(entity)
		if list = append(list, entity); len(list) >= limit || size >= domain.MaxPageBytes {
			break
		}
	}
	return list, nil
}

// each iterates over the entities with the IDs, which read returns.
func each[T any](ids iter.Seq[domain.ID], read func(domain.ID) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for id := range ids {
			if !yield(read(id)) {
				return
			}
		}
	}
}

// filterIDs returns the IDs for which has returns true, without duplicates, in ascending
// order.
func filterIDs(ids []domain.ID, has func(domain.ID) bool) []domain.ID {
	found := []domain.ID{}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		if has(id) {
			found = append(found, id)
		}
	}
	return found
}

func keys[K, V any](seq iter.Seq2[K, V]) iter.Seq[K] {
	return func(yield func(K) bool) {
		for key := range seq {
			if !yield(key) {
				return
			}
		}
	}
}
