package recordfiles

import "strings"

// formulaStarts are the characters at which a spreadsheet starts to read a cell as a
// formula, in half and full width.
const formulaStarts = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"

// GuardFormula puts a ' before a text that a spreadsheet would run as a formula. It also puts
// one before a text that begins with ' characters and a formula, so that UnguardFormula can
// restore every text. Other texts stay as they are: "'t Hooft", for example.
func GuardFormula(text string) string {
	if isFormula(text) {
		return "'" + text
	}
	return text
}

// UnguardFormula returns the text that GuardFormula was called with.
func UnguardFormula(cell string) string {
	if text, guarded := strings.CutPrefix(cell, "'"); guarded && isFormula(text) {
		return text
	}
	return cell
}

// isFormula reports whether the text begins with any number of ' and a formula.
func isFormula(text string) bool {
	return strings.IndexAny(strings.TrimLeft(text, "'"), formulaStarts) == 0
}
