package sqlstore

import "example.com/healthcare/domain"

// shortPhone is the length, in characters, of the first column of a phone number.
const shortPhone = 15

// phoneColumns returns a phone number as two columns: its first characters, and the whole
// number if it is longer. The first column cannot be widened while an older program is
// running: PostgreSQL would then refuse the statements that the program has prepared.
func phoneColumns(phone domain.Phone) (short string, long nullableText) {
	characters := []rune(phone.String())
	if len(characters) <= shortPhone {
		return phone.String(), ""
	}
	return string(characters[:shortPhone]), nullableText(phone.String())
}

// phoneOf returns the number that two columns hold. An older program writes only the first
// column. If it has changed the number, the second column is outdated and ignored.
func phoneOf(short string, long nullableText) domain.Phone {
	if phone := domain.FromStored[domain.Phone](string(long)); long != "" {
		if start, _ := phoneColumns(phone); start == short {
			return phone
		}
	}
	return domain.FromStored[domain.Phone](short)
}
