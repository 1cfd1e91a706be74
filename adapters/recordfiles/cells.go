package recordfiles

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"example.com/healthcare/adapters/recordjson"
	"example.com/healthcare/domain"
)

// cell returns the cell of CSV for the value of a member: as in JSON, but null is empty, and
// texts are not quoted but guarded.
func cell(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return GuardFormula(strings.ToValidUTF8(value, "\uFFFD"))
	case domain.ID:
		return value.String()
	case int:
		return strconv.Itoa(value)
	case time.Time:
		return recordjson.Instant(value)
	default:
		text, _ := json.Marshal(value) // A flag or a list of numbers never fails.
		return string(text)
	}
}
