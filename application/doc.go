// Package application is the use-cases, one service for each aggregate. Every
// use-case reads the same way: authorize, build, transact, return. It depends on
// the domain and on port interfaces only, and any transport can drive it.
package application
