package httpapi

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// versionView shows a version without the record.
type versionView struct {
	Version int    `json:"version"`
	At      string `json:"at"`
	// By is null for a record from before the history began.
	By      *authorView    `json:"by"`
	Change  domain.Change  `json:"change"`
	With    *referenceView `json:"with,omitzero"`
	Changed []changeView   `json:"changed"`
}

// authorView shows who made a version. User is null for an operator.
type authorView struct {
	User *domain.ID  `json:"user"`
	Role domain.Role `json:"role"`
}

// changeView shows the value of a field before and after a change. A field that is not set
// is null.
type changeView struct{ domain.FieldChange }

// MarshalJSONTo implements json.MarshalerTo.
func (c changeView) MarshalJSONTo(encoder *jsontext.Encoder) error {
	return object{{Name: "field", Value: c.Name}, {Name: "before", Value: c.Before}, {Name: "after", Value: c.After}}.MarshalJSONTo(encoder)
}

// snapshotView shows a version with the record as it was then.
type snapshotView struct {
	versionView
	Record recordView `json:"record"`
}

func showVersion[T domain.Record](revision domain.VersionView[T]) versionView {
	view := versionView{
		Version: revision.Number,
		At:      showInstant(revision.At),
		Change:  revision.Change,
		With:    showReference(revision.Cause),
		Changed: []changeView{},
	}
	if revision.Author.Role != domain.Anonymous {
		view.By = &authorView{User: nullIfZero(revision.Author.UserID), Role: revision.Author.Role}
	}
	for _, change := range revision.Changes() {
		view.Changed = append(view.Changed, changeView{change})
	}
	return view
}

func showSnapshot[T domain.Record](revision domain.VersionView[T]) snapshotView {
	return snapshotView{showVersion(revision), showRecord(revision.Record)}
}

func showReference(reference domain.Reference) *referenceView {
	if reference.ID == 0 {
		return nil
	}
	return &referenceView{Kind: reference.Kind, ID: &reference.ID}
}

// getVersion answers with one version of a record. The record's id and the version's number
// are in the path.
func getVersion[T domain.Record](do func(context.Context, domain.Actor, domain.ID, domain.ID) (domain.VersionView[T], error)) handler {
	return func(c echo.Context, actor domain.Actor) error {
		version, err := pathNumber(c, "version")
		if err != nil {
			return err
		}
		return callByID(func(ctx context.Context, actor domain.Actor, id domain.ID) (domain.VersionView[T], error) {
			return do(ctx, actor, id, version)
		}, showSnapshot[T])(c, actor)
	}
}
