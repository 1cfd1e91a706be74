package application

import (
	"context"
	"encoding/binary"

	"example.com/healthcare/domain"
)

// total is a sum of MACs, in which their order does not count. Nobody without the
// key can find other mentions with the same one.
type total [2]uint64

// count adds mentions to a total.
func (v *verifier) count(t *total, mentions ...domain.Mention) {
	for _, mention := range mentions {
		mac := v.macs.Sum(mention.Hash())
		t[0] += binary.BigEndian.Uint64(mac[:8])
		t[1] += binary.BigEndian.Uint64(mac[8:])
	}
}

// examineMentions compares the mentions that are kept with those that follow from
// the events under seals: all of them were there before this began.
func (v *verifier) examineMentions(ctx context.Context) error {
	if !v.eventsAreWhole() {
		return nil
	}
	var kept, open total
	for _, event := range v.chain.UnsealedEvents() {
		v.count(&open, event.Mentions()...)
	}
	last, after := v.chain.LastSeal(), domain.Mention{}
	for {
		mentions, err := v.tx.Audit().ListMentions(ctx, after, verifyPage)
		if err != nil {
			return err
		}
		for _, mention := range mentions {
			if after = mention; !last.Awaits(mention.Event) {
				v.count(&kept, mention)
			}
		}
		if len(mentions) < verifyPage {
			break
		}
	}
	if kept[0]+open[0] != v.mentions[0] || kept[1]+open[1] != v.mentions[1] {
		return v.report(domain.Fault{Problem: domain.MentionsChanged})
	}
	return nil
}
