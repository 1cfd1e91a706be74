package portstest

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// repository holds the methods that all repositories have.
type repository[T any] interface {
	Add(ctx context.Context, entity T) (T, error)
	Get(ctx context.Context, id domain.ID) (T, error)
	Save(ctx context.Context, entity T) error
}

// entityKind is a kind of entity, with what generic tests need to know about it.
type entityKind[T any] struct {
	repository func(ports.Tx) repository[T]
	// deleteFunc calls Delete and returns the deleted entity and its deleted children.
	// It is nil for kinds without Delete.
	deleteFunc func(ctx context.Context, tx ports.Tx, id domain.ID) (T, []domain.Record, error)
	// newEntityIn adds the records that a new entity refers to, and returns the entity.
	// It adds each of them twice, so that IDs of different kinds differ and a store that
	// confuses them fails.
	newEntityIn func(t tester, tx ports.Tx) T
	// idPointer returns a pointer to the entity's ID.
	idPointer func(*T) *domain.ID
	// increment returns the entity with a number increased by one, in a field that Save
	// stores.
	increment func(T) T
}

// tester holds the methods that testing.T and rapid.T share.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
}

// oneByOne is Records with an Add of one record.
type oneByOne[T domain.Record] struct{ ports.Records[T] }

func (r oneByOne[T]) Add(ctx context.Context, record T) (T, error) {
	return ports.AddOne(ctx, r.Records, record)
}

var users = entityKind[domain.User]{
	repository:  func(tx ports.Tx) repository[domain.User] { return tx.Users() },
	newEntityIn: func(tester, ports.Tx) domain.User { return newUser() },
	idPointer:   func(user *domain.User) *domain.ID { return &user.ID },
	increment: func(user domain.User) domain.User {
		user.FirstName = must(domain.ParsePersonName(nextNumber(user.FirstName.String())))
		return user.NextVersion(user.UpdatedAt.Add(time.Microsecond))
	},
}

// sessionsWithoutOwner is Sessions with a Get that returns only the session.
type sessionsWithoutOwner struct{ ports.Sessions }

func (s sessionsWithoutOwner) Get(ctx context.Context, id domain.ID) (domain.Session, error) {
	found, err := s.Sessions.Get(ctx, id)
	return found.Session, err
}

var sessions = entityKind[domain.Session]{
	repository: func(tx ports.Tx) repository[domain.Session] { return sessionsWithoutOwner{tx.Sessions()} },
	newEntityIn: func(t tester, tx ports.Tx) domain.Session {
		t.Helper()
		users.addIn(t, tx, newUser())
		return newSession(users.addIn(t, tx, newUser()))
	},
	idPointer: func(session *domain.Session) *domain.ID { return &session.ID },
	increment: func(session domain.Session) domain.Session {
		session.ExpiresAt = session.ExpiresAt.Add(time.Microsecond)
		return session
	},
}

var doctors = entityKind[domain.Doctor]{
	repository: func(tx ports.Tx) repository[domain.Doctor] { return oneByOne[domain.Doctor]{tx.Doctors()} },
	deleteFunc: func(ctx context.Context, tx ports.Tx, id domain.ID) (domain.Doctor, []domain.Record, error) {
		return tx.Doctors().Delete(ctx, id)
	},
	newEntityIn: func(tester, ports.Tx) domain.Doctor { return newDoctor() },
	idPointer:   func(doctor *domain.Doctor) *domain.ID { return &doctor.ID },
	increment: func(doctor domain.Doctor) domain.Doctor {
		doctor.Specialization = must(domain.ParseSpecialization(nextNumber(doctor.Specialization.String())))
		return domain.NextVersion(doctor, doctor.UpdatedAt.Add(time.Microsecond))
	},
}

var patients = entityKind[domain.Patient]{
	repository: func(tx ports.Tx) repository[domain.Patient] { return oneByOne[domain.Patient]{tx.Patients()} },
	deleteFunc: func(ctx context.Context, tx ports.Tx, id domain.ID) (domain.Patient, []domain.Record, error) {
		return tx.Patients().Delete(ctx, id)
	},
	newEntityIn: func(t tester, tx ports.Tx) domain.Patient {
		t.Helper()
		users.addIn(t, tx, newUser())
		return newPatient(users.addIn(t, tx, newUser()).ID)
	},
	idPointer: func(patient *domain.Patient) *domain.ID { return &patient.ID },
	increment: func(patient domain.Patient) domain.Patient {
		patient.MedicalRecord = must(domain.ParseText(nextNumber(patient.MedicalRecord.String())))
		return domain.NextVersion(patient, patient.UpdatedAt.Add(time.Microsecond))
	},
}

var mappings = entityKind[domain.Mapping]{
	repository: func(tx ports.Tx) repository[domain.Mapping] { return oneByOne[domain.Mapping]{tx.Mappings()} },
	deleteFunc: func(ctx context.Context, tx ports.Tx, id domain.ID) (domain.Mapping, []domain.Record, error) {
		return tx.Mappings().Delete(ctx, id)
	},
	newEntityIn: func(t tester, tx ports.Tx) domain.Mapping {
		t.Helper()
		doctors.addIn(t, tx, newDoctor())
		patient := patients.addIn(t, tx, newPatient(users.addIn(t, tx, newUser()).ID))
		return newMapping(patient.ID, doctors.addIn(t, tx, newDoctor()).ID)
	},
	idPointer: func(mapping *domain.Mapping) *domain.ID { return &mapping.ID },
	increment: func(mapping domain.Mapping) domain.Mapping {
		mapping.AssignedAt = mapping.AssignedAt.Add(time.Microsecond)
		return domain.NextVersion(mapping, mapping.UpdatedAt.Add(time.Microsecond))
	},
}

// nextNumber returns the number in text plus one, or "1" if text is not a number.
func nextNumber(text string) string {
	n, _ := strconv.Atoi(text)
	return fmt.Sprint(n + 1)
}

func (a entityKind[T]) id(entity T) domain.ID { return *a.idPointer(&entity) }

func (a entityKind[T]) withID(entity T, id domain.ID) T {
	*a.idPointer(&entity) = id
	return entity
}

// incremented increments the entity n times.
func (a entityKind[T]) incremented(entity T, n int) T {
	for range n {
		entity = a.increment(entity)
	}
	return entity
}

func (a entityKind[T]) addIn(t tester, tx ports.Tx, entity T) T {
	t.Helper()
	added, err := a.repository(tx).Add(t.Context(), entity)
	require.NoError(t, err)
	return added
}

func (a entityKind[T]) tryDeleteIn(ctx context.Context, tx ports.Tx, id domain.ID) error {
	_, _, err := a.deleteFunc(ctx, tx, id)
	return err
}

func (a entityKind[T]) deleteIn(t tester, tx ports.Tx, id domain.ID) {
	t.Helper()
	require.NoError(t, a.tryDeleteIn(t.Context(), tx, id))
}

// tryAdd and the methods that follow run one transaction each. Those whose name begins
// with try return the error; the others fail the test.
func (a entityKind[T]) tryAdd(ctx context.Context, store ports.Store, entity T) (added T, err error) {
	err = store.Update(ctx, func(tx ports.Tx) (err error) {
		added, err = a.repository(tx).Add(ctx, entity)
		return err
	})
	return added, err
}

func (a entityKind[T]) add(t tester, store ports.Store, entity T) T {
	t.Helper()
	added, err := a.tryAdd(t.Context(), store, entity)
	require.NoError(t, err)
	return added
}

// newEntity returns a new entity with unique fields, all of whose references exist.
func (a entityKind[T]) newEntity(t tester, store ports.Store) (entity T) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error {
		entity = a.newEntityIn(t, tx)
		return nil
	})
	return entity
}

// addNew adds a new entity with unique fields.
func (a entityKind[T]) addNew(t tester, store ports.Store) T {
	t.Helper()
	return a.addSeveral(t, store, 1)[0]
}

func (a entityKind[T]) addSeveral(t tester, store ports.Store, n int) []T {
	t.Helper()
	added := make([]T, n)
	update(t, store, func(tx ports.Tx) error {
		for i := range added {
			added[i] = a.addIn(t, tx, a.newEntityIn(t, tx))
		}
		return nil
	})
	return added
}

func (a entityKind[T]) tryGet(ctx context.Context, store ports.Store, id domain.ID) (found T, err error) {
	err = store.View(ctx, func(tx ports.Tx) (err error) {
		found, err = a.repository(tx).Get(ctx, id)
		return err
	})
	return found, err
}

func (a entityKind[T]) get(t tester, store ports.Store, id domain.ID) T {
	t.Helper()
	found, err := a.tryGet(t.Context(), store, id)
	require.NoError(t, err)
	return found
}

func (a entityKind[T]) trySave(ctx context.Context, store ports.Store, entity T) error {
	return store.Update(ctx, func(tx ports.Tx) error { return a.repository(tx).Save(ctx, entity) })
}

func (a entityKind[T]) save(t tester, store ports.Store, entity T) {
	t.Helper()
	require.NoError(t, a.trySave(t.Context(), store, entity))
}

func (a entityKind[T]) tryDelete(ctx context.Context, store ports.Store, id domain.ID) error {
	return store.Update(ctx, func(tx ports.Tx) error { return a.tryDeleteIn(ctx, tx, id) })
}

func (a entityKind[T]) delete(t tester, store ports.Store, id domain.ID) {
	t.Helper()
	require.NoError(t, a.tryDelete(t.Context(), store, id))
}

// requireMissing checks that Get does not find the entity.
func (a entityKind[T]) requireMissing(t tester, store ports.Store, id domain.ID) {
	t.Helper()
	_, err := a.tryGet(t.Context(), store, id)
	requireRefused(t, domain.ErrNotFound(), err)
}
