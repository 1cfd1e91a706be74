package application_test

import (
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func doctorHistory(c *clinic) *application.History[domain.Doctor]   { return &c.Doctors.History }
func patientHistory(c *clinic) *application.History[domain.Patient] { return &c.Patients.History }
func mappingHistory(c *clinic) *application.History[domain.Mapping] { return &c.Mappings.History }

// historyTable returns the rows of the history use-cases of one service. live is an event on a
// live record and deleted an event on a deleted one. When their versions are shown, the event
// also names liveParents or deletedParents.
func historyTable[T domain.Record](service string, history func(*clinic) *application.History[T], live, deleted eventOf,
	liveParents, deletedParents func(world) []domain.Reference,
) map[string]useCaseTest {
	kind := live(domain.Actor{}, world{}).Subject.Kind
	liveID := func(w world) domain.ID { return live(domain.Actor{}, w).Subject.ID }
	deletedID := func(w world) domain.ID { return deleted(domain.Actor{}, w).Subject.ID }
	noID := func(world) domain.ID { return missingID }
	listVersions := func(id func(world) domain.ID, page domain.PageInput) call {
		return func(c *clinic, by domain.Actor, w world) (any, error) {
			return history(c).ListVersions(c.ctx, by, id(w), page)
		}
	}
	getVersion := func(id func(world) domain.ID, number domain.ID) call {
		return func(c *clinic, by domain.Actor, w world) (any, error) {
			return history(c).GetVersion(c.ctx, by, id(w), number)
		}
	}
	return map[string]useCaseTest{
		service + ".ListVersions": {
			roles: staffAndAdmin, permission: domain.Permission(kind + ":read_history"),
			run:     listVersions(liveID, domain.PageInput{}),
			denied:  live,
			allowed: withRelated(live, liveParents),
			cases: map[string]testCall{
				"unknown record":          {role: domain.Admin, errKind: domain.NotFound, run: listVersions(noID, domain.PageInput{}), event: missingRecord(kind)},
				"bad page":                {role: domain.Staff, errKind: domain.Invalid, run: listVersions(liveID, badPage)},
				"deleted record":          {role: domain.Admin, run: listVersions(deletedID, domain.PageInput{}), event: withRelated(deleted, deletedParents)},
				"deleted record by Staff": {role: domain.Staff, errKind: domain.NotFound, run: listVersions(deletedID, domain.PageInput{}), event: deleted},
			},
		},
		service + ".GetVersion": {
			roles: staffAndAdmin, permission: domain.Permission(kind + ":read_history"),
			run:     getVersion(liveID, 1),
			denied:  live,
			allowed: withRelated(live, liveParents),
			cases: map[string]testCall{
				"unknown record":          {role: domain.Admin, errKind: domain.NotFound, run: getVersion(noID, 1), event: missingRecord(kind)},
				"unknown version":         {role: domain.Staff, errKind: domain.NotFound, run: getVersion(liveID, 2)},
				"deleted record":          {role: domain.Admin, run: getVersion(deletedID, 2), event: withRelated(deleted, deletedParents)},
				"deleted record by Staff": {role: domain.Staff, errKind: domain.NotFound, run: getVersion(deletedID, 1), event: deleted},
			},
		},
		service + ".ListDeleted": {
			roles: adminOnly, permission: domain.Permission(kind + ":read_deleted"),
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return history(c).ListDeleted(c.ctx, by, deletedFrom(c, kind, deletedID(w)))
			},
			denied: noRecord(kind),
			allowed: func(_ domain.Actor, w world) domain.AuditEvent {
				return listEvent(kind, ids(deletedID(w)), deletedParents(w)...)
			},
			cases: map[string]testCall{
				"bad page": {role: domain.Admin, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
					return history(c).ListDeleted(c.ctx, by, badParameters)
				}},
			},
		},
	}
}
