package application

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Once makes a write happen once, however often a client sends it. The zero Once belongs to a
// write that the client does not repeat.
type Once struct {
	// Key is the client's name for this write. A second call by the same user with the same
	// key and input changes nothing and returns what the first one returned, for 24 hours. If
	// the input differs, the error is KeyReused. If a record was deleted since, it is
	// NotFound. A call that fails is not remembered.
	Key domain.IdempotencyKey
	// Replayed is called when the result is that of an earlier call. It can be nil.
	Replayed func()
}

// onceWrite is a write that runOnce runs.
type onceWrite[T any] struct {
	// operation is the name of the use-case within the kind of record.
	operation string
	// content returns the hash of the input (see contentOf).
	content func(domain.RequestID) domain.Hash
	do      func(context.Context, ports.Tx, *pendingEvent) (T, error)
	// kinds are the kinds of the versions that replay needs, besides that of the call.
	kinds []domain.SubjectKind
	// replay returns the result of do again, from the versions that do has added. It sets the
	// subject of the event. The error is NotFound if a record of the result was deleted since.
	replay func(context.Context, ports.Tx, *pendingEvent, []domain.VersionName) (T, error)
}

// contentOf returns the content of a write with these inputs.
func contentOf[In any](inputs ...In) func(domain.RequestID) domain.Hash {
	return func(id domain.RequestID) domain.Hash { return domain.ContentHash(id, inputs...) }
}

// runOnce is runUpdate for a write that is done once per key. The key is kept in the Update of
// the write. A replay has an event of its own, with the kind's permission Replay.
func runOnce[T any](ctx context.Context, trail *Trail, macs ports.RequestMACs, c call, once Once, write onceWrite[T]) (T, error) {
	if once.Key.IsZero() {
		return runUpdate(ctx, trail, c, write.do)
	}
	id := domain.NewRequestID(c.actor.UserID, c.kind, write.operation, c.id, once.Key)
	content := write.content(id)
	replayed := false
	result, err := runUpdate(ctx, trail, c, func(ctx context.Context, tx ports.Tx, event *pendingEvent) (T, error) {
		kept, err := tx.IdempotencyKeys().Get(ctx, id, event.At)
		replayed = err == nil
		var zero T
		switch {
		case domain.KindOf(err) == domain.NotFound:
			result, err := write.do(ctx, tx, event)
			if err != nil {
				return zero, err
			}
			return result, tx.IdempotencyKeys().Save(ctx, id, domain.KeptRequest{
				Content: macs.Sum(content), Versions: write.versions(event), Expires: event.At.Add(domain.IdempotencyKeyLifetime),
			}, event.At)
		case err != nil:
			return zero, err
		case !macs.Verify(content, kept.Content):
			return zero, domain.ErrIdempotencyKeyReused()
		}
		event.Action = domain.RecordKindOf(c.kind).Replay
		if err := domain.Authorize(c.actor, event.Action); err != nil {
			return zero, err
		}
		result, err := write.replay(ctx, tx, event, kept.Versions)
		if domain.KindOf(err) == domain.NotFound {
			return zero, commitAndRefuse(err) // The event must name the record.
		}
		return result, err
	})
	if err == nil && replayed {
		trail.observed.recordReplay()
		if once.Replayed != nil {
			once.Replayed()
		}
	}
	return result, err
}

// versions returns the names of the versions that the change of the event has added, as far as
// replay needs them.
func (w onceWrite[T]) versions(event *pendingEvent) (names []domain.VersionName) {
	for _, added := range event.Commitments {
		if kind := added.Record.Kind; kind == event.Subject.Kind || slices.Contains(w.kinds, kind) {
			names = append(names, added.VersionName)
		}
	}
	return names
}

// replayOne is the replay of a write whose result is one record.
func (r versionedRecords[T]) replayOne(ctx context.Context, tx ports.Tx, event *pendingEvent, names []domain.VersionName) (T, error) {
	event.Subject.ID = names[0].Record.ID
	records, err := r.replay(ctx, tx, event, names)
	if err != nil {
		var zero T
		return zero, err
	}
	return records[0], nil
}

// replay returns the records of this kind as they were in the given versions. The error is
// NotFound if one of them was deleted since.
func (r versionedRecords[T]) replay(ctx context.Context, tx ports.Tx, event *pendingEvent, names []domain.VersionName) ([]T, error) {
	versions, err := r.readVersions(ctx, tx, names)
	if err != nil {
		return nil, err
	}
	records, ids := make([]T, len(versions)), make([]domain.ID, len(versions))
	for i, version := range versions {
		records[i], ids[i] = version.Record, version.Record.Self().ID
		event.addRelated(version.Record.Parents()...)
	}
	live, err := r.repository(tx).ExistingIDs(ctx, ids...)
	if err == nil && len(live) < len(ids) {
		err = domain.ErrNotFound()
	}
	return records, err
}

// readVersions returns those of the versions that belong to records of this kind. The error is
// NotFound if one of them was purged.
func (r versionedRecords[T]) readVersions(ctx context.Context, tx ports.Tx, names []domain.VersionName) ([]domain.Version[T], error) {
	var versions []domain.Version[T]
	for _, name := range names {
		if name.Record.Kind != r.Kind {
			continue
		}
		found, err := r.history(tx).List(ctx, name.Record.ID, domain.Page{After: domain.ID(name.Number - 1), Limit: 1})
		if err == nil && (len(found) == 0 || found[0].Number != name.Number) {
			err = domain.ErrNotFound()
		}
		if err != nil {
			return nil, err
		}
		versions = append(versions, found[0])
	}
	return versions, nil
}
