package application

import (
	"context"
	"encoding/binary"

	"example.com/healthcare/domain"
)

// mentionSum is a sum of MACs, which does not depend on their order. Without the key nobody can
// find other mentions with the same sum.
type mentionSum [2]uint64

// addMentions adds mentions to a sum.
func (v *verification) addMentions(sum *mentionSum, mentions ...domain.Mention) {
	for _, mention := range mentions {
		mac := v.macs.Sum(mention.Hash())
		sum[0] += binary.BigEndian.Uint64(mac[:8])
		sum[1] += binary.BigEndian.Uint64(mac[8:])
	}
}

// examineMentions compares the stored mentions of sealed events with the mentions that follow
// from these events. The mentions of sealed events were committed before the verification
// began, so all of them are visible.
func (v *verification) examineMentions(ctx context.Context) error {
	if !v.eventsAreIntact() {
		return nil
	}
	var stored, unsealed mentionSum
	for _, event := range v.chain.UnsealedEvents() {
		v.addMentions(&unsealed, event.Mentions()...)
	}
	last, after := v.chain.LastSeal(), domain.Mention{}
	for {
		mentions, err := v.tx.Audit().ListMentions(ctx, after, verifyPage)
		if err != nil {
			return err
		}
		for _, mention := range mentions {
			if after = mention; !last.Awaits(mention.Event) {
				v.addMentions(&stored, mention)
			}
		}
		if len(mentions) < verifyPage {
			break
		}
	}
	if stored[0]+unsealed[0] != v.mentions[0] || stored[1]+unsealed[1] != v.mentions[1] {
		return v.report(domain.Fault{Problem: domain.MentionsChanged})
	}
	return nil
}
