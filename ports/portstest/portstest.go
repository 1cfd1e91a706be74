// Package portstest checks that a store keeps the promises of package ports.
// Every store of this module passes the one suite, and so can one from outside:
//
//	func TestStore(t *testing.T) {
//		portstest.TestStore(t, func(t *testing.T) ports.Store {
//			store := mystore.Open(t.TempDir())
//			t.Cleanup(store.Close)
//			return store
//		})
//	}
//
// What no suite can see from inside one process stays with the store's own
// tests: that an acknowledged commit survives a crash, and what Ready says of a
// store that cannot serve.
package portstest

import (
	"testing"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// TestStore checks every promise as a sub-test of its own, named after the
// promise. open returns a new, empty store each time, and leaves closing it to
// t.Cleanup. Most sub-tests run in parallel, so open must be safe for that; the
// store should bear at least 16 callers at once.
func TestStore(t *testing.T, open func(t *testing.T) ports.Store) {
	for _, part := range []struct {
		name string
		test func(suite)
	}{
		{"Update", testUpdate},
		{"View", testView},
		{"Users", func(s suite) { testRepository(s, users); testUsers(s); testUserLists(s) }},
		{"Sessions", func(s suite) { testRepository(s, sessions); testSessions(s); testLiveSessions(s) }},
		{"Attempts", testAttempts},
		{"Doctors", func(s suite) {
			testRepository(s, doctors)
			testDoctors(s)
			testExisting(s, doctorArchive)
		}},
		{"Patients", func(s suite) {
			testRepository(s, patients)
			testPatients(s)
			testExternalIDs(s)
			testExisting(s, patientArchive)
		}},
		{"Mappings", func(s suite) {
			testRepository(s, mappings)
			testMappings(s)
			testExisting(s, mappingArchive)
		}},
		{"Audit", func(s suite) { testAudit(s); testAuditLists(s); testEvidence(s) }},
		{"Seals", testSeals},
		{"Deletes", testDeletes},
		{"Doctors' history", func(s suite) { testHistory(s, doctorArchive) }},
		{"Patients' history", func(s suite) { testHistory(s, patientArchive) }},
		{"Mappings' history", func(s suite) { testHistory(s, mappingArchive) }},
		{"Restores", func(s suite) { testRefusedRestores(s); testSeveralRefused(s) }},
		{"Commitments", testCommitments},
		{"Snapshots", testSnapshots},
		{"Retention", testOtherRetention},
		{"Values", testValues},
		{"Lists", testLists},
		{"Sizes", testSizes},
		{"Races", testRaces},
		{"Random", func(s suite) { testRandom(s); testRandomSignIns(s) }},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(suite{t, open}) })
	}
}

func testHistory[T domain.Record](s suite, a archive[T]) {
	testVersions(s, a)
	testStamps(s, a)
	testDeletions(s, a)
	testStillDeleted(s, a)
	testRestores(s, a)
	testSeveralRestores(s, a)
	testRetention(s, a)
}

// suite is a group of promises, each checked on a store of its own.
type suite struct {
	t    *testing.T
	open func(t *testing.T) ports.Store
}

func (s suite) promise(name string, check func(t *testing.T, store ports.Store)) {
	s.t.Run(name, func(t *testing.T) {
		t.Parallel()
		check(t, s.open(t))
	})
}
