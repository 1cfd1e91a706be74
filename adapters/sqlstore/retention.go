package sqlstore

import (
	"context"
	"slices"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	countDeletedBefore  = `SELECT COUNT(*) FROM deletions WHERE kind = $1 AND at < $2`
	selectDeletedBefore = `SELECT record_id AS id FROM deletions WHERE kind = $1 AND at < $2 ORDER BY at, record_id LIMIT $3`
)

// retention implements ports.Retention.
type retention struct{ *querier }

func (s retention) CountExpired(ctx context.Context, kind domain.SubjectKind, before time.Time) (n int, err error) {
	err = s.get(ctx, &n, countDeletedBefore, string(kind), ports.ToMicroseconds(before))
	return n, err
}

func (s retention) Purge(ctx context.Context, kind domain.SubjectKind, before time.Time, limit int) ([]domain.ID, error) {
	if s.tx == nil {
		return nil, errWriteInView
	}
	ids, err := entities[idRow](ctx, s.querier, selectDeletedBefore+s.locking(` FOR UPDATE`), string(kind), ports.ToMicroseconds(before), limit)
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	for _, texts := range []rowTexts{idStatementsOf[kind].deleteVersions, idStatementsOf[kind].deleteDeletions} {
		if err := changeIDs(ctx, s.querier, texts, ids); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
