package sqlite

func eventsOf(column, value string) (where, orderBy string) {
	return column + ` = ` + value + ` AND id > $1 AND id <= $3`, `id`
}

const (
	// eventMinute is the expression of the index audit_events_minute_id_idx.
	eventMinute = `at / 60000000`
	// minutes holds the numbers from 0 to 60.
	minutes = `(WITH RECURSIVE numbers (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM numbers WHERE n < 60) SELECT n FROM numbers)`

	lowestEventID = `
		SELECT COALESCE(MIN((
			SELECT id FROM audit_events WHERE ` + eventMinute + ` = first.minute + n ORDER BY id LIMIT 1
		)), 9223372036854775807)
		FROM (
			SELECT ` + eventMinute + ` AS minute FROM audit_events WHERE ` + eventMinute + ` >= $1 / 60000000 ORDER BY ` + eventMinute + ` LIMIT 1
		) AS first CROSS JOIN ` + minutes
	highestEventID = `
		SELECT COALESCE(MAX((
			SELECT id FROM audit_events WHERE ` + eventMinute + ` = last.minute - n ORDER BY id DESC LIMIT 1
		)), -9223372036854775807)
		FROM (
			SELECT ` + eventMinute + ` AS minute FROM audit_events WHERE ` + eventMinute + ` <= $1 / 60000000 ORDER BY ` + eventMinute + ` DESC LIMIT 1
		) AS last CROSS JOIN ` + minutes
)
