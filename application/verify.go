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

// Verify examines the whole trail: that no event and no seal was edited, removed,
// inserted or moved. What was cut off at the end shows only against a head that
// was kept elsewhere; the zero Head is none.
func (s *Verifier) Verify(ctx context.Context, kept domain.Head) (domain.Verification, error) {
	return view(ctx, s.store, func(tx ports.Tx) (domain.Verification, error) {
		v := verifier{tx: tx, macs: s.macs, kept: kept, chain: domain.NewChain(), last: minID}
		fault, err := v.run(ctx)
		return domain.Verification{Events: v.events, Unsealed: v.unsealed, Old: v.old, Last: v.chain.Last().Head(), Fault: fault}, err
	})
}

// Head names the last seal, which must be one of this service; the zero Head when
// there is none yet.
func (s *Verifier) Head(ctx context.Context) (domain.Head, error) {
	return view(ctx, s.store, func(tx ports.Tx) (domain.Head, error) {
		last, err := lastSeal(ctx, tx)
		if err == nil && !isOurs(s.macs, last) {
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
	// old counts the events without evidence.
	old int
	// last is the event that was read last, in order, and ahead those that follow.
	last  domain.ID
	ahead []domain.AuditEvent
	// mentions is what those of all events come to.
	mentions total
}

// run returns the first fault. Seals that are made meanwhile are examined, too: an
// event that is read later than the seals may be under one of them, or know of it.
func (v *verifier) run(ctx context.Context) (*domain.Fault, error) {
	for first := true; ; first = false {
		before := v.chain.Last().Number
		fault, err := v.examineSeals(ctx)
		if fault != nil || err != nil {
			return fault, err
		}
		if !first && v.chain.Last().Number == before {
			break
		}
	}
	if fault := v.examineEnd(); fault != nil {
		return fault, nil
	}
	return v.examineMentions(ctx)
}

// examineSeals examines the seals after the last one and reads all events that follow.
func (v *verifier) examineSeals(ctx context.Context) (*domain.Fault, error) {
	for seal, err := range sealsOf(ctx, v.tx, v.chain.Last().Number) {
		if err != nil {
			return nil, err
		}
		if fault, err := v.readThrough(ctx, seal.Through); fault != nil || err != nil {
			return fault, err
		}
		if fault, err := v.readLate(ctx, seal); fault != nil || err != nil {
			return fault, err
		}
		if fault := v.chain.Append(seal); fault != nil {
			return fault, nil
		}
		if seal.Number == v.kept.Number && seal.Digest != v.kept.Digest {
			return &domain.Fault{Problem: domain.HeadOther, Seal: seal.Number}, nil
		}
	}
	return v.readThrough(ctx, maxID)
}

// readThrough reads the events up to the ID, in order.
func (v *verifier) readThrough(ctx context.Context, id domain.ID) (*domain.Fault, error) {
	for {
		if len(v.ahead) == 0 {
			if err := v.readAhead(ctx); err != nil || len(v.ahead) == 0 {
				return nil, err
			}
		}
		event := v.ahead[0]
		switch {
		case event.ID > id:
			return nil, nil
		case event.ID == v.last: // There is one of each only.
			return &domain.Fault{Problem: domain.EventInserted, Event: event.ID}, nil
		}
		v.last, v.ahead = event.ID, v.ahead[1:]
		v.read(event)
	}
}

// readAhead reads the events that follow the last one. It begins with that, as there
// may be two with its ID.
func (v *verifier) readAhead(ctx context.Context) error {
	page := domain.Page{After: v.last, Limit: verifyPage}
	if v.last > minID {
		page.After--
	}
	events, err := allEvents(v.tx)(ctx, page)
	if len(events) > 0 && events[0].ID == v.last {
		events = events[1:]
	}
	v.ahead = events
	return err
}

func (v *verifier) read(event domain.AuditEvent) {
	v.events++
	if event.Evidence == (domain.Evidence{}) {
		v.old++
	}
	v.chain.Read(event)
	v.count(&v.mentions, event.Mentions()...)
}

// readLate reads the events under a seal that became visible after those beside
// them were read.
func (v *verifier) readLate(ctx context.Context, seal domain.Seal) (*domain.Fault, error) {
	for _, id := range v.chain.Unread(seal) {
		events, err := allEvents(v.tx)(ctx, domain.Page{After: id - 1, Limit: 2})
		if err != nil {
			return nil, err
		}
		for i, event := range events {
			switch {
			case event.ID != id:
			case i > 0:
				return &domain.Fault{Problem: domain.EventInserted, Event: id}, nil
			default:
				v.read(event)
			}
		}
	}
	return nil, nil
}

// examineEnd examines the last seal, and what is under none.
func (v *verifier) examineEnd() *domain.Fault {
	last := v.chain.Last()
	switch {
	case last.Number < v.kept.Number:
		return &domain.Fault{Problem: domain.HeadMissing, Seal: v.kept.Number}
	case !isOurs(v.macs, last):
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

func allEvents(tx ports.Tx) readEvents {
	return func(ctx context.Context, page domain.Page) ([]domain.AuditEvent, error) {
		return tx.Audit().List(ctx, domain.AuditFilter{}, page)
	}
}

func idOfEvent(event domain.AuditEvent) domain.ID { return event.ID }

// sealsOf iterates over the seals above after; over all that there are when it is zero.
func sealsOf(ctx context.Context, tx ports.Tx, after domain.ID) iter.Seq2[domain.Seal, error] {
	if after == 0 {
		after = minID
	}
	return pages(after, func(seal domain.Seal) domain.ID { return seal.Number }, func(page domain.Page) ([]domain.Seal, error) {
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
