package application

import "example.com/healthcare/domain"

// PreconditionRule says whether a change or deletion of one record or account needs a
// domain.Precondition.
type PreconditionRule bool

// The rules. With PreconditionsRequired, nobody overwrites by accident what another user has
// changed since it was read.
const (
	PreconditionsOptional PreconditionRule = false
	PreconditionsRequired PreconditionRule = true
)

// missing returns an error if the rule requires a precondition and there is none.
func (r PreconditionRule) missing(expected domain.Precondition) error {
	if r == PreconditionsRequired && expected.IsZero() {
		return domain.ErrPreconditionRequired()
	}
	return nil
}
