package console

import (
	"time"

	"example.com/healthcare/domain"
)

// trailState is what an administrator should know about the audit trail as a whole. Template
// "trail-warnings" shows the warnings.
type trailState struct {
	// Sealed says when the trail was last sealed, as far as this instance knows.
	Sealed string
	// Head identifies the last seal, empty if there is none. Whoever keeps a copy elsewhere can
	// prove later that the events before it were not changed.
	Head string
	// Warnings are what somebody must look into.
	Warnings []string
}

// sealOverdue is the age of the last seal after which something is wrong: the service seals the
// trail every few seconds.
const sealOverdue = 2 * time.Minute

// trailState returns the state of the trail. The caller must have the permission to read it.
func (p *page) trailState() (trailState, error) {
	head, ours, err := p.Trail.LastSeal(p.ctx())
	if err != nil {
		return trailState{}, err
	}
	stats := p.Trail.Stats()
	state := trailState{Sealed: p.T("trail.sealed_now")}
	if stats.SealAge >= time.Minute {
		state.Sealed = p.T("trail.sealed", p.locale.Number(minutes(stats.SealAge)))
	}
	if stats.SealAge > sealOverdue {
		state.Warnings = append(state.Warnings, p.T("trail.overdue"))
	}
	if head == (domain.Head{}) {
		state.Sealed = p.T("trail.unsealed")
	} else {
		state.Head = head.String()
	}
	if !ours {
		state.Warnings = append(state.Warnings, p.T("trail.foreign_key"))
	}
	if stats.Foreign > 0 {
		state.Warnings = append(state.Warnings, p.T("trail.foreign", p.locale.Number(stats.Foreign)))
	}
	if stats.Lost > 0 {
		state.Warnings = append(state.Warnings, p.T("trail.lost", p.locale.Number(int(min(stats.Lost, 1<<31)))))
	}
	return state, nil
}
