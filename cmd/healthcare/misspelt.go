package main

import (
	"strings"
)

// misspelt returns the setting that name looks like a misspelling of, or nothing. A
// setting that is set has been found under its own name, so the other name is that of
// another program.
func misspelt(name string, isSet func(name string) bool) string {
	for field := range settings() {
		if field.name == name {
			return ""
		}
	}
	for field := range settings() {
		if !isSet(field.name) && looksLike(name, field.name) {
			return field.name
		}
	}
	return ""
}

// shortName is a name too short to be told from other words by its letters.
const shortName = 5

// looksLike reports whether a person who meant setting may have written name: in small
// letters, with other or no separators, with a slip in it, or with one in several words.
func looksLike(name, setting string) bool {
	name = strings.NewReplacer("-", "_", ".", "_").Replace(strings.ToUpper(name))
	if len(setting) <= shortName || len(name) <= shortName {
		return name == setting
	}
	joined, want := strings.ReplaceAll(name, "_", ""), strings.ReplaceAll(setting, "_", "")
	if slips(joined, want) <= 1 {
		return true
	}
	words, wanted := strings.Split(name, "_"), strings.Split(setting, "_")
	if len(words) != len(wanted) {
		return false
	}
	for i, word := range words {
		word, want := shortened(singular(word)), shortened(singular(wanted[i]))
		if slips(word, want) > len(want)/4 {
			return false
		}
	}
	return true
}

// singular returns the singular of a word as settings have them.
func singular(word string) string {
	if stem, found := strings.CutSuffix(word, "IES"); found {
		return stem + "Y"
	}
	return strings.TrimSuffix(word, "S")
}

// shortened returns how settings have a word that people also write in another form.
func shortened(word string) string {
	switch word {
	case "ADDRES": // the singular of ADDRESS
		return "ADDR"
	case "DIRECTORY":
		return "DIR"
	case "CERTIFICATE":
		return "CERT"
	case "TRUST", "ALLOW":
		return word + "ED"
	case "FMT":
		return "FORMAT"
	}
	return word
}

// slips counts the letters that were left out, added, taken for another, or exchanged
// with their neighbours, to make b of a (the optimal string alignment distance).
func slips(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			changed := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, changed)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
