// Package portstest checks that a store keeps the promises of package ports. All stores
// of this module pass this suite, and stores from elsewhere can use it:
//
//	func open(t *testing.T) ports.Store {
//		store := mystore.Open(t.TempDir())
//		t.Cleanup(store.Close)
//		return store
//	}
//
//	func TestStore(t *testing.T)            { portstest.TestStore(t, open) }
//	func TestConcurrentStore(t *testing.T) { portstest.TestConcurrentStore(t, open) }
//
// A store needs both. They have separate names so that TestConcurrentStore alone can run under
// the race detector: it has the promises about concurrent calls, and in TestStore all calls
// are made one after the other.
//
// To read the promises, read the test names: each file has one topic, and each test is
// named after one promise. Start with repository.go (what all repositories promise),
// update.go and view.go (transactions) and paging.go (lists).
//
// The helpers are in entitykinds.go and recordkinds.go (the kinds of entities that
// generic tests run for), fixtures.go and fullclinic.go (test data), reading.go (reads)
// and concurrency.go (parallel Updates). clinicmodel.go, recordmodel.go and
// signinmodel.go are the simple models that random.go compares a store with.
//
// Two promises cannot be tested within one process and are left to the store's own
// tests: that an acknowledged commit survives a crash, and what Ready returns if the
// store cannot serve requests.
package portstest

import (
	"testing"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// TestStore checks every promise about calls made one after the other, in a sub-test named
// after it. Each call of open returns a new, empty store, which open closes with t.Cleanup.
// Most sub-tests run in parallel, so open must be safe for concurrent use.
func TestStore(t *testing.T, open func(t *testing.T) ports.Store) { run(t, open, false) }

// TestConcurrentStore checks every promise about concurrent calls like TestStore. A store
// should support at least 16 concurrent callers.
func TestConcurrentStore(t *testing.T, open func(t *testing.T) ports.Store) { run(t, open, true) }

func run(t *testing.T, open func(t *testing.T) ports.Store, concurrent bool) {
	for _, part := range []struct {
		name string
		test func(suite)
	}{
		{"Update", testUpdate},
		{"View", testView},
		{"Users", func(s suite) { testRepository(s, users); testUsers(s); testUserLists(s) }},
		{"Sessions", func(s suite) { testRepository(s, sessions); testSessions(s); testLiveSessions(s) }},
		{"Attempts", testAttempts},
		{"Idempotency keys", testIdempotencyKeys},
		{"Doctors", func(s suite) {
			testRepository(s, doctors)
			testDoctors(s)
			testExistingIDs(s, doctorRecords)
		}},
		{"Patients", func(s suite) {
			testRepository(s, patients)
			testPatients(s)
			testExternalIDs(s)
			testExistingIDs(s, patientRecords)
		}},
		{"Mappings", func(s suite) {
			testRepository(s, mappings)
			testMappings(s)
			testExistingIDs(s, mappingRecords)
		}},
		{"Audit", func(s suite) { testAudit(s); testAuditLists(s); testEvidence(s) }},
		{"Seals", testSeals},
		{"Deletes", testCascadingDeletes},
		{"Doctors' history", func(s suite) { testHistory(s, doctorRecords) }},
		{"Patients' history", func(s suite) { testHistory(s, patientRecords) }},
		{"Mappings' history", func(s suite) { testHistory(s, mappingRecords) }},
		{"Restores", func(s suite) { testRefusedRestores(s); testRestoreSeveralRefused(s) }},
		{"Commitments", testCommitments},
		{"Snapshots", testVersionContents},
		{"Retention", testKindsWithoutHistory},
		{"Values", testValues},
		{"Lists", func(s suite) { testLists(s); testListQueries(s) }},
		{"Sizes", testSizes},
		{"Races", testRaces},
		{"Random", func(s suite) { testRandom(s); testRandomSignIns(s) }},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(suite{t, open, concurrent}) })
	}
}

func testHistory[T domain.Record](s suite, a recordKind[T]) {
	testVersions(s, a)
	testStamps(s, a)
	testDeletedRecords(s, a)
	testDeletedIDs(s, a)
	testRestores(s, a)
	testRestoreSeveral(s, a)
	testRetention(s, a)
}

// suite runs the promises of a group that are about concurrent calls, or all others, each
// on a new store.
type suite struct {
	t          *testing.T
	open       func(t *testing.T) ports.Store
	concurrent bool
}

// promise checks a promise about calls made one after the other.
func (s suite) promise(name string, check func(t *testing.T, store ports.Store)) {
	if !s.concurrent {
		s.run(name, check)
	}
}

// concurrently checks a promise about concurrent calls.
func (s suite) concurrently(name string, check func(t *testing.T, store ports.Store)) {
	if s.concurrent {
		s.run(name, check)
	}
}

func (s suite) run(name string, check func(t *testing.T, store ports.Store)) {
	s.t.Run(name, func(t *testing.T) {
		t.Parallel()
		check(t, s.open(t))
	})
}
