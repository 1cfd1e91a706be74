package postgres

// eventsOf compares pairs. For "column = value AND id > $1", a generic plan would search by ID
// and read all events.
func eventsOf(column, value string) (where, orderBy string) {
	return `(` + column + `, id) > (` + value + `, $1) AND (` + column + `, id) <= (` + value + `, $3)`, column + `, id`
}

const (
	// eventMinute is the expression of the index audit_events_minute_id_idx.
	eventMinute = `date_bin('1 minute', at, timestamptz '2000-01-01 00:00:00+00')`
	givenMinute = `date_bin('1 minute', CAST($1 AS timestamptz), timestamptz '2000-01-01 00:00:00+00')`

	lowestEventID = `
		SELECT COALESCE(MIN((
			SELECT id FROM audit_events
			WHERE ` + eventMinute + ` = first.minute + n * interval '1 minute'
			ORDER BY ` + eventMinute + `, id LIMIT 1
		)), 9223372036854775807)
		FROM (
			SELECT ` + eventMinute + ` AS minute FROM audit_events
			WHERE ` + eventMinute + ` >= ` + givenMinute + `
			ORDER BY ` + eventMinute + `, id LIMIT 1
		) AS first CROSS JOIN generate_series(0, 60) AS n`
	highestEventID = `
		SELECT COALESCE(MAX((
			SELECT id FROM audit_events
			WHERE ` + eventMinute + ` = last.minute - n * interval '1 minute'
			ORDER BY ` + eventMinute + ` DESC, id DESC LIMIT 1
		)), -9223372036854775807)
		FROM (
			SELECT ` + eventMinute + ` AS minute FROM audit_events
			WHERE ` + eventMinute + ` <= ` + givenMinute + `
			ORDER BY ` + eventMinute + ` DESC, id DESC LIMIT 1
		) AS last CROSS JOIN generate_series(0, 60) AS n`
)
