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

// repository is what all repositories have in common.
type repository[T any] interface {
	Add(ctx context.Context, entity T) (T, error)
	Get(ctx context.Context, id domain.ID) (T, error)
	Save(ctx context.Context, entity T) error
}

// aggregate is one kind of entity, as the promises that hold for all see it.
type aggregate[T any] struct {
	in func(ports.Tx) repository[T]
	// deletes is nil where nothing is ever deleted. It returns what it deleted, and
	// the children that were deleted with it.
	deletes func(ctx context.Context, tx ports.Tx, id domain.ID) (T, []domain.Record, error)
	// create makes an entity unlike all others, after adding what it refers to,
	// and a bystander: otherwise IDs of different kinds would agree, and taking
	// one for the other would go unnoticed.
	create func(t tester, tx ports.Tx) T
	// identity points to the entity's ID.
	identity func(*T) *domain.ID
	// count returns the entity with a number one higher in some field that Save stores.
	count func(T) T
}

// tester is the part of testing.T that rapid.T shares.
type tester interface {
	require.TestingT
	Helper()
	Context() context.Context
}

var users = aggregate[domain.User]{
	in:       func(tx ports.Tx) repository[domain.User] { return tx.Users() },
	create:   func(tester, ports.Tx) domain.User { return newUser() },
	identity: func(user *domain.User) *domain.ID { return &user.ID },
	count: func(user domain.User) domain.User {
		user.FirstName = must(domain.ParsePersonName(successor(user.FirstName.String())))
		return user.NextVersion(user.UpdatedAt.Add(time.Microsecond))
	},
}

// plainSessions gets sessions without their owners.
type plainSessions struct{ ports.Sessions }

func (s plainSessions) Get(ctx context.Context, id domain.ID) (domain.Session, error) {
	found, err := s.Sessions.Get(ctx, id)
	return found.Session, err
}

var sessions = aggregate[domain.Session]{
	in: func(tx ports.Tx) repository[domain.Session] { return plainSessions{tx.Sessions()} },
	create: func(t tester, tx ports.Tx) domain.Session {
		t.Helper()
		users.addIn(t, tx, newUser())
		return newSession(users.addIn(t, tx, newUser()))
	},
	identity: func(session *domain.Session) *domain.ID { return &session.ID },
	count: func(session domain.Session) domain.Session {
		session.ExpiresAt = session.ExpiresAt.Add(time.Microsecond)
		return session
	},
}

var doctors = aggregate[domain.Doctor]{
	in: func(tx ports.Tx) repository[domain.Doctor] { return tx.Doctors() },
	deletes: func(ctx context.Context, tx ports.Tx, id domain.ID) (domain.Doctor, []domain.Record, error) {
		return tx.Doctors().Delete(ctx, id)
	},
	create:   func(tester, ports.Tx) domain.Doctor { return newDoctor() },
	identity: func(doctor *domain.Doctor) *domain.ID { return &doctor.ID },
	count: func(doctor domain.Doctor) domain.Doctor {
		doctor.Specialization = must(domain.ParseSpecialization(successor(doctor.Specialization.String())))
		return domain.NextVersion(doctor, doctor.UpdatedAt.Add(time.Microsecond))
	},
}

var patients = aggregate[domain.Patient]{
	in: func(tx ports.Tx) repository[domain.Patient] { return tx.Patients() },
	deletes: func(ctx context.Context, tx ports.Tx, id domain.ID) (domain.Patient, []domain.Record, error) {
		return tx.Patients().Delete(ctx, id)
	},
	create: func(t tester, tx ports.Tx) domain.Patient {
		t.Helper()
		users.addIn(t, tx, newUser())
		return newPatient(users.addIn(t, tx, newUser()).ID)
	},
	identity: func(patient *domain.Patient) *domain.ID { return &patient.ID },
	count: func(patient domain.Patient) domain.Patient {
		patient.MedicalRecord = must(domain.ParseText(successor(patient.MedicalRecord.String())))
		return domain.NextVersion(patient, patient.UpdatedAt.Add(time.Microsecond))
	},
}

var mappings = aggregate[domain.Mapping]{
	in: func(tx ports.Tx) repository[domain.Mapping] { return tx.Mappings() },
	deletes: func(ctx context.Context, tx ports.Tx, id domain.ID) (domain.Mapping, []domain.Record, error) {
		return tx.Mappings().Delete(ctx, id)
	},
	create: func(t tester, tx ports.Tx) domain.Mapping {
		t.Helper()
		doctors.addIn(t, tx, newDoctor())
		patient := patients.addIn(t, tx, newPatient(users.addIn(t, tx, newUser()).ID))
		return newMapping(patient.ID, doctors.addIn(t, tx, newDoctor()).ID)
	},
	identity: func(mapping *domain.Mapping) *domain.ID { return &mapping.ID },
	count: func(mapping domain.Mapping) domain.Mapping {
		mapping.AssignedAt = mapping.AssignedAt.Add(time.Microsecond)
		return domain.NextVersion(mapping, mapping.UpdatedAt.Add(time.Microsecond))
	},
}

// successor turns "n" into "n+1", and what is no number into "1".
func successor(text string) string {
	n, _ := strconv.Atoi(text)
	return fmt.Sprint(n + 1)
}

func (a aggregate[T]) id(entity T) domain.ID { return *a.identity(&entity) }

func (a aggregate[T]) with(entity T, id domain.ID) T {
	*a.identity(&entity) = id
	return entity
}

// counted returns the entity after n counts.
func (a aggregate[T]) counted(entity T, n int) T {
	for range n {
		entity = a.count(entity)
	}
	return entity
}

func (a aggregate[T]) addIn(t tester, tx ports.Tx, entity T) T {
	t.Helper()
	added, err := a.in(tx).Add(t.Context(), entity)
	require.NoError(t, err)
	return added
}

func (a aggregate[T]) tryDeleteIn(ctx context.Context, tx ports.Tx, id domain.ID) error {
	_, _, err := a.deletes(ctx, tx, id)
	return err
}

func (a aggregate[T]) deleteIn(t tester, tx ports.Tx, id domain.ID) {
	t.Helper()
	require.NoError(t, a.tryDeleteIn(t.Context(), tx, id))
}

// The methods that follow are a transaction each. Those with try return the
// error, the others expect none.

func (a aggregate[T]) tryAdd(ctx context.Context, store ports.Store, entity T) (added T, err error) {
	err = store.Update(ctx, func(tx ports.Tx) (err error) {
		added, err = a.in(tx).Add(ctx, entity)
		return err
	})
	return added, err
}

func (a aggregate[T]) add(t tester, store ports.Store, entity T) T {
	t.Helper()
	added, err := a.tryAdd(t.Context(), store, entity)
	require.NoError(t, err)
	return added
}

// build makes an entity unlike all others, all of whose references exist.
func (a aggregate[T]) build(t tester, store ports.Store) (entity T) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error {
		entity = a.create(t, tx)
		return nil
	})
	return entity
}

// addNew adds an entity unlike all others.
func (a aggregate[T]) addNew(t tester, store ports.Store) T {
	t.Helper()
	return a.addSeveral(t, store, 1)[0]
}

func (a aggregate[T]) addSeveral(t tester, store ports.Store, n int) []T {
	t.Helper()
	added := make([]T, n)
	update(t, store, func(tx ports.Tx) error {
		for i := range added {
			added[i] = a.addIn(t, tx, a.create(t, tx))
		}
		return nil
	})
	return added
}

func (a aggregate[T]) tryGet(ctx context.Context, store ports.Store, id domain.ID) (found T, err error) {
	err = store.View(ctx, func(tx ports.Tx) (err error) {
		found, err = a.in(tx).Get(ctx, id)
		return err
	})
	return found, err
}

func (a aggregate[T]) get(t tester, store ports.Store, id domain.ID) T {
	t.Helper()
	found, err := a.tryGet(t.Context(), store, id)
	require.NoError(t, err)
	return found
}

func (a aggregate[T]) trySave(ctx context.Context, store ports.Store, entity T) error {
	return store.Update(ctx, func(tx ports.Tx) error { return a.in(tx).Save(ctx, entity) })
}

func (a aggregate[T]) save(t tester, store ports.Store, entity T) {
	t.Helper()
	require.NoError(t, a.trySave(t.Context(), store, entity))
}

func (a aggregate[T]) tryDelete(ctx context.Context, store ports.Store, id domain.ID) error {
	return store.Update(ctx, func(tx ports.Tx) error { return a.tryDeleteIn(ctx, tx, id) })
}

func (a aggregate[T]) delete(t tester, store ports.Store, id domain.ID) {
	t.Helper()
	require.NoError(t, a.tryDelete(t.Context(), store, id))
}

// requireGone checks that there is no such entity.
func (a aggregate[T]) requireGone(t tester, store ports.Store, id domain.ID) {
	t.Helper()
	_, err := a.tryGet(t.Context(), store, id)
	requireRefused(t, domain.ErrNotFound(), err)
}
