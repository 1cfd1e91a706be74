// Package application is the use-cases, one service for each aggregate. New builds all of
// them from ports and rules.
//
// A use-case reads top to bottom in one place: first the attempt (who, which permission,
// which records), which is what its event will say, then what is done. The runners in
// usecase.go authorize the attempt, run it, and account for it. The package depends on the
// domain and on port interfaces only, and any transport can drive it.
package application
