package domain

import (
	"cmp"
	"slices"
)

// Mention is an entry of the index that leads from a record to the audit events
// concerning it. It belongs to one of the event's Related records, to a record that a list
// showed as the only one of its block, or to a block of records of which a list showed
// several.
type Mention struct {
	Record Reference
	// IsBlock is set if Record.ID is the number of a block: see BlockOf.
	IsBlock bool
	Event   ID
}

// blockBits is the number of low bits of an ID that BlockOf removes.
const blockBits = 6

// BlockOf returns the block that a listed record belongs to. A block is 64 consecutive
// IDs of one kind, so a list of neighbouring records needs few mentions. The event
// itself says which records of the block it showed. A mention of the only one that it showed
// takes as little space, and does not lead from the others to the event: a record would
// otherwise have to be looked for in all searches that found one of its neighbours.
func BlockOf(record Reference) (block Reference) {
	return Reference{record.Kind, record.ID >> blockBits}
}

// Mentions returns the index entries of the event, sorted and without duplicates.
func (e AuditEvent) Mentions() []Mention {
	mentions := make([]Mention, 0, len(e.Related)+1)
	ids := slices.Compact(slices.Sorted(slices.Values(e.IndexedIDs())))
	for len(ids) > 0 {
		mention := Mention{Record: Reference{e.Subject.Kind, ids[0]}, Event: e.ID}
		block := BlockOf(mention.Record)
		n := 1
		for e.Format >= BlockFormat && n < len(ids) && BlockOf(Reference{e.Subject.Kind, ids[n]}) == block {
			n++
		}
		if n > 1 || e.Format == BlockFormat {
			mention.Record, mention.IsBlock = block, true
		}
		mentions = append(mentions, mention)
		ids = ids[n:]
	}
	for _, record := range e.Related {
		mentions = append(mentions, Mention{Record: record, Event: e.ID})
	}
	slices.SortFunc(mentions, Mention.Compare)
	return slices.Compact(mentions)
}

// Compare orders mentions by record or block, then by event.
func (m Mention) Compare(other Mention) int {
	return cmp.Or(
		cmp.Compare(m.Record.Kind, other.Record.Kind),
		cmp.Compare(m.Record.ID, other.Record.ID),
		compareBools(m.IsBlock, other.IsBlock),
		cmp.Compare(m.Event, other.Event),
	)
}

// compareBools orders false before true.
func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// Hash returns the hash of the mention.
func (m Mention) Hash() Hash {
	text := newMessage("healthcare audit mention 1")
	if m.IsBlock {
		text = newMessage("healthcare audit mention of a block 1")
	}
	text.text(string(m.Record.Kind))
	text.number(int64(m.Record.ID))
	text.number(int64(m.Event))
	return text.hash()
}
