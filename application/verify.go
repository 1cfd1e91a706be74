package application

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Verifier examines the trail. That is no use-case: it says nothing of what events
// say, takes no permission, and writes nothing, so that it also runs on a copy.
type Verifier struct {
	store ports.Store
	macs  ports.MACs
}

// NewVerifier returns a verifier of the trail in store.
func NewVerifier(store ports.Store, macs ports.MACs) *Verifier {
	return &Verifier{store: store, macs: macs}
}

// Verify examines the whole trail: that no event and no seal was edited, removed,
// inserted or moved. What was cut off at the end shows only against a head that
// was kept elsewhere; the zero Head is none.
func (s *Verifier) Verify(ctx context.Context, kept domain.Head) (domain.Verification, error) {
	return view(ctx, s.store, func(tx ports.Tx) (domain.Verification, error) {
		v := verifier{tx: tx, macs: s.macs, kept: kept, chain: domain.NewChain()}
		fault, err := v.run(ctx)
		return domain.Verification{Events: v.events, Unsealed: v.unsealed, Last: v.chain.Last().Head(), Fault: fault}, err
	})
}

// Head names the last seal, which must be one of this service; the zero Head when
// there is none yet.
func (s *Verifier) Head(ctx context.Context) (domain.Head, error) {
	return view(ctx, s.store, func(tx ports.Tx) (domain.Head, error) {
		last, err := lastSeal(ctx, tx)
		if err == nil && last.Number > 0 && !s.macs.Verify(last.Digest, last.MAC) {
			err = errors.New(domain.Fault{Problem: domain.SealForeign, Seal: last.Number}.String())
		}
		return last.Head(), err
	})
}

type verifier struct {
	tx               ports.Tx
	macs             ports.MACs
	kept             domain.Head
	chain            *domain.Chain
	events, unsealed int
	// last is the event that was read last, in order.
	last domain.ID
	// mentions is what those of all events come to.
	mentions total
}

// run returns the first fault.
func (v *verifier) run(ctx context.Context) (*domain.Fault, error) {
	next, stop := iter.Pull2(trailFrom(ctx, v.tx, minID))
	defer stop()
	event, err, more := next()
	for seal, sealErr := range sealsOf(ctx, v.tx) {
		if sealErr != nil {
			return nil, sealErr
		}
		for ; more && err == nil && event.ID <= seal.Through; event, err, more = next() {
			if fault := v.readNext(event); fault != nil {
				return fault, nil
			}
		}
		if err != nil {
			return nil, err
		}
		if err := v.readLate(ctx, seal); err != nil {
			return nil, err
		}
		if fault := v.chain.Append(seal); fault != nil {
			return fault, nil
		}
		if seal.Number == v.kept.Number && seal.Digest != v.kept.Digest {
			return &domain.Fault{Problem: domain.HeadOther, Seal: seal.Number}, nil
		}
	}
	for ; more && err == nil; event, err, more = next() {
		if fault := v.readNext(event); fault != nil {
			return fault, nil
		}
	}
	if err != nil {
		return nil, err
	}
	if fault := v.examineEnd(); fault != nil {
		return fault, nil
	}
	return v.examineMentions(ctx)
}

// readNext reads the event that follows, of which there is one only.
func (v *verifier) readNext(event domain.AuditEvent) *domain.Fault {
	if event.ID == v.last {
		return &domain.Fault{Problem: domain.EventInserted, Event: event.ID}
	}
	v.last = event.ID
	v.read(event)
	return nil
}

func (v *verifier) read(event domain.AuditEvent) {
	v.events++
	v.chain.Read(event)
	v.count(&v.mentions, event.Mentions()...)
}

// readLate reads the events under a seal that became visible after those beside
// them were read.
func (v *verifier) readLate(ctx context.Context, seal domain.Seal) error {
	for _, id := range v.chain.Unread(seal) {
		events, err := v.tx.Audit().List(ctx, domain.AuditFilter{}, domain.Page{After: id - 1, Limit: 1})
		if err != nil {
			return err
		}
		if len(events) == 1 && events[0].ID == id {
			v.read(events[0])
		}
	}
	return nil
}

// examineEnd examines the last seal, and what is under none.
func (v *verifier) examineEnd() *domain.Fault {
	last := v.chain.Last()
	switch {
	case last.Number < v.kept.Number:
		return &domain.Fault{Problem: domain.HeadMissing, Seal: v.kept.Number}
	case last.Number > 0 && !v.macs.Verify(last.Digest, last.MAC):
		return &domain.Fault{Problem: domain.SealForeign, Seal: last.Number}
	}
	for _, event := range v.chain.Open() {
		v.unsealed++
		old := last.Number == 0 && event.Evidence == (domain.Evidence{})
		if !old && (event.Hash() != event.Evidence.Hash || !v.macs.Verify(domain.Attested(event.ID, event.Evidence.Hash), event.Evidence.MAC)) {
			return &domain.Fault{Problem: domain.EventInserted, Event: event.ID}
		}
		if event.Seal > last.Number {
			return &domain.Fault{Problem: domain.SealRemoved, Seal: last.Number + 1}
		}
	}
	return nil
}

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
func (v *verifier) examineMentions(ctx context.Context) (*domain.Fault, error) {
	var kept, open total
	for _, event := range v.chain.Open() {
		v.count(&open, event.Mentions()...)
	}
	last, after := v.chain.Last(), domain.Mention{}
	for {
		mentions, err := v.tx.Audit().Mentions(ctx, after, verifyPage)
		if err != nil {
			return nil, err
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
		return &domain.Fault{Problem: domain.MentionsChanged}, nil
	}
	return nil, nil
}

const verifyPage = 1000

// minID is below every ID, also those that this service would not give.
const minID domain.ID = -1 << 63

// trailFrom iterates over all events above after.
func trailFrom(ctx context.Context, tx ports.Tx, after domain.ID) iter.Seq2[domain.AuditEvent, error] {
	return pages(after, idOfEvent, func(page domain.Page) ([]domain.AuditEvent, error) { return allEvents(tx)(ctx, page) })
}

func allEvents(tx ports.Tx) readEvents {
	return func(ctx context.Context, page domain.Page) ([]domain.AuditEvent, error) {
		return tx.Audit().List(ctx, domain.AuditFilter{}, page)
	}
}

func idOfEvent(event domain.AuditEvent) domain.ID { return event.ID }

func sealsOf(ctx context.Context, tx ports.Tx) iter.Seq2[domain.Seal, error] {
	return pages(minID, func(seal domain.Seal) domain.ID { return seal.Number }, func(page domain.Page) ([]domain.Seal, error) {
		return tx.Seals().List(ctx, page)
	})
}

// pages iterates over a whole list, page by page.
func pages[T any](after domain.ID, id func(T) domain.ID, read func(domain.Page) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			list, err := read(domain.Page{After: after, Limit: verifyPage})
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range list {
				if !yield(item, nil) {
					return
				}
				after = id(item)
			}
			if len(list) < verifyPage {
				return
			}
		}
	}
}
