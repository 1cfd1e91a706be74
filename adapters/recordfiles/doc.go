// Package recordfiles writes and reads files of records: tables in CSV (RFC 4180), and
// NDJSON, which has one JSON object per line. It writes UTF-8, and what it writes it reads back
// unchanged.
//
// It also reads what spreadsheets and other systems write, as docs/import.md describes.
// openSource decodes a file and chooses a source, which returns the cells of its rows.
// Options.rules and resolve find the columns of each field; a template joins them, and a
// valueReader reads the text. What a value is, domain judges.
//
// A CSV file that it writes has no byte order mark. Excel needs one to show accents in a file
// that is opened with a double click, but then it also drops the leading zeros of numbers, and
// many programs take the mark for a part of the first column's name. Excel's
// "Data > From Text/CSV" reads the file correctly without a mark.
package recordfiles
