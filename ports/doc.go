// Package ports is what the use-cases need from outside, as interfaces. The
// promises in the doc comments are checked for every store by the suite in
// package portstest.
package ports
