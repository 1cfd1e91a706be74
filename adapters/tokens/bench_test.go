package tokens_test

import (
	"strings"
	"testing"
	"time"
)

func BenchmarkIssue(b *testing.B) {
	made := newTokens(b, secretKey)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = made.Issue(staff, issued, expires)
	}
}

func BenchmarkVerify(b *testing.B) {
	verifier := newTokens(b, secretKey)
	b.Run("first use", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = verifier.StartAfter(issued.Add(-time.Hour)).Verify(golden, now)
		}
	})
	for name, token := range map[string]string{
		"good":    golden,
		"forged":  golden[:len(golden)-1] + "h",
		"longest": strings.Repeat("A", 4096),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = verifier.Verify(token, now)
			}
		})
	}
}
