package domain

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
)

// ETag identifies what a reader is shown of one state of an entity (RFC 9110, 8.8.3). What is
// shown differs whenever the ETags differ, and the other way round.
type ETag string

// Tagged is an entity that has an ETag. A withheld field counts as not shown, so the ETag that
// a reader gets is that of the entity after VisibleTo.
type Tagged interface{ ETag() ETag }

func versionTag(version int) ETag { return ETag(strconv.Itoa(version)) }

// ETag implements Tagged. The version changes with the salary, too, and is shown to every
// reader. A reader who begins to see salaries gets another ETag for the same version.
func (d Doctor) ETag() ETag {
	if d.Salary.Withheld() {
		return versionTag(d.Version) + "-without-salary"
	}
	return versionTag(d.Version)
}

// ETag implements Tagged. An assignment changes no version of the patient, so the ETag also
// depends on the assigned doctors. It has a hash of them, because there can be many.
func (p PatientView) ETag() ETag {
	ids := make([]byte, 0, 8*len(p.AssignedDoctors))
	for _, id := range p.AssignedDoctors {
		ids = binary.BigEndian.AppendUint64(ids, uint64(id))
	}
	hash := sha256.Sum256(ids)
	return versionTag(p.Version) + "-" + ETag(base64.RawURLEncoding.EncodeToString(hash[:9]))
}

// ETag implements Tagged. Clients rely on it being the version, which lists show, because no
// operation returns one mapping.
func (m Mapping) ETag() ETag { return versionTag(m.Version) }

// ETag implements Tagged.
func (u User) ETag() ETag { return versionTag(u.Version) }

// Precondition says which states of an entity a change expects. The zero Precondition expects
// nothing.
type Precondition struct {
	isSet    bool
	anyState bool
	etags    []ETag
}

// AnyState returns the precondition that the entity exists, in whatever state.
func AnyState() Precondition { return Precondition{isSet: true, anyState: true} }

// OneOf returns the precondition that the entity has one of these ETags. Without any, it never
// holds.
func OneOf(etags ...ETag) Precondition { return Precondition{isSet: true, etags: etags} }

// IsZero reports whether the change expects nothing.
func (p Precondition) IsZero() bool { return !p.isSet }

// CheckPrecondition returns PreconditionFailed if reader does not see the entity in an expected state. The
// entity is passed as it is stored.
func CheckPrecondition[T Tagged](expected Precondition, current T, reader Actor) error {
	if expected.IsZero() || expected.anyState || slices.Contains(expected.etags, VisibleTo(current, reader).ETag()) {
		return nil
	}
	return &Error{Kind: PreconditionFailed, Message: "The record has changed since it was read. Read it again and repeat the change."}
}

// ErrPreconditionRequired returns the error of a change that has no Precondition although the
// settings require one.
func ErrPreconditionRequired() error {
	return &Error{Kind: PreconditionRequired, Err: errors.New("the change has no precondition")}
}
