package sqlstore

import (
	"context"
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"example.com/healthcare/domain"
)

// selectCommitments ends where the versions before have so many bytes, whatever they say that
// they have.
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

// commitmentRow is a row of versions of any kind, whoever wrote it.
type commitmentRow struct {
	Kind     domain.SubjectKind `db:"kind"`
	RecordID domain.ID          `db:"record_id"`
	Number   int                `db:"number"`
	At       anyInstant         `db:"at"`
	UserID   domain.ID          `db:"user_id"`
	Role     domain.Role        `db:"role"`
	Change   domain.Change      `db:"change"`
	WithKind domain.SubjectKind `db:"with_kind"`
	WithID   domain.ID          `db:"with_id"`
	Salt     saltRow            `db:"salt"`
	Record   string             `db:"record"`
}

// entity returns a commitment with a digest that is right for no version when the row cannot
// be read, or holds another record than it says.
func (r commitmentRow) entity() domain.Commitment {
	commitment := domain.Commitment{VersionName: r.name()}
	if r.Salt.Salt == (domain.Salt{}) {
		return commitment
	}
	commitment.Digest = wrongDigest
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

// digest returns the one in the commitment of a version of the kind.
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
		return wrongDigest, nil
	}
	return commitment.Digest, nil
}

// wrongDigest is right for no version.
var wrongDigest = [16]byte{1}

// saltRow is a salt as a column; NULL is none.
type saltRow struct{ domain.Salt }

// Scan implements sql.Scanner. What is of another length is right for no version.
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

// commitmentList is commitments as one text: "patient:5:3:yv66vgAAAAAAAAAAAAAAAA,mapping:7:1:...".
type commitmentList string

// commitments returns those of the list. What is not written as commitmentText writes it
// becomes a commitment that is written in another way.
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
