package sqlstore

import (
	"strconv"
	"strings"

	"example.com/healthcare/domain"
)

// reference is a column that refers to a record, such as "patient:5". Without a record it
// is the kind alone: "patient".
type reference string

// parse returns the reference. A text that referenceText would not write becomes a
// reference to an unknown kind with that text as its name.
func (r reference) parse() domain.Reference {
	kind, id, _ := strings.Cut(string(r), ":")
	n, _ := strconv.ParseInt(id, 10, 64)
	parsed := domain.Reference{Kind: domain.SubjectKind(kind), ID: domain.ID(n)}
	if id != "" && referenceText(parsed) != string(r) {
		return domain.Reference{Kind: domain.SubjectKind(r)}
	}
	return parsed
}

func referenceText(r domain.Reference) string { return string(r.Kind) + ":" + r.ID.String() }

// parseBlock parses a text of blockText.
func (r reference) parseBlock() (block domain.Reference, ok bool) {
	kind, number, _ := strings.Cut(string(r), "/")
	n, _ := strconv.ParseInt(number, 10, 64)
	block = domain.Reference{Kind: domain.SubjectKind(kind), ID: domain.ID(n)}
	return block, blockText(block) == string(r)
}

// blockText returns the text of a block of records, such as "patient/3". It differs from
// the text of every record.
func blockText(block domain.Reference) string { return string(block.Kind) + "/" + block.ID.String() }

// referenceList is a list of references as text: "patient:5,doctor:7".
type referenceList string

func (l referenceList) references() []domain.Reference {
	if l == "" {
		return nil
	}
	var references []domain.Reference
	for text := range strings.SplitSeq(string(l), ",") {
		references = append(references, reference(text).parse())
	}
	return references
}

func joinTexts[T any](list []T, text func(T) string) string {
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i] = text(item)
	}
	return strings.Join(texts, ",")
}
