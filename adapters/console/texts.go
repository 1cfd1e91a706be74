package console

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed texts/en.txt
var englishFile string

// english are the texts of the pages. A translation is another file in the folder texts. The
// messages about bad fields come from the domain.
var english = parseTexts(englishFile)

// texts are the texts of one language by their keys. %s and %d stand for values.
type texts map[string]string

// parseTexts reads lines of the form "key = text". Blank lines and those that begin with # do
// not count.
func parseTexts(file string) texts {
	parsed := texts{}
	for line := range strings.Lines(file) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, text, found := strings.Cut(line, " = ")
		if _, twice := parsed[key]; !found || twice {
			panic("console: texts/en.txt has a bad line: " + line)
		}
		parsed[key] = text
	}
	return parsed
}

// text returns a text. A test finds keys that do not exist.
func (t texts) text(key string, arguments ...any) string {
	text, found := t[key]
	if !found {
		return key
	}
	if len(arguments) == 0 {
		return text
	}
	return fmt.Sprintf(text, arguments...)
}
