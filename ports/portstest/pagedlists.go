package portstest

import (
	"slices"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// pagedList is a list that the promises about paging are checked for.
type pagedList struct {
	name string
	// prepare returns the empty list of a new store. For a list that belongs to one
	// user, patient or doctor, it also adds entries to the lists of others, which must
	// not appear.
	prepare func(t tester, store ports.Store) listEntries
}

// listEntries adds and removes entries of a list.
type listEntries struct {
	store ports.Store
	// add adds an entry and returns the ID by which the list is ordered.
	add    func(ports.Tx) domain.ID
	remove func(ports.Tx, domain.ID)
	page   func(ports.Tx, domain.Page) ([]domain.ID, error)
}

var pagedLists = []pagedList{
	{"Users.List of the inactive", inactiveUsers},
	{"Sessions.Live", liveSessionsOfUser},
	{"Doctors.List", doctorList},
	{"Doctors.List of a patient", doctorListOfPatient},
	{"Patients.List", patientList},
	{"Patients.List of a doctor", patientListOfDoctor},
	{"Mappings.List", mappingList},
	{"Mappings.List of a patient", mappingListOfPatient},
	{"Mappings.List of a doctor", mappingListOfDoctor},
}

func inactiveUsers(t tester, store ports.Store) listEntries {
	setActive := func(tx ports.Tx, id domain.ID, active bool) {
		user, err := tx.Users().Get(t.Context(), id)
		require.NoError(t, err)
		user.Active = active
		require.NoError(t, tx.Users().Save(t.Context(), user))
	}
	return listEntries{
		store: store,
		add: inReverse(
			func(tx ports.Tx) domain.ID { return users.addIn(t, tx, newUser()).ID },
			func(tx ports.Tx, user domain.ID) { setActive(tx, user, false) }),
		remove: func(tx ports.Tx, id domain.ID) { setActive(tx, id, true) },
		page: func(tx ports.Tx, page domain.Page) ([]domain.ID, error) {
			return idsOf(users.id)(tx.Users().List(t.Context(), pageQuery(page, is("is_active", false))))
		},
	}
}

func liveSessionsOfUser(t tester, store ports.Store) listEntries {
	user, stranger := users.addNew(t, store), users.addNew(t, store)
	return listEntries{
		store: store,
		add: func(tx ports.Tx) domain.ID {
			sessions.addIn(t, tx, newSession(stranger))
			sessions.addIn(t, tx, newSession(user).Revoke(now))
			return sessions.addIn(t, tx, newSession(user)).ID
		},
		remove: func(tx ports.Tx, id domain.ID) {
			session, err := tx.Sessions().Get(t.Context(), id)
			require.NoError(t, err)
			require.NoError(t, tx.Sessions().Save(t.Context(), session.Revoke(now)))
		},
		page: func(tx ports.Tx, page domain.Page) ([]domain.ID, error) {
			return idsOf(sessions.id)(tx.Sessions().Live(t.Context(), user.ID, now, page))
		},
	}
}

func doctorList(t tester, store ports.Store) listEntries {
	return listEntries{
		store:  store,
		add:    func(tx ports.Tx) domain.ID { return doctors.addIn(t, tx, newDoctor()).ID },
		remove: func(tx ports.Tx, id domain.ID) { doctors.deleteIn(t, tx, id) },
		page: func(tx ports.Tx, page domain.Page) ([]domain.ID, error) {
			return idsOf(doctors.id)(tx.Doctors().List(t.Context(), pageQuery(page)))
		},
	}
}

func doctorListOfPatient(t tester, store ports.Store) listEntries {
	patient, stranger := patients.addNew(t, store).ID, patients.addNew(t, store).ID
	return listEntries{
		store: store,
		add: inReverse(
			func(tx ports.Tx) domain.ID { return doctors.addIn(t, tx, newDoctor()).ID },
			func(tx ports.Tx, doctor domain.ID) {
				mappings.addIn(t, tx, newMapping(stranger, doctor))
				mappings.addIn(t, tx, newMapping(patient, doctor))
			}),
		remove: func(tx ports.Tx, id domain.ID) { doctors.deleteIn(t, tx, id) },
		page: func(tx ports.Tx, page domain.Page) ([]domain.ID, error) {
			return idsOf(doctors.id)(tx.Doctors().List(t.Context(), pageQuery(page, is("patient_id", patient))))
		},
	}
}

func patientList(t tester, store ports.Store) listEntries {
	user := users.addNew(t, store).ID
	return listEntries{
		store:  store,
		add:    func(tx ports.Tx) domain.ID { return patients.addIn(t, tx, newPatient(user)).ID },
		remove: func(tx ports.Tx, id domain.ID) { patients.deleteIn(t, tx, id) },
		page: func(tx ports.Tx, page domain.Page) ([]domain.ID, error) {
			return idsOf(viewID)(tx.Patients().List(t.Context(), pageQuery(page)))
		},
	}
}

func patientListOfDoctor(t tester, store ports.Store) listEntries {
	user := users.addNew(t, store).ID
	doctor, stranger := doctors.addNew(t, store).ID, doctors.addNew(t, store).ID
	return listEntries{
		store: store,
		add: inReverse(
			func(tx ports.Tx) domain.ID { return patients.addIn(t, tx, newPatient(user)).ID },
			func(tx ports.Tx, patient domain.ID) {
				mappings.addIn(t, tx, newMapping(patient, stranger))
				mappings.addIn(t, tx, newMapping(patient, doctor))
			}),
		remove: func(tx ports.Tx, id domain.ID) { patients.deleteIn(t, tx, id) },
		page: func(tx ports.Tx, page domain.Page) ([]domain.ID, error) {
			return idsOf(viewID)(tx.Patients().List(t.Context(), pageQuery(page, is("doctor_id", doctor))))
		},
	}
}

func mappingList(t tester, store ports.Store) listEntries {
	patient := patients.addNew(t, store).ID
	return mappingEntries(t, store, nil, func(tx ports.Tx) domain.ID {
		return mappings.addIn(t, tx, newMapping(patient, doctors.addIn(t, tx, newDoctor()).ID)).ID
	})
}

func mappingListOfPatient(t tester, store ports.Store) listEntries {
	patient, stranger := patients.addNew(t, store).ID, patients.addNew(t, store).ID
	return mappingEntries(t, store, []domain.Condition{is("patient_id", patient)}, func(tx ports.Tx) domain.ID {
		doctor := doctors.addIn(t, tx, newDoctor()).ID
		mappings.addIn(t, tx, newMapping(stranger, doctor))
		return mappings.addIn(t, tx, newMapping(patient, doctor)).ID
	})
}

func mappingListOfDoctor(t tester, store ports.Store) listEntries {
	user := users.addNew(t, store).ID
	doctor, stranger := doctors.addNew(t, store).ID, doctors.addNew(t, store).ID
	return mappingEntries(t, store, []domain.Condition{is("doctor_id", doctor)}, func(tx ports.Tx) domain.ID {
		patient := patients.addIn(t, tx, newPatient(user)).ID
		mappings.addIn(t, tx, newMapping(patient, stranger))
		return mappings.addIn(t, tx, newMapping(patient, doctor)).ID
	})
}

func mappingEntries(t tester, store ports.Store, conditions []domain.Condition, put func(ports.Tx) domain.ID) listEntries {
	return listEntries{
		store:  store,
		add:    put,
		remove: func(tx ports.Tx, id domain.ID) { mappings.deleteIn(t, tx, id) },
		page: func(tx ports.Tx, page domain.Page) ([]domain.ID, error) {
			found, err := tx.Mappings().List(t.Context(), pageQuery(page, conditions...))
			return idsOf(func(a domain.Assignment) domain.ID { return a.ID })(found, err)
		},
	}
}

// inReverse makes an add function that creates entries in pairs and puts the later one
// of each pair on the list first.
func inReverse(create func(ports.Tx) domain.ID, assign func(ports.Tx, domain.ID)) func(ports.Tx) domain.ID {
	var waiting domain.ID
	return func(tx ports.Tx) domain.ID {
		id := waiting
		if waiting = 0; id == 0 {
			waiting = create(tx)
			id = create(tx)
		}
		assign(tx, id)
		return id
	}
}

// removeAndAdd removes entries and adds n new ones, whose IDs it returns in order.
func (e listEntries) removeAndAdd(t tester, n int, removed ...domain.ID) []domain.ID {
	t.Helper()
	ids := make([]domain.ID, n)
	update(t, e.store, func(tx ports.Tx) error {
		for _, id := range removed {
			e.remove(tx, id)
		}
		for i := range ids {
			ids[i] = e.add(tx)
		}
		return nil
	})
	slices.Sort(ids)
	return ids
}

func (e listEntries) readPage(t tester, page domain.Page) []domain.ID {
	t.Helper()
	return viewResult(t, e.store, func(tx ports.Tx) ([]domain.ID, error) { return e.page(tx, page) })
}

// viewID returns the patient's ID.
func viewID(view domain.PatientView) domain.ID { return view.ID }

// idsOf returns a function that maps a list to its IDs. A nil list stays nil.
func idsOf[T any](id func(T) domain.ID) func([]T, error) ([]domain.ID, error) {
	return func(list []T, err error) ([]domain.ID, error) {
		if list == nil {
			return nil, err
		}
		ids := []domain.ID{}
		for _, entity := range list {
			ids = append(ids, id(entity))
		}
		return ids, err
	}
}
