// Package check has tests only: they read the Dockerfile and compose.yaml with the libraries that Docker
// itself uses. No container is built or started.
package check
