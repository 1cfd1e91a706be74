package application

import (
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Ports are the adapters that the use-cases need. All of them are required.
type Ports struct {
	Store       ports.Store
	Passwords   ports.Passwords
	Tokens      ports.AccessTokens
	Revocations ports.Revocations
	Codes       ports.OneTimeCodes
	MACs        ports.MACs
	RequestMACs ports.RequestMACs
	Cursors     ports.Cursors
	Clock       ports.Clock
}

// Rules are the settings of the use-cases. The zero Rules set no limits and close
// registration. Sessions must be set.
type Rules struct {
	Sessions      SessionRules
	Limits        Limits
	Registration  RegistrationMode
	Preconditions PreconditionRule
}

// UseCases are all use-cases over one set of ports. All but the Sealer, which only one
// goroutine may use, are safe for concurrent use.
type UseCases struct {
	Authenticator *Authenticator
	Sessions      *Sessions
	Account       *Account
	SecondFactor  *SecondFactor
	Users         *Users
	Doctors       *Doctors
	Patients      *Patients
	Mappings      *Mappings
	Retention     *Retention
	Audit         *Audit

	// Trail, Sealer and Verifier maintain and examine the audit trail. Their methods are
	// not use-cases: they need no permission.
	Trail    *Trail
	Sealer   *Sealer
	Verifier *Verifier
}

// recordsByKind has an entry for every kind in domain.RecordKinds.
var recordsByKind = map[domain.SubjectKind]anyVersionedRecords{
	domain.SubjectDoctor:  doctorRecords,
	domain.SubjectPatient: patientRecords,
	domain.SubjectMapping: mappingRecords,
}

// New returns all use-cases.
func New(p Ports, r Rules) *UseCases {
	trail := newTrail(p)
	limiter := &Limiter{store: p.Store, clock: p.Clock, limits: r.Limits}
	guard := &Guard{store: p.Store, limiter: limiter, passwords: p.Passwords, codes: p.Codes, clock: p.Clock}
	return &UseCases{
		Authenticator: &Authenticator{store: p.Store, tokens: p.Tokens, revocations: p.Revocations, clock: p.Clock, rules: r.Sessions},
		Sessions:      &Sessions{trail: trail, guard: guard, tokens: p.Tokens, clock: p.Clock, rules: r.Sessions},
		Account:       &Account{trail: trail, guard: guard, passwords: p.Passwords, clock: p.Clock, preconditions: r.Preconditions},
		SecondFactor:  &SecondFactor{trail: trail, guard: guard, codes: p.Codes, clock: p.Clock, rules: r.Sessions},
		Users: &Users{
			trail: trail, limiter: limiter, passwords: p.Passwords, clock: p.Clock, registration: r.Registration, preconditions: r.Preconditions,
			lister: lister[domain.User]{
				listing: domain.UserList, trail: trail, cursors: p.Cursors, search: domain.UserSearch, kind: domain.SubjectUser,
				lists: func(tx ports.Tx) ports.Lists[domain.User] { return tx.Users() },
				id:    func(user domain.User) domain.ID { return user.ID },
			},
		},
		Doctors: &Doctors{History: newHistory(trail, p.Cursors, doctorRecords, domain.DoctorList), macs: p.RequestMACs, clock: p.Clock, preconditions: r.Preconditions, lister: lister[domain.Doctor]{
			listing: domain.DoctorList, trail: trail, cursors: p.Cursors, search: domain.DoctorSearch, kind: domain.SubjectDoctor,
			lists: func(tx ports.Tx) ports.Lists[domain.Doctor] { return tx.Doctors() },
			id:    recordID[domain.Doctor],
		}},
		Patients: &Patients{History: newHistory(trail, p.Cursors, patientRecords, domain.PatientList), macs: p.RequestMACs, clock: p.Clock, preconditions: r.Preconditions, lister: lister[domain.PatientView]{
			listing: domain.PatientList, trail: trail, cursors: p.Cursors, search: domain.PatientSearch, kind: domain.SubjectPatient,
			lists: func(tx ports.Tx) ports.Lists[domain.PatientView] { return tx.Patients() },
			id:    recordID[domain.PatientView],
		}},
		Mappings: &Mappings{History: newHistory(trail, p.Cursors, mappingRecords, domain.AssignmentList), macs: p.RequestMACs, clock: p.Clock, preconditions: r.Preconditions, lister: lister[domain.Assignment]{
			listing: domain.AssignmentList, trail: trail, cursors: p.Cursors, kind: domain.SubjectMapping,
			lists:   func(tx ports.Tx) ports.Lists[domain.Assignment] { return tx.Mappings() },
			id:      func(assignment domain.Assignment) domain.ID { return assignment.ID },
			related: shownWith,
		}},
		Retention: &Retention{trail: trail},
		Audit:     &Audit{trail: trail},
		Trail:     trail,
		Sealer:    &Sealer{trail: trail},
		Verifier:  &Verifier{store: p.Store, macs: p.MACs},
	}
}
