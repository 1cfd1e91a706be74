// Package domain holds the clinic's entities and rules: users and their sessions,
// doctors, patients, the mappings that assign doctors to patients, the access policy,
// and the audit trail.
//
// Every value is parsed once, here, into a type that cannot hold an invalid value. All
// transports therefore accept and refuse the same input. The package imports only the
// standard library and pure value libraries. It does no I/O and never reads the clock.
//
// Good places to start reading: patient.go for an entity, input.go for how input is
// validated, policy.go for the permissions of each role, audit.go for the events of the trail.
package domain
