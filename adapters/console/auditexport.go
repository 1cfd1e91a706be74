package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/adapters/recordjson"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// auditColumns are the columns of an export of the trail.
var auditColumns = []string{
	"id", "at", "user", "name", "role", "session", "action", "description", "subject_kind", "subject_ids", "outcome",
	"address", "request_id", "version",
}

// reserveExport reserves memory for an answer that is sent in parts. A browser with HTTP/1.0 could
// not tell that the answer was cut off, and is refused.
func (p *page) reserveExport() error {
	if !p.r.ProtoAtLeast(1, 1) {
		return formError{http.StatusUpgradeRequired, "old_http"}
	}
	return p.request.Reserve(p.ctx(), httpserver.Export, domain.MaxPageBytes)
}

// exportAudit answers with all events that the filters select, as a table of CSV. Each part of
// it is sent before the next one is read, and has the time limit of a request, so an export can
// take any time. If a later part fails, the connection is closed, so that nobody mistakes a
// part for the whole.
func (c *console) exportAudit(p *page) error {
	asked, err := p.exportedQuery()
	if err != nil {
		return err
	}
	query := p.auditQuery(asked)
	query.Page.Limit = domain.Given(strconv.Itoa(domain.MaxPageLimit))
	if err := p.reserveExport(); err != nil {
		return err
	}
	for begun := false; ; begun = true {
		part, err := httpserver.WithExtraTime(p.w, p.r, func(ctx context.Context) (application.Page[domain.AuditEventView], error) {
			return c.Audit.List(ctx, p.actor, query)
		})
		if err == nil {
			err = p.sendEvents(part.Items, !begun)
		}
		if err != nil && begun {
			p.request.Fail(err)
			return nil
		}
		if err != nil || part.Next == "" {
			return err
		}
		query.Page.Cursor = domain.Given(part.Next)
	}
}

// exportedQuery returns what the list was asked for on whose page the form was. It is an error
// if that cannot be read, because all events would be exported then.
func (p *page) exportedQuery() (url.Values, error) {
	sealed := p.form.Get(queryParameter)
	if sealed == "" {
		return url.Values{}, nil
	}
	asked, ok := p.openQuery(sealed, p.link("audit/"))
	if !ok {
		return nil, formError{http.StatusBadRequest, "form_unreadable"}
	}
	return asked, nil
}

// sendEvents sends a part of an export, with the header of the table before the first one.
func (p *page) sendEvents(events []domain.AuditEventView, isFirst bool) error {
	if err := httpserver.ExtendWriteDeadline(p.w); err != nil {
		return err
	}
	var table []byte
	if isFirst {
		name := "audit-trail-" + p.Clock().Format(time.DateOnly) + ".csv"
		p.w.Header().Set("Content-Type", recordfiles.CSV.ContentType())
		p.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		table = recordfiles.AppendRow(table, auditColumns...)
	}
	for _, event := range events {
		table = recordfiles.AppendRow(table, auditCells(event)...)
	}
	if _, err := p.w.Write(table); err != nil {
		return err
	}
	return http.NewResponseController(p.w).Flush()
}

// auditCells returns the cells of an event in the order of auditColumns. A text that a person
// chose cannot become a formula of a spreadsheet.
func auditCells(event domain.AuditEventView) []string {
	number := func(id domain.ID) string {
		if id == 0 {
			return ""
		}
		return id.String()
	}
	text := func(text string) string { return recordfiles.GuardFormula(strings.ToValidUTF8(text, "\uFFFD")) }
	ids := number(event.Subject.ID)
	for _, id := range event.Subject.Shown {
		ids = strings.TrimPrefix(ids+" "+id.String(), " ")
	}
	version := ""
	if event.Version != 0 {
		version = strconv.Itoa(event.Version)
	}
	actor, address := event.Actor, ""
	if actor.Origin.Address.IsValid() {
		address = actor.Origin.Address.String()
	}
	return []string{
		event.ID.String(), recordjson.Instant(event.At), number(actor.UserID), text(event.ActorName), string(actor.Role), number(actor.SessionID),
		string(event.Action), domain.DescribePermission(event.Action), string(event.Subject.Kind), ids, string(event.Outcome),
		address, text(actor.Origin.RequestID), version,
	}
}
