package sqlstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	insertSeal = `
		INSERT INTO audit_seals (number, at, through, events, missing, digest, mac)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		RETURNING number`
	selectSeal = `
		SELECT number, at, COALESCE(through, 0) AS through, events, missing, digest, mac
		FROM audit_seals`
	selectSeals    = selectSeal + ` WHERE number > $1 ORDER BY number LIMIT $2`
	selectLastSeal = selectSeal + ` ORDER BY number DESC LIMIT 1`
)

type sealRow struct {
	Number  domain.ID      `db:"number"`
	At      lenientInstant `db:"at"`
	Through domain.ID      `db:"through"`
	Events  []byte         `db:"events"`
	Missing []byte         `db:"missing"`
	Digest  []byte         `db:"digest"`
	MAC     []byte         `db:"mac"`
}

// entity leaves the digest and the MAC zero, which match no seal, if the row is not what
// the store would write for the seal.
func (r sealRow) entity() domain.Seal {
	seal := domain.Seal{Number: r.Number, At: r.At.Time, Through: r.Through, Events: unpackEvents(r.Events), Missing: unpackGaps(r.Missing)}
	if bytes.Equal(r.Events, packEvents(seal.Events)) && bytes.Equal(r.Missing, packGaps(seal.Missing)) {
		copy(seal.Digest[:], r.Digest)
		copy(seal.MAC[:], r.MAC)
	}
	return seal
}

// seals implements ports.Seals.
type seals struct{ *querier }

func (s seals) Add(ctx context.Context, seal domain.Seal) error {
	var number domain.ID
	return s.returning(ctx, &number, insertSeal, seal.Number, ports.ToMicroseconds(seal.At), seal.Through,
		packEvents(seal.Events), packGaps(seal.Missing), seal.Digest[:], seal.MAC[:])
}

func (s seals) Last(ctx context.Context) (domain.Seal, error) {
	var row sealRow
	err := s.get(ctx, &row, selectLastSeal)
	return row.entity(), err
}

func (s seals) List(ctx context.Context, page domain.Page) ([]domain.Seal, error) {
	return entities[sealRow](ctx, s.querier, selectSeals, page.After, page.Limit)
}

// packEvents encodes each event as the distance of its ID from the previous one (a varint)
// and its tag. Most events take five bytes.
func packEvents(events []domain.SealedEvent) []byte {
	packed, last := []byte{}, domain.ID(0)
	for _, event := range events {
		packed = binary.AppendUvarint(packed, uint64(event.ID-last))
		packed = append(packed, event.Tag[:]...)
		last = event.ID
	}
	return packed
}

// unpackEvents stops at bytes that packEvents would not write.
func unpackEvents(packed []byte) []domain.SealedEvent {
	var events []domain.SealedEvent
	var event domain.SealedEvent
	for len(packed) > 0 {
		distance, n := binary.Uvarint(packed)
		if n <= 0 || len(packed) < n+len(event.Tag) {
			break
		}
		event.ID += domain.ID(distance)
		event.Tag = [4]byte(packed[n:])
		events = append(events, event)
		packed = packed[n+len(event.Tag):]
	}
	return events
}

// packGaps encodes each gap as three varints: the distance from the previous gap, the
// length, and the time when the gap was found, in microseconds since 1970.
func packGaps(gaps []domain.Gap) []byte {
	packed, last := []byte{}, domain.ID(0)
	for _, gap := range gaps {
		packed = binary.AppendVarint(packed, int64(gap.From-last))
		packed = binary.AppendVarint(packed, int64(gap.To-gap.From))
		packed = binary.AppendVarint(packed, gap.Since.UnixMicro())
		last = gap.To
	}
	return packed
}

// unpackGaps stops at bytes that packGaps would not write.
func unpackGaps(packed []byte) []domain.Gap {
	var gaps []domain.Gap
	last := domain.ID(0)
	for len(packed) > 0 {
		var numbers [3]int64
		for i := range numbers {
			number, n := binary.Varint(packed)
			if n <= 0 {
				return gaps
			}
			numbers[i], packed = number, packed[n:]
		}
		gap := domain.Gap{From: last + domain.ID(numbers[0]), Since: time.UnixMicro(numbers[2]).UTC()}
		gap.To = gap.From + domain.ID(numbers[1])
		gaps, last = append(gaps, gap), gap.To
	}
	return gaps
}
