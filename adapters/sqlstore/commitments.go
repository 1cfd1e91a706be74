package sqlstore

import (
	"context"
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"example.com/healthcare/domain"
)

// selectCommitments ends the page once its versions have $5 bytes. It measures the records
// themselves, because the column free_text may have been tampered with.
const selectCommitments = `
	SELECT versions.kind, versions.record_id, ` + versionColumns + `, versions.salt
	FROM (
		SELECT kind, record_id, number, COALESCE(SUM(octet_length(record))
			OVER (ORDER BY kind, record_id, number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
		FROM versions
		WHERE (kind, record_id, number) > ($1, $2, $3)
		ORDER BY kind, record_id, number
		LIMIT $4
	) AS page JOIN versions USING (kind, record_id, number)
	WHERE page.bytes_before < $5
	ORDER BY versions.kind, versions.record_id, versions.number`

func (s audit) ListCommitments(ctx context.Context, after domain.VersionName, limit int) ([]domain.Commitment, error) {
	if after == (domain.VersionName{}) {
		after.Record.ID = math.MinInt64
	}
	return entities[commitmentRow](ctx, s.querier, selectCommitments, string(after.Record.Kind), after.Record.ID, after.Number, limit, domain.MaxPageBytes)
}

// commitmentRow is a row of versions of any kind. An attacker may have written it.
type commitmentRow struct {
	Kind     domain.SubjectKind `db:"kind"`
	RecordID domain.ID          `db:"record_id"`
	Number   int                `db:"number"`
	At       lenientInstant     `db:"at"`
	UserID   domain.ID          `db:"user_id"`
	Role     domain.Role        `db:"role"`
	Change   domain.Change      `db:"change"`
	WithKind domain.SubjectKind `db:"with_kind"`
	WithID   domain.ID          `db:"with_id"`
	Salt     saltRow            `db:"salt"`
	Record   string             `db:"record"`
}

// entity returns a commitment with an invalid digest when the row cannot be read, or when
// it holds the snapshot of another record.
func (r commitmentRow) entity() domain.Commitment {
	commitment := domain.Commitment{VersionName: r.name()}
	if r.Salt.Salt == (domain.Salt{}) {
		return commitment
	}
	commitment.Digest = invalidDigest
	if kind, ok := kinds[r.Kind]; ok {
		if digest, err := kind.digest(r); err == nil {
			commitment.Digest = digest
		}
	}
	return commitment
}

func (r commitmentRow) name() domain.VersionName {
	return domain.VersionName{Record: domain.Reference{Kind: r.Kind, ID: r.RecordID}, Number: r.Number}
}

// digest returns the digest of the commitment of a version of the kind.
func (k kind[R, T]) digest(r commitmentRow) ([16]byte, error) {
	var record snapshot[R]
	if err := record.Scan(r.Record); err != nil {
		return [16]byte{}, err
	}
	version := domain.Version[T]{
		Number: r.Number,
		At:     r.At.Time,
		Author: domain.Author{UserID: r.UserID, Role: r.Role},
		Change: r.Change,
		Cause:  domain.Reference{Kind: r.WithKind, ID: r.WithID},
		Salt:   r.Salt.Salt,
		Record: record.row.entity(),
	}
	commitment := version.Commitment()
	if commitment.VersionName != r.name() {
		return invalidDigest, nil
	}
	return commitment.Digest, nil
}

// invalidDigest matches no version.
var invalidDigest = [16]byte{1}

// saltRow is a column that holds a salt, or NULL for none.
type saltRow struct{ domain.Salt }

// Scan implements sql.Scanner. A value of any other length becomes a salt that matches no
// version.
func (s *saltRow) Scan(stored any) error {
	bytes, _ := stored.([]byte)
	s.Salt = domain.Salt{}
	switch len(bytes) {
	case 0:
	case len(s.Salt):
		s.Salt = domain.Salt(bytes)
	default:
		s.Salt = domain.Salt{1}
	}
	return nil
}

// commitmentList is a list of commitments as text:
// "patient:5:3:yv66vgAAAAAAAAAAAAAAAA,mapping:7:1:...".
type commitmentList string

// commitments parses the list. An item that commitmentText would not write becomes a
// commitment with another text, so that the comparison in eventRow.entity fails.
func (l commitmentList) commitments() []domain.Commitment {
	if l == "" {
		return nil
	}
	var commitments []domain.Commitment
	for text := range strings.SplitSeq(string(l), ",") {
		var commitment domain.Commitment
		if parts := strings.Split(text, ":"); len(parts) == 4 {
			id, _ := strconv.ParseInt(parts[1], 10, 64)
			commitment.Record = domain.Reference{Kind: domain.SubjectKind(parts[0]), ID: domain.ID(id)}
			commitment.Number, _ = strconv.Atoi(parts[2])
			bytes, _ := base64.RawURLEncoding.DecodeString(parts[3])
			copy(commitment.Digest[:], bytes)
		}
		commitments = append(commitments, commitment)
	}
	return commitments
}

func commitmentText(c domain.Commitment) string {
	return referenceText(c.Record) + ":" + strconv.Itoa(c.Number) + ":" + base64.RawURLEncoding.EncodeToString(c.Digest[:])
}
