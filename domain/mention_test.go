package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func TestAListHasOneMentionPerBlock(t *testing.T) {
	shown := func(ids ...domain.ID) domain.AuditEvent {
		return domain.AuditEvent{ID: 9, Format: domain.EventFormat, Subject: domain.Subject{Kind: domain.SubjectPatient, Shown: ids}}
	}
	block := func(number domain.ID) domain.Mention {
		return domain.Mention{Record: domain.Reference{Kind: domain.SubjectPatient, ID: number}, IsBlock: true, Event: 9}
	}
	neighbours := shown()
	for id := range domain.ID(100) {
		neighbours.Subject.Shown = append(neighbours.Subject.Shown, id+1)
	}
	assert.Equal(t, []domain.Mention{block(0), block(1)}, neighbours.Mentions())
	only := domain.Mention{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 1<<63 - 1}, Event: 9}
	scattered := shown(1<<63-1, 64, 63, 127, 1, -1, -64, 1<<63-1)
	assert.Equal(t, []domain.Mention{block(-1), block(0), block(1), only}, scattered.Mentions())
	scattered.Format = domain.BlockFormat
	assert.Equal(t, []domain.Mention{block(-1), block(0), block(1), block(1<<57 - 1)}, scattered.Mentions())

	earlier := neighbours
	earlier.Format = 0
	assert.Len(t, earlier.Mentions(), 100, "events of earlier releases keep their mentions")

	// A related record is not a block, even if its ID equals the number of a block.
	both := shown(64, 65)
	both.Related = []domain.Reference{{Kind: domain.SubjectPatient, ID: 1}, {Kind: domain.SubjectPatient, ID: 1}}
	assert.Equal(t, []domain.Mention{{Record: both.Related[0], Event: 9}, block(1)}, both.Mentions())
	assert.NotEqual(t, both.Mentions()[0].Hash(), both.Mentions()[1].Hash())

	both.Subject.Kind = domain.SubjectAudit
	assert.Len(t, both.Mentions(), 1, "lists of events are not indexed")
}
