package application_test

import (
	"context"
	"iter"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// The table has files without rows, because a file with rows leaves several events (see
// TestAnImportInTheTrail).
var importsTable = map[string]useCaseTest{
	"Imports.Patients": {
		roles: operatorOnly, permission: "patient:import",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Imports.Patients(c.ctx, by, file[domain.PatientInput](), application.ImportRules{CreatedBy: w.other.ID}, nil)
		},
		denied: withRelated(noRecord(domain.SubjectPatient), theOtherUser), allowed: withRelated(noRecord(domain.SubjectPatient), theOtherUser),
		cases: map[string]testCall{
			"unknown creator": {role: domain.Operator, errKind: domain.Invalid, event: withRelated(noRecord(domain.SubjectPatient), func(world) []domain.Reference {
				return []domain.Reference{ref(domain.SubjectUser, missingID)}
			}), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Imports.Patients(c.ctx, by, file[domain.PatientInput](), application.ImportRules{CreatedBy: missingID}, nil)
			}},
		},
	},
	"Imports.Doctors": {
		roles: operatorOnly, permission: "doctor:import",
		run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Imports.Doctors(c.ctx, by, file[domain.DoctorInput](), application.ImportRules{}, nil)
		},
		denied: noRecord(domain.SubjectDoctor), allowed: noRecord(domain.SubjectDoctor),
		cases: map[string]testCall{
			"bad file": {role: domain.Operator, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				bad := func(context.Context) iter.Seq2[application.ImportRow[domain.DoctorInput], error] {
					return func(yield func(application.ImportRow[domain.DoctorInput], error) bool) {
						yield(application.ImportRow[domain.DoctorInput]{}, &domain.Error{Kind: domain.Invalid, Message: "Line 3: not text."})
					}
				}
				return c.Imports.Doctors(c.ctx, by, bad, application.ImportRules{}, nil)
			}},
		},
	},
	"Imports.Mappings": {
		roles: operatorOnly, permission: "mapping:import",
		run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Imports.Mappings(c.ctx, by, file[application.MappingKeys](), application.ImportRules{}, nil)
		},
		denied: noRecord(domain.SubjectMapping), allowed: noRecord(domain.SubjectMapping),
	},
}

func theOtherUser(w world) []domain.Reference {
	return []domain.Reference{ref(domain.SubjectUser, w.other.ID)}
}
