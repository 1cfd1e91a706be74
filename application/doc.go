// Package application contains the use-cases, one service for each aggregate. New builds all
// services from ports and rules.
//
// A use-case is one method that reads top to bottom. It describes its call (actor, permission,
// subject) and passes it, with the function that does the work, to runUseCase, runView or
// runUpdate in usecase.go. These authorize the call, run the function and record the audit
// event. The package depends only on the domain and on port interfaces, so any transport can
// drive it.
package application
