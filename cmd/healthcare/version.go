package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker. See the Makefile.
var version string

type versionCommand struct{}

// Run prints the version, and the Go version and the platform of the build.
func (versionCommand) Run(p process) error {
	_, err := fmt.Fprintf(p.out, "healthcare %s %s %s/%s\n", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "(unknown)"
}
