package domain_test

import (
	"encoding/hex"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
)

var sealedAt = time.Date(2024, time.February, 29, 23, 59, 58, 123456000, time.UTC)

// hashOf returns a hash in which all bytes are b.
func hashOf(b byte) domain.Hash { return domain.Hash([]byte(strings.Repeat(string(rune(b)), 32))) }

// Later releases verify stored seals, so these digests must never change.
func TestSealsDoNotChangeBetweenReleases(t *testing.T) {
	// The digests were computed with Python's hashlib.
	first := domain.Seal{}.Next([]domain.EventDigest{{ID: 2, Hash: hashOf(1)}, {ID: 300, Hash: hashOf(2)}}, sealedAt)
	assert.Equal(t, domain.Seal{
		Number: 1, At: sealedAt, Through: 300,
		Events:  []domain.SealedEvent{{ID: 2, Tag: [4]byte{1, 1, 1, 1}}, {ID: 300, Tag: [4]byte{2, 2, 2, 2}}},
		Missing: []domain.Gap{{From: 1, To: 1, Since: sealedAt}, {From: 3, To: 299, Since: sealedAt}},
		Digest:  first.Digest,
	}, first)
	assert.Equal(t, "b084544d99513aa122c81d69e3f3d965e98b4386e4e7e5900eb3979f3538e348", hex.EncodeToString(first.Digest[:]))

	first.MAC = domain.MAC([]byte(strings.Repeat("\x09", 16)))
	second := first.Next([]domain.EventDigest{{ID: 7, Hash: hashOf(3)}}, sealedAt.Add(time.Second))
	assert.Equal(t, domain.Seal{
		Number: 2, At: sealedAt.Add(time.Second), Through: 300,
		Events:  []domain.SealedEvent{{ID: 7, Tag: [4]byte{3, 3, 3, 3}}},
		Missing: []domain.Gap{{From: 1, To: 1, Since: sealedAt}, {From: 3, To: 6, Since: sealedAt}, {From: 8, To: 299, Since: sealedAt}},
		Digest:  second.Digest,
	}, second)
	assert.Equal(t, "5f85b8f4de7f883748be3fb845d1aaf028f056c22ed7a17fa554cbfc9d711826", hex.EncodeToString(second.Digest[:]))
}

// awaiting models the coverage of seals, one ID at a time.
type awaiting struct {
	through domain.ID
	missing map[domain.ID]time.Time
}

func (a *awaiting) awaits(id domain.ID) bool {
	_, missing := a.missing[id]
	return missing || id > a.through
}

func (a *awaiting) seal(ids []domain.ID, now time.Time) {
	for id, since := range a.missing {
		if slices.Contains(ids, id) || now.Sub(since) >= domain.MaxLateness {
			delete(a.missing, id)
		}
	}
	for ; len(ids) > 0 && a.through < ids[len(ids)-1]; a.through++ {
		if id := a.through + 1; !slices.Contains(ids, id) {
			a.missing[id] = now
		}
	}
}

// missingIn returns every ID in the gaps of a seal, and checks that each occurs once and
// in order.
func missingIn(t *rapid.T, seal domain.Seal) map[domain.ID]time.Time {
	missing, last := map[domain.ID]time.Time{}, domain.ID(0)
	for _, gap := range seal.Missing {
		require.Greater(t, gap.From, last)
		require.GreaterOrEqual(t, gap.To, gap.From)
		for last = gap.From; last < gap.To; last++ {
			missing[last] = gap.Since
		}
		missing[last] = gap.Since
	}
	return missing
}

func TestSealsCoverEachEventOnceInAnyOrderOfAppearance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		visible := drawAppearance(t)
		seal, model, now := domain.Seal{}, awaiting{missing: map[domain.ID]time.Time{}}, sealedAt
		sealed, open := map[domain.ID]bool{}, map[domain.ID]bool{}
		for len(visible) > 0 || len(open) > 0 {
			for range min(rapid.IntRange(0, 6).Draw(t, "appearing"), len(visible)) {
				open[visible[0]], visible = true, visible[1:]
			}
			var sightings []domain.EventDigest
			var ids []domain.ID
			for _, id := range slices.Sorted(maps.Keys(open)) {
				require.Equal(t, model.awaits(id), seal.Awaits(id), "%d", id)
				switch {
				case !model.awaits(id):
					delete(open, id) // The event can no longer be sealed.
				case rapid.IntRange(0, 9).Draw(t, "left for the next") > 0:
					ids, sightings = append(ids, id), append(sightings, domain.EventDigest{ID: id, Hash: domain.Hash{byte(id)}})
				}
			}
			next := seal.WithoutGaps(tooOldAt(now)).Next(sightings, now)
			model.seal(ids, now)
			require.Equal(t, model.missing, missingIn(t, next))
			require.Equal(t, model.through, next.Through)
			require.Equal(t, seal.Number+1, next.Number)
			require.Equal(t, now, next.At)
			require.True(t, next.Follows(seal, sightings))
			require.Len(t, next.Events, len(ids))
			for i, event := range next.Events {
				require.Equal(t, domain.SealedEvent{ID: ids[i], Tag: [4]byte{byte(ids[i])}}, event)
				require.False(t, sealed[event.ID], "%d is under two seals", event.ID)
				require.False(t, next.Awaits(event.ID))
				sealed[event.ID] = true
				delete(open, event.ID)
			}
			seal = next
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "a third of the lateness")) * domain.MaxLateness / 3)
		}
	})
}

// drawAppearance returns the IDs of events in the order in which they become visible.
func drawAppearance(t *rapid.T) []domain.ID {
	var ids []domain.ID
	for id := range domain.ID(rapid.IntRange(0, 40).Draw(t, "IDs")) {
		if rapid.IntRange(0, 4).Draw(t, "rolled back") > 0 {
			ids = append(ids, id+1)
		}
	}
	lateness := rapid.IntRange(0, 10).Draw(t, "disorder")
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	rank := map[domain.ID]int{}
	for i, id := range ids {
		rank[id] = i + random.IntN(lateness+1)
	}
	slices.SortStableFunc(ids, func(a, b domain.ID) int { return rank[a] - rank[b] })
	return ids
}

// tooOldAt returns the overdue function of a sealer whose clock is right.
func tooOldAt(now time.Time) func(domain.Gap) bool {
	return func(gap domain.Gap) bool { return now.Sub(gap.Since) >= domain.MaxLateness }
}

func TestASealAwaitsAnEventUntilItsGapIsDropped(t *testing.T) {
	one := func(id domain.ID) []domain.EventDigest { return []domain.EventDigest{{ID: id}} }
	seal := domain.Seal{}.Next(one(3), sealedAt)
	justInTime := seal.Next(one(4), sealedAt.Add(time.Hour))
	assert.True(t, justInTime.Awaits(2), "at any time")
	givingUp := seal.WithoutGaps(func(gap domain.Gap) bool { return gap == seal.Missing[0] })
	assert.True(t, seal.Awaits(2), "the seal itself is unchanged")
	tooLate := givingUp.Next(one(4), sealedAt)
	assert.False(t, tooLate.Awaits(2))
	assert.Empty(t, tooLate.Missing)
	last := givingUp.Next(one(2), sealedAt)
	assert.Equal(t, []domain.SealedEvent{{ID: 2}}, last.Events, "an event that appears before its gap is dropped is covered")
	assert.False(t, last.Awaits(1))
}

func TestASealFollowsExactlyOneSealAndOneSetOfEvents(t *testing.T) {
	events := []domain.EventDigest{{ID: 2, Hash: hashOf(1)}, {ID: 5, Hash: hashOf(2)}}
	first := domain.Seal{}.Next([]domain.EventDigest{{ID: 1, Hash: hashOf(9)}}, sealedAt)
	first.MAC = domain.MAC{7}
	second := first.Next(events, sealedAt)
	require.True(t, second.Follows(first, events))

	for name, change := range map[string]func(last, seal *domain.Seal, events []domain.EventDigest){
		"another number":      func(_, seal *domain.Seal, _ []domain.EventDigest) { seal.Number++ },
		"both numbers":        func(last, seal *domain.Seal, _ []domain.EventDigest) { last.Number++; seal.Number++ },
		"another time":        func(_, seal *domain.Seal, _ []domain.EventDigest) { seal.At = seal.At.Add(time.Microsecond) },
		"another end":         func(_, seal *domain.Seal, _ []domain.EventDigest) { seal.Through++ },
		"no gaps":             func(_, seal *domain.Seal, _ []domain.EventDigest) { seal.Missing = nil },
		"another gap":         func(_, seal *domain.Seal, _ []domain.EventDigest) { seal.Missing[0].From-- },
		"a longer gap":        func(_, seal *domain.Seal, _ []domain.EventDigest) { seal.Missing[0].To++ },
		"a younger gap":       func(_, seal *domain.Seal, _ []domain.EventDigest) { seal.Missing[0].Since = sealedAt.Add(time.Hour) },
		"another digest":      func(_, seal *domain.Seal, _ []domain.EventDigest) { seal.Digest[31]++ },
		"another seal before": func(last, _ *domain.Seal, _ []domain.EventDigest) { last.Digest[31]++ },
		"another MAC before":  func(last, _ *domain.Seal, _ []domain.EventDigest) { last.MAC[15]++ },
		"another event":       func(_, _ *domain.Seal, events []domain.EventDigest) { events[0].ID-- },
		"a changed event":     func(_, _ *domain.Seal, events []domain.EventDigest) { events[1].Hash[31]++ },
		"events that swapped": func(_, _ *domain.Seal, events []domain.EventDigest) {
			events[0].Hash, events[1].Hash = events[1].Hash, events[0].Hash
		},
		"events out of order": func(_, _ *domain.Seal, events []domain.EventDigest) { slices.Reverse(events) },
	} {
		last, seal, events := first, second, slices.Clone(events)
		seal.Missing = slices.Clone(seal.Missing)
		change(&last, &seal, events)
		assert.False(t, seal.Follows(last, events), name)
	}
	assert.False(t, second.Follows(first, events[:1]))
	assert.False(t, second.Follows(domain.Seal{}, events))
}

func TestParseHead(t *testing.T) {
	digest := strings.Repeat("0123456789abcdef", 4)
	head, err := domain.ParseHead("12:" + digest)
	require.NoError(t, err)
	assert.Equal(t, domain.ID(12), head.Number)
	assert.Equal(t, "12:"+digest, head.String())
	seal := domain.Seal{Number: 1<<63 - 1, Digest: hashOf(3)}
	head, err = domain.ParseHead(seal.Head().String())
	require.NoError(t, err)
	assert.Equal(t, domain.Head{Number: seal.Number, Digest: seal.Digest}, head)

	for _, text := range []string{
		"", ":", "12", "12:", ":" + digest, "12:" + digest[1:], "12:" + digest + "00", "12:" + digest[1:] + "g", "12 " + digest,
		"x:" + digest, "-1:" + digest, "0:" + digest, "1.5:" + digest, "9223372036854775808:" + digest, "12:" + digest + ":", digest,
	} {
		head, err := domain.ParseHead(text)
		assert.EqualError(t, err, "A head is a number, a colon and 64 hexadecimal digits, as `audit head` prints it.", text)
		assert.Equal(t, domain.Invalid, domain.KindOf(err), text)
		assert.Zero(t, head, text)
	}
}
