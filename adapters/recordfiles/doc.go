// Package recordfiles writes and reads files of records: tables in CSV (RFC 4180), and
// NDJSON, which has one JSON object per line. Both are UTF-8.
//
// A CSV file that it writes has no byte order mark. Excel needs one to show accents in a file
// that is opened with a double click, but then it also drops the leading zeros of numbers, and
// many programs take the mark for a part of the first column's name. Excel's
// "Data > From Text/CSV" reads the file correctly without a mark.
package recordfiles
