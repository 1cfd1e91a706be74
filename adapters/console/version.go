package console

import (
	"slices"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// versionPage shows a whole record as it was after a change.
type versionPage struct {
	shownVersion
	// History is the address of all versions.
	History string
	Fields  []shownField
}

// shownField is a field of a record.
type shownField struct {
	Label string
	Value shownValue
}

// showVersion shows the version in the path.
func showVersion[T domain.Record](p *page, history *application.History[T]) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	number, err := p.id("version")
	if err != nil {
		return err
	}
	if err := p.reserveTexts(1); err != nil {
		return err
	}
	version, err := history.GetVersion(p.ctx(), p.actor, id, number)
	if err != nil {
		return err
	}
	names, err := namesIn(p, []domain.VersionView[T]{version})
	if err != nil {
		return err
	}
	content := versionPage{shownVersion: newShownVersion(p, version, names), History: p.link(historyPaths[version.Record.Self().Kind], id)}
	for _, field := range version.Record.Fields() {
		content.Fields = append(content.Fields, shownField{p.fieldLabel(field.Name), p.shownValue(names, field.Name, field.Value)})
	}
	return p.show("version", p.T("history.version_title", p.recordTitle(version.Record), version.Number), content)
}

// newShownVersion returns the change that has made a version, without the fields.
func newShownVersion[T domain.Record](p *page, version domain.VersionView[T], names recordNames) shownVersion {
	return shownVersion{
		Number: version.Number, At: version.At, What: p.changeName(version.Change, version.Cause),
		Who:   p.whoDid(names.users, version.Author.UserID, version.Author.Role),
		First: version.Before == nil, Found: version.Change == domain.Found,
	}
}

// inOrder returns the changes in the order in which the record has its fields.
func inOrder(changes []domain.FieldChange, fields []domain.Field) []domain.FieldChange {
	position := func(name string) int {
		return slices.IndexFunc(fields, func(field domain.Field) bool { return field.Name == name })
	}
	slices.SortStableFunc(changes, func(a, b domain.FieldChange) int { return position(a.Name) - position(b.Name) })
	return changes
}
