package sqlstore

import (
	"strconv"
	"strings"

	"example.com/healthcare/domain"
)

// reference is a record as one column: "patient:5", or "patient" for none.
type reference string

// parse returns the reference. What is not written as here becomes one of a kind
// that there is not, which is written like it.
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

// parseBlock returns the block that is written as blockText writes it.
func (r reference) parseBlock() (block domain.Reference, ok bool) {
	kind, number, _ := strings.Cut(string(r), "/")
	n, _ := strconv.ParseInt(number, 10, 64)
	block = domain.Reference{Kind: domain.SubjectKind(kind), ID: domain.ID(n)}
	return block, blockText(block) == string(r)
}

// blockText is a block of records as one column: "patient/3". No record is written so.
func blockText(block domain.Reference) string { return string(block.Kind) + "/" + block.ID.String() }

// referenceList is references as one text: "patient:5,doctor:7".
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
