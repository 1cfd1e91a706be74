// Package domain is what is true of a clinic's records whatever the technology:
// users and their sessions, doctors, patients, who is assigned to whom, and who
// may do what.
//
// Values are parsed once, here, into types that cannot hold a bad value, so
// that every transport refuses the same input. The package imports the standard
// library and pure value libraries only; it does no I/O and reads no clock.
package domain
