package application_test

import "example.com/healthcare/domain"

// missingID is an ID that no record has.
const missingID domain.ID = 1 << 40

// eventOf returns the event that is expected of a call by an actor.
type eventOf = func(by domain.Actor, w world) domain.AuditEvent

// eventOn returns an event on one record.
func eventOn(kind domain.SubjectKind, id domain.ID, about ...domain.Reference) domain.AuditEvent {
	return domain.AuditEvent{Subject: domain.Subject{Kind: kind, ID: id}, Related: about}
}

// listEvent returns an event on the records that a list showed.
func listEvent(kind domain.SubjectKind, ids []domain.ID, about ...domain.Reference) domain.AuditEvent {
	return domain.AuditEvent{Subject: domain.Subject{Kind: kind, Shown: ids}, Related: about}
}

func ids(ids ...domain.ID) []domain.ID { return append([]domain.ID{}, ids...) }

func ref(kind domain.SubjectKind, id domain.ID) domain.Reference {
	return domain.Reference{Kind: kind, ID: id}
}

func patientRef(id domain.ID) domain.Reference { return ref(domain.SubjectPatient, id) }
func doctorRef(id domain.ID) domain.Reference  { return ref(domain.SubjectDoctor, id) }

// noRecord is for calls that do not know the ID of a record of the kind.
func noRecord(kind domain.SubjectKind) eventOf {
	return func(domain.Actor, world) domain.AuditEvent { return eventOn(kind, 0) }
}

// missingRecord is for calls with missingID.
func missingRecord(kind domain.SubjectKind) eventOf {
	return func(domain.Actor, world) domain.AuditEvent { return eventOn(kind, missingID) }
}

func ownAccount(by domain.Actor, _ world) domain.AuditEvent {
	return eventOn(domain.SubjectUser, by.UserID)
}

func ownSession(by domain.Actor, _ world) domain.AuditEvent {
	return eventOn(domain.SubjectSession, by.SessionID)
}

func otherUser(_ domain.Actor, w world) domain.AuditEvent {
	return eventOn(domain.SubjectUser, w.other.ID)
}

func newUser(_ domain.Actor, w world) domain.AuditEvent {
	return eventOn(domain.SubjectUser, w.other.ID+1)
}

func onDoctor(_ domain.Actor, w world) domain.AuditEvent {
	return eventOn(domain.SubjectDoctor, w.doctor.ID)
}

func onPatient(_ domain.Actor, w world) domain.AuditEvent {
	return eventOn(domain.SubjectPatient, w.patient.ID)
}

func onMapping(_ domain.Actor, w world) domain.AuditEvent {
	return eventOn(domain.SubjectMapping, w.mapping.ID)
}

// withRelated adds records that the event also concerns.
func withRelated(event eventOf, about func(w world) []domain.Reference) eventOf {
	return func(by domain.Actor, w world) domain.AuditEvent {
		expected := event(by, w)
		expected.Related = append(expected.Related, about(w)...)
		return expected
	}
}

func thePatient(w world) []domain.Reference { return []domain.Reference{patientRef(w.patient.ID)} }
func theDoctor(w world) []domain.Reference  { return []domain.Reference{doctorRef(w.doctor.ID)} }

func theOtherDoctor(w world) []domain.Reference {
	return []domain.Reference{doctorRef(w.otherDoctor.ID)}
}

func thePair(w world) []domain.Reference { return append(thePatient(w), theDoctor(w)...) }

func theOtherPair(w world) []domain.Reference { return append(thePatient(w), theOtherDoctor(w)...) }

// withVersion sets the version that a change makes of the subject.
func withVersion(version int, event eventOf) eventOf {
	return func(by domain.Actor, w world) domain.AuditEvent {
		expected := event(by, w)
		expected.Version = version
		return expected
	}
}

// inSession is for calls by w.other in a session that is the subject.
func inSession(session func(world) domain.ID) eventOf {
	return func(_ domain.Actor, w world) domain.AuditEvent {
		event := eventOn(domain.SubjectSession, session(w))
		event.Actor = domain.Actor{UserID: w.other.ID, Role: domain.Staff, SessionID: session(w)}
		return event
	}
}

func noReferences(world) []domain.Reference { return nil }

func onDeletedDoctor(_ domain.Actor, w world) domain.AuditEvent {
	return eventOn(domain.SubjectDoctor, w.deletedDoctor.ID)
}

func onDeletedPatient(_ domain.Actor, w world) domain.AuditEvent {
	return eventOn(domain.SubjectPatient, w.deletedPatient.ID)
}

func onDeletedMapping(_ domain.Actor, w world) domain.AuditEvent {
	return eventOn(domain.SubjectMapping, w.deletedMapping.ID)
}

// askedUsers are the users that the row of Users.ListNames names.
func askedUsers(w world) []domain.Reference {
	return []domain.Reference{
		{Kind: domain.SubjectUser, ID: w.other.ID}, {Kind: domain.SubjectUser, ID: missingID}, {Kind: domain.SubjectUser, ID: w.actors[domain.Staff].UserID},
	}
}
