package domain

import (
	"cmp"
	"slices"
)

// Mention leads to an event, from a record that it concerns beside its subject, or from a
// block of records of which it showed some.
type Mention struct {
	Record Reference
	// IsBlock says that the ID of Record is the number of a block: see BlockOf.
	IsBlock bool
	Event   ID
}

// blockBits is how many of the last bits of an ID tell the records of a block apart.
const blockBits = 6

// BlockOf returns what Mentions have for a record that a list showed: 64 consecutive IDs of
// a kind are one block, so that a list of neighbours needs few mentions. Which of them it
// showed is in the event.
func BlockOf(record Reference) (block Reference) {
	return Reference{record.Kind, record.ID >> blockBits}
}

// Mentions returns those of the event, each once.
func (e AuditEvent) Mentions() []Mention {
	mentions := make([]Mention, 0, len(e.Related)+1)
	for _, id := range e.IndexedIDs() {
		mention := Mention{Record: Reference{e.Subject.Kind, id}, Event: e.ID}
		if e.Format >= EventFormat {
			mention.Record, mention.IsBlock = BlockOf(mention.Record), true
		}
		// Neighbours share a block.
		if last := len(mentions) - 1; last < 0 || mentions[last] != mention {
			mentions = append(mentions, mention)
		}
	}
	for _, record := range e.Related {
		mentions = append(mentions, Mention{Record: record, Event: e.ID})
	}
	slices.SortFunc(mentions, Mention.Compare)
	return slices.Compact(mentions)
}

// Compare orders mentions: those of one record or block come one after the other, in
// ascending order of Event.
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
