package passwords

import (
	"strings"

	"github.com/ccojocar/zxcvbn-go/adjacency"
	"github.com/ccojocar/zxcvbn-go/entropy"
	"github.com/ccojocar/zxcvbn-go/match"
)

// minPatternLength is the length from which keys, repetitions and sequences are a pattern.
const minPatternLength = 3

// keyboards are the names of the library's keyboards.
var keyboards = []string{"qwerty", "dvorak", "keypad", "macKeypad"}

// matchKeys finds characters whose keys are next to each other on a keyboard.
func matchKeys(text string) (found []match.Match) {
	for _, name := range keyboards {
		keyboard := adjacency.GraphMap[name]
		for i, j := 0, 0; i < len(text); i = j {
			turns, shifted, direction := 0, 0, -1
			for j = i + 1; j < len(text); j++ {
				next, shift := nextKey(keyboard, text[j-1], text[j])
				if next < 0 {
					break
				}
				if next != direction { // The first key counts as a turn.
					turns, direction = turns+1, next
				}
				if shift {
					shifted++
				}
			}
			if j-i >= minPatternLength {
				m := match.Match{Pattern: "spatial", I: i, J: j - 1, Token: text[i:j], DictionaryName: keyboard.Name}
				m.Entropy = entropy.SpatialEntropy(m, turns, shifted)
				found = append(found, m)
			}
		}
	}
	return found
}

// nextKey returns the direction from one key to the other, -1 if they are not next to each
// other, and whether the second character needs Shift.
func nextKey(keyboard adjacency.Graph, from, to byte) (direction int, shift bool) {
	for direction, key := range keyboard.Graph[string(from)] {
		// A key is its character without Shift and the one with it.
		if at := strings.IndexByte(key, to); at >= 0 {
			return direction, at == 1
		}
	}
	return -1, false
}

// matchRepetitions finds repetitions of one character, in any letter case.
func matchRepetitions(text string) (found []match.Match) {
	for i, j := 0, 0; i < len(text); i = j {
		for j = i + 1; j < len(text) && strings.EqualFold(text[j:j+1], text[i:i+1]); j++ {
		}
		if j-i >= minPatternLength {
			m := match.Match{Pattern: "repeat", I: i, J: j - 1, Token: text[i:j]}
			m.Entropy = entropy.RepeatEntropy(m)
			found = append(found, m)
		}
	}
	return found
}

// matchSequences finds letters in the order of the alphabet, and digits in theirs, upwards
// and downwards.
func matchSequences(text string) (found []match.Match) {
	for i, j := 0, 0; i < len(text); i = j {
		first := 0
		for j = i + 1; j < len(text); j++ {
			step := step(text[j-1], text[j])
			if step == 0 || first != 0 && step != first {
				break
			}
			first = step
		}
		if j-i >= minPatternLength {
			m := match.Match{Pattern: "sequence", I: i, J: j - 1, Token: text[i:j]}
			alphabet := 26
			if text[i] <= '9' {
				alphabet = 10
			}
			m.Entropy = entropy.SequenceEntropy(m, alphabet, first == 1)
			found = append(found, m)
		}
	}
	return found
}

// step returns 1 if b is the letter or digit after a, -1 if it is the one before, else 0.
func step(a, b byte) int {
	difference := int(b) - int(a)
	if isLetterOrDigit(a) && isLetterOrDigit(b) && (difference == 1 || difference == -1) {
		return difference
	}
	return 0
}

func isLetterOrDigit(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
