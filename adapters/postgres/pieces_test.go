package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
)

// TestFasterPiecesAreTheSamePieces compares search_pieces with what it was before step 18: the
// index still holds the pieces of earlier rows.
func TestFasterPiecesAreTheSamePieces(t *testing.T) {
	dsn := pgtest.New(t)
	do(t, dsn, `CREATE FUNCTION earlier_pieces(search_text text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT
		RETURN ARRAY(
			SELECT substr(search_text, n, size) FROM generate_series(1, length(search_text)) AS n, (VALUES (1), (2), (3), (5)) AS sizes (size)
		) || CASE "left"("right"(search_text, 3), 1) WHEN '-' THEN ARRAY["right"(search_text, 10)] END`)
	// All beginnings of two texts, with letters of one to four bytes.
	different := query[int64](t, dsn, `
		SELECT count(*)
		FROM unnest(ARRAY['rebecca adler 1980-02-03', 'äöü€𝄞 -b-aa-bc', 'aaaaaaa', '-12', '1-12']) AS texts (whole),
			generate_series(0, 30) AS size, CAST(substr(whole, 1, size) AS text) AS part
		WHERE ARRAY(SELECT DISTINCT unnest(search_pieces(part)) ORDER BY 1) <> ARRAY(SELECT DISTINCT unnest(earlier_pieces(part)) ORDER BY 1)
			OR search_pieces(part) IS NULL`)
	require.Zero(t, different)
}
