package application

import (
	"context"
	"encoding/binary"

	"example.com/healthcare/domain"
)

// total is a sum of MACs, in which their order does not count. Nobody without the
// key can find other mentions with the same one.
type mentionSum [2]uint64

// count adds mentions to a total.
func (v *verification) addMentions(t *mentionSum, mentions ...domain.Mention) {
	for _, mention := range mentions {
		mac := v.macs.Sum(mention.Hash())
		t[0] += binary.BigEndian.Uint64(mac[:8])
		t[1] += binary.BigEndian.Uint64(mac[8:])
	}
}

// examineMentions compares the mentions that are kept with those that follow from
// the events under seals: all of them were there before this began.
func (v *verification) examineMentions(ctx context.Context) error {
	if !v.eventsAreIntact() {
		return nil
	}
	var kept, open mentionSum
	for _, event := range v.chain.Open() {
		v.addMentions(&open, event.Mentions()...)
	}
	last, after := v.chain.Last(), domain.Mention{}
	for {
		mentions, err := v.tx.Audit().Mentions(ctx, after, verifyPage)
		if err != nil {
			return err
		}
		for _, mention := range mentions {
			if after = mention; !last.Awaits(mention.Event) {
				v.addMentions(&kept, mention)
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
