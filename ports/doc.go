// Package ports declares, as interfaces, everything that the use-cases need from
// outside: the store, password hashing, tokens, one-time codes, the clock.
//
// The doc comments are promises. Package portstest checks those of Store and its
// repositories for every implementation.
package ports
