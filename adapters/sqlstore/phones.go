package sqlstore

import "example.com/healthcare/domain"

// shortPhone is how many characters the first column of a phone number takes.
const shortPhone = 15

// phoneColumns returns a phone number as two columns: its first characters, and all of it
// where it is longer. The first column cannot get longer while a program that knows no
// other is running: PostgreSQL refuses the statements that were prepared before.
func phoneColumns(phone domain.Phone) (short string, long nullableText) {
	characters := []rune(phone.String())
	if len(characters) <= shortPhone {
		return phone.String(), ""
	}
	return string(characters[:shortPhone]), nullableText(phone.String())
}

// phoneOf returns the number that two columns hold. A program that knows only the first
// one may have changed that: then the second is of a number that was there before.
func phoneOf(short string, long nullableText) domain.Phone {
	if whole := domain.FromStored[domain.Phone](string(long)); long != "" {
		if before, _ := phoneColumns(whole); before == short {
			return whole
		}
	}
	return domain.FromStored[domain.Phone](short)
}
