package main_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheEnvironmentDecidesAboutGarbageCollection(t *testing.T) {
	for name, tt := range map[string]struct {
		env  []string
		want string
	}{
		// A container or unit in which the tests run can have any limit.
		"neither is set":        {nil, `msg="garbage collection" gogc=200 gomemlimit=\d+MiB\n`},
		"both are set":          {[]string{"GOGC=70", "GOMEMLIMIT=300MiB"}, `msg="garbage collection" gogc=70 gomemlimit=300MiB\n`},
		"both are off":          {[]string{"GOGC=off", "GOMEMLIMIT=off"}, `msg="garbage collection" gogc=off gomemlimit=off\n`},
		"empty counts as unset": {[]string{"GOGC=", "GOMEMLIMIT="}, `msg="garbage collection" gogc=200 gomemlimit=\d+MiB\n`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, append(engines["embedded"](t), tt.env...))
			s.stop()
			assert.Regexp(t, tt.want, s.log.String())
		})
	}
}
