package ports

import (
	"context"
	"iter"

	"example.com/healthcare/domain"
)

// Takeover adds entities of the old backend under the IDs that they had there. It adds all or
// none. It refuses what Add refuses, and returns a Conflict on "id" if an entity has the ID, or
// a deleted record had it. An ID that a store assigns later is greater than all IDs that were
// taken over.
type Takeover interface {
	// AddUsers refuses one address given twice, too.
	AddUsers(ctx context.Context, users ...domain.User) error
	AddDoctors(ctx context.Context, doctors ...domain.Doctor) error
	AddPatients(ctx context.Context, patients ...domain.Patient) error
	AddMappings(ctx context.Context, mappings ...domain.Mapping) error
	// ReserveIDs makes the store assign only IDs greater than last to entities of the kind, so
	// that the IDs of rows that were refused stay free.
	ReserveIDs(ctx context.Context, kind domain.SubjectKind, last domain.ID) error
}

// OldBackend reads the database of the backend that this service replaces, as it was at one
// moment. It never writes there. The sequences are in ascending order of ID, and end after an
// error.
type OldBackend interface {
	Users(ctx context.Context) iter.Seq2[domain.OldUser, error]
	Doctors(ctx context.Context) iter.Seq2[domain.OldDoctor, error]
	Patients(ctx context.Context) iter.Seq2[domain.OldPatient, error]
	Mappings(ctx context.Context) iter.Seq2[domain.OldMapping, error]
	// ExistingIDs returns the IDs that belong to rows of the kind, in ascending order.
	ExistingIDs(ctx context.Context, kind domain.SubjectKind, ids ...domain.ID) ([]domain.ID, error)
}
