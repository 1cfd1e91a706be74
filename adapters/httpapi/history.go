package httpapi

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"example.com/healthcare/domain"
)

// versionView is a version without the record itself.
type versionView struct {
	Version int    `json:"version"`
	At      string `json:"at"`
	// By is null for what was found.
	By      *authorView    `json:"by"`
	Change  domain.Change  `json:"change"`
	With    *referenceView `json:"with,omitzero"`
	Changed []changeView   `json:"changed"`
}

// authorView has no user for an operator.
type authorView struct {
	User *domain.ID  `json:"user"`
	Role domain.Role `json:"role"`
}

// changeView is what a field of the record was and is; null for a field that is not set.
type changeView struct{ domain.FieldChange }

// MarshalJSONTo implements json.MarshalerTo.
func (c changeView) MarshalJSONTo(encoder *jsontext.Encoder) error {
	return object{{"field", c.Name}, {"before", c.Before}, {"after", c.After}}.MarshalJSONTo(encoder)
}

// snapshotView is a version with the record as it was.
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

// getVersion answers with one version, whose number is in the path, of the record
// whose id is there.
func getVersion[T domain.Record](do func(context.Context, domain.Actor, domain.ID, domain.ID) (domain.VersionView[T], error)) handler {
	return func(c echo.Context, actor domain.Actor) error {
		version, err := pathNumber(c, "version")
		if err != nil {
			return err
		}
		return get(func(ctx context.Context, actor domain.Actor, id domain.ID) (domain.VersionView[T], error) {
			return do(ctx, actor, id, version)
		}, showSnapshot[T])(c, actor)
	}
}
