package passwords

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/ccojocar/zxcvbn-go/data"
	"github.com/ccojocar/zxcvbn-go/entropy"
	"github.com/ccojocar/zxcvbn-go/match"
)

// wordLists are the lists of the library, each with the most common word first.
var wordLists = []string{"Passwords", "English", "FemaleNames", "MaleNames", "Surnames"}

// commonWords returns the rank of each common word, 1 for the most common one. A word of
// several lists has its lowest rank. The 94,000 words take 50 ms and 6 MiB, so they are read
// when the first password is judged: most commands, and most starts, never need them.
var commonWords = sync.OnceValue(func() map[string]int {
	words := map[string]int{}
	for _, name := range wordLists {
		text, err := data.Asset("data/" + name + ".json")
		var content struct{ List []string }
		if err == nil {
			err = json.Unmarshal(text, &content)
		}
		if err != nil {
			panic(fmt.Sprintf("passwords: the list %s of the library: %v", name, err)) // It is part of the program.
		}
		addRanks(words, content.List)
	}
	return words
})

// addRanks adds words with their positions in the list, which begin at 1.
func addRanks(ranks map[string]int, words []string) {
	for i, word := range words {
		word = strings.ToLower(word)
		if rank, found := ranks[word]; !found || i+1 < rank {
			ranks[word] = i + 1
		}
	}
}

// matchWords finds the words of ranks in text, in any letter case.
func matchWords(text string, ranks map[string]int) (found []match.Match) {
	lower := strings.ToLower(text)
	for i := range lower {
		for j := i; j < len(lower); j++ {
			if rank, known := ranks[lower[i:j+1]]; known {
				m := match.Match{Pattern: "dictionary", I: i, J: j, Token: text[i : j+1]}
				m.Entropy = entropy.DictionaryEntropy(m, float64(rank))
				found = append(found, m)
			}
		}
	}
	return found
}
