package sqlite_test

import (
	"context"
	"database/sql/driver"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// recorder records the queries that a store prepares.
type recorder struct {
	driver.Connector
	queries *[]string
}

func (r recorder) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	return recordingConn{conn, r.queries}, err
}

// recordingConn does not implement the interfaces for unprepared queries, so database/sql
// prepares each query.
type recordingConn struct {
	driver.Conn
	queries *[]string
}

func (c recordingConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
}

func (c recordingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	*c.queries = append(*c.queries, query)
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

// The audit trail only grows. A list that read all of it would become slower every day.
func TestListsOfTheTrailUseAnIndex(t *testing.T) {
	var queries []string
	path := newPath(t)
	store := open(t, path, sqlite.Options{WrapDriver: func(connector driver.Connector) driver.Connector { return recorder{connector, &queries} }})
	db := direct(t, path)
	const (
		byID      = "SEARCH audit_events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"
		fromID    = "SEARCH audit_events USING INTEGER PRIMARY KEY (rowid>?)"
		byActor   = "SEARCH audit_events USING INDEX audit_events_actor_id_id_idx (actor_id=? AND id>? AND id<?)"
		byAction  = "SEARCH audit_events USING INDEX audit_events_action_id_idx (<expr>=? AND id>? AND id<?)"
		byBoth    = "SEARCH audit_events USING INDEX audit_events_actor_action_id_idx (<expr>=? AND id>? AND id<?)"
		byOutcome = "SEARCH audit_events USING INDEX audit_events_outcome_id_idx (<expr>=? AND id>? AND id<?)"
		bySubject = "SEARCH audit_events USING COVERING INDEX audit_events_subject_id_idx (subject=? AND id>? AND id<?)"
		byMention = "SEARCH audit_about USING PRIMARY KEY (record=? AND event_id>? AND event_id<?)"
		byMinute  = "SEARCH audit_events USING COVERING INDEX audit_events_minute_id_idx (<expr>>?)"
	)
	for name, tt := range map[string]struct {
		read func(tx ports.Tx) error
		uses []string
	}{
		"all":                   {listing(t, domain.AuditFilter{}), []string{byID}},
		"an actor":              {listing(t, domain.AuditFilter{Actor: 7}), []string{byActor}},
		"an action":             {listing(t, domain.AuditFilter{Action: domain.DoctorDelete}), []string{byAction}},
		"an outcome":            {listing(t, domain.AuditFilter{Outcome: domain.Denied}), []string{byOutcome}},
		"an action of an actor": {listing(t, domain.AuditFilter{Actor: 7, Action: domain.DoctorDelete}), []string{byBoth}},
		"an outcome of an action of an actor": {
			listing(t, domain.AuditFilter{Actor: 7, Action: domain.DoctorDelete, Outcome: domain.Failed}), []string{byOutcome},
		},
		"a time": {listing(t, domain.AuditFilter{From: time.Now()}), []string{byMinute, byID}},
		"a record": {
			listing(t, domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 5}}), []string{bySubject, byMention},
		},
		"all, newest first":       {listing(t, domain.AuditFilter{NewestFirst: true}), []string{byID}},
		"an actor, newest first":  {listing(t, domain.AuditFilter{NewestFirst: true, Actor: 7}), []string{byActor}},
		"an action, newest first": {listing(t, domain.AuditFilter{NewestFirst: true, Action: domain.DoctorDelete}), []string{byAction}},
		"a record, newest first": {
			listing(t, domain.AuditFilter{NewestFirst: true, Record: domain.Reference{Kind: domain.SubjectPatient, ID: 5}}), []string{bySubject, byMention},
		},
		"users by their IDs": {func(tx ports.Tx) error {
			_, err := tx.Users().ListByIDs(t.Context(), 7)
			return err
		}, []string{"SEARCH users USING INTEGER PRIMARY KEY (rowid=?)"}},
		"evidence": {func(tx ports.Tx) error {
			_, err := tx.Audit().ListEvidence(t.Context(), domain.Page{Limit: 7})
			return err
		}, []string{fromID}},
		"seals": {func(tx ports.Tx) error {
			_, err := tx.Seals().List(t.Context(), domain.Page{Limit: 7})
			return err
		}, []string{"SEARCH audit_seals USING INTEGER PRIMARY KEY (rowid>?)"}},
	} {
		queries = nil
		require.NoError(t, store.View(t.Context(), tt.read))
		plan := plans(t, db, queries)
		for _, use := range tt.uses {
			require.Contains(t, plan, use, name)
		}
		if strings.HasPrefix(name, "a record") { // The page is searched by mentions of the record and of its block, and its last event by mentions of the record.
			require.Equal(t, 3, strings.Count(plan, byMention))
		}
		require.NotContains(t, plan, "SCAN audit", name)
		if !strings.HasPrefix(name, "a record") { // The query for a record sorts the events that three searches find.
			require.NotContains(t, plan, "TEMP B-TREE", name)
		}
	}
}

func listing(t *testing.T, filter domain.AuditFilter) func(ports.Tx) error {
	return func(tx ports.Tx) error {
		_, err := tx.Audit().List(t.Context(), filter, domain.Page{Limit: 7})
		return err
	}
}
