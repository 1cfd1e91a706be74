package main

import "strings"

// similarSetting returns the first setting that name looks like a misspelling of. It
// returns "" if there is none or if name is a setting itself. It skips settings that are
// set: then the similar name belongs to another program.
func similarSetting(name string, isSet func(name string) bool) string {
	similar := ""
	for setting := range settings() {
		if setting.name == name {
			return ""
		}
		if similar == "" && !isSet(setting.name) && looksLike(name, setting.name) {
			similar = setting.name
		}
	}
	return similar
}

// shortName is the length up to which names must be equal: a short name differs from many
// ordinary words by one letter only.
const shortName = 5

// looksLike reports whether name is setting in lower case, with other or no separators,
// with one typing error, or with few typing errors in each word.
func looksLike(name, setting string) bool {
	name = strings.NewReplacer("-", "_", ".", "_").Replace(strings.ToUpper(name))
	if len(setting) <= shortName || len(name) <= shortName {
		return name == setting
	}
	joined, want := strings.ReplaceAll(name, "_", ""), strings.ReplaceAll(setting, "_", "")
	if editDistance(joined, want) <= 1 {
		return true
	}
	words, wanted := strings.Split(name, "_"), strings.Split(setting, "_")
	if len(words) != len(wanted) {
		return false
	}
	for i, word := range words {
		word, want := abbreviated(singular(word)), abbreviated(singular(wanted[i]))
		if editDistance(word, want) > len(want)/4 {
			return false
		}
	}
	return true
}

// singular removes the plural ending of a word.
func singular(word string) string {
	if stem, found := strings.CutSuffix(word, "IES"); found {
		return stem + "Y"
	}
	return strings.TrimSuffix(word, "S")
}

// abbreviated returns the form of a word that the names of settings use.
func abbreviated(word string) string {
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

// editDistance returns the number of typing errors that turn a into b: a letter missing,
// added or replaced, or two neighbours swapped (the optimal string alignment distance).
func editDistance(a, b string) int {
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
