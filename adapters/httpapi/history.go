package httpapi

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// versionView is a version without the record itself. View is what the record is
// shown as.
type versionView[View any] struct {
	Version int    `json:"version"`
	At      string `json:"at"`
	// By is null for what was found.
	By      *authorView      `json:"by"`
	Change  domain.Change    `json:"change"`
	With    *recordView      `json:"with,omitzero"`
	Changed difference[View] `json:"changed"`
}

// authorView has no user for an operator.
type authorView struct {
	User *domain.ID  `json:"user"`
	Role domain.Role `json:"role"`
}

// snapshotView is a version with the record as it was.
type snapshotView[View any] struct {
	versionView[View]
	Record View `json:"record"`
}

func showVersion[T, View any](show func(T) View) func(domain.Revision[T]) versionView[View] {
	return func(revision domain.Revision[T]) versionView[View] {
		view := versionView[View]{
			Version: revision.Number,
			At:      showInstant(revision.At),
			Change:  revision.Change,
			With:    showReference(revision.With),
			Changed: difference[View]{after: show(revision.Record)},
		}
		if revision.By.Role != domain.Anonymous {
			view.By = &authorView{User: nullIfZero(revision.By.UserID), Role: revision.By.Role}
		}
		if revision.Before != nil {
			before := show(*revision.Before)
			view.Changed.before = &before
		}
		return view
	}
}

func showSnapshot[T, View any](show func(T) View) func(domain.Revision[T]) snapshotView[View] {
	return func(revision domain.Revision[T]) snapshotView[View] {
		return snapshotView[View]{showVersion(show)(revision), show(revision.Record)}
	}
}

func showReference(reference domain.Reference) *recordView {
	if reference.ID == 0 {
		return nil
	}
	return &recordView{Kind: reference.Kind, ID: &reference.ID}
}

// difference is the members of a record that are not as they were before, or all
// of them where there is no before. What the caller may not see is in neither
// view, and so not here.
type difference[View any] struct {
	before *View
	after  View
}

// changeView has what a member of the record was and is, as JSON; null for none.
type changeView struct {
	Field  string         `json:"field"`
	Before jsontext.Value `json:"before"`
	After  jsontext.Value `json:"after"`
}

// MarshalJSON writes an array in the order of the members' names.
func (d difference[View]) MarshalJSON() ([]byte, error) {
	after, err := members(&d.after)
	if err != nil {
		return nil, err
	}
	before, err := members(d.before)
	if err != nil {
		return nil, err
	}
	names := maps.Clone(before)
	maps.Copy(names, after)
	delete(names, "id")
	changes := []changeView{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !bytes.Equal(before[name], after[name]) {
			changes = append(changes, changeView{name, before[name], after[name]})
		}
	}
	return json.Marshal(changes)
}

// members are those of the view's JSON; none if it is nil.
func members[View any](view *View) (map[string]jsontext.Value, error) {
	members := map[string]jsontext.Value{}
	if view == nil {
		return members, nil
	}
	text, err := json.Marshal(view)
	if err != nil {
		return nil, err
	}
	return members, json.Unmarshal(text, &members)
}

// getVersion answers with one version, whose number is in the path, of the record
// whose id is there.
func getVersion[T, View any](do func(context.Context, domain.Actor, domain.ID, domain.ID) (domain.Revision[T], error),
	show func(T) View,
) handler {
	return func(c echo.Context, actor domain.Actor) error {
		version, err := pathNumber(c, "version")
		if err != nil {
			return err
		}
		return get(func(ctx context.Context, actor domain.Actor, id domain.ID) (domain.Revision[T], error) {
			return do(ctx, actor, id, version)
		}, showSnapshot(show))(c, actor)
	}
}
