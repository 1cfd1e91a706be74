package domain

import "time"

// Stamp holds the version number of a record and the times of its creation and last change.
type Stamp struct {
	// Version is the number of the record's last version, from 1.
	Version   int
	CreatedAt time.Time
	UpdatedAt time.Time
}

func (s Stamp) stamp() Stamp { return s }

// StampOf returns the stamp of a record.
func StampOf(record Record) Stamp { return record.stamp() }

// Stamped returns the record with another stamp.
func Stamped[T Record](record T, stamp Stamp) T { return record.stamped(stamp).(T) }

// FirstVersion returns a record that is created at the given time: its version is 1.
func FirstVersion[T Record](record T, at time.Time) T {
	return Stamped(record, Stamp{Version: 1, CreatedAt: at, UpdatedAt: at})
}

// NextVersion returns a record that is changed at the given time: its version is one higher.
func NextVersion[T Record](record T, at time.Time) T {
	stamp := StampOf(record)
	stamp.Version++
	stamp.UpdatedAt = at
	return Stamped(record, stamp)
}
