package httpapi

import (
	"context"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// exportFormat is the format of an export: an answer with all items of a list, without pages.
type exportFormat[T any] struct {
	contentType string
	// header is written before the first item, and footer after the last one.
	header, footer string
	write          func(w io.Writer, items []T) error
}

// exportFormats are the formats of the audit trail.
var exportFormats = map[recordfiles.Format]exportFormat[domain.AuditEventView]{
	recordfiles.CSV: {
		contentType: recordfiles.CSV.ContentType(),
		header:      "id,at,user,role,session,action,subject_kind,subject_id,subject_ids,outcome,request_id,address,version,name\r\n",
		write:       writeCSV(eventRow),
	},
	recordfiles.NDJSON: {contentType: recordfiles.NDJSON.ContentType(), write: writeNDJSON},
}

// preferredExport returns the export format that the Accept headers prefer, and false if
// they prefer JSON.
func preferredExport(request *http.Request) (recordfiles.Format, bool) {
	name := preferred(request, string(recordfiles.CSV), string(recordfiles.NDJSON), echo.MIMEApplicationJSON)
	return recordfiles.Format(name), name != "" && name != echo.MIMEApplicationJSON
}

// preferred returns the offered media type that the Accept headers prefer, and "" if they
// name none of them: then the client gets JSON (RFC 9110, 12.5.1). Wildcards are ignored.
func preferred(request *http.Request, offered ...string) string {
	return preferredOf(request.Header.Values(echo.HeaderAccept), offered...)
}

// preferredOf is preferred for the values of any header that lists names with a quality.
func preferredOf(values []string, offered ...string) string {
	best, bestQuality := "", 0.0
	for accepted := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, params, err := mime.ParseMediaType(accepted)
		if err != nil || !slices.Contains(offered, name) {
			continue
		}
		quality := 1.0
		if text, given := params["q"]; given {
			quality, _ = strconv.ParseFloat(text, 64) // 0 if it is not a number
		}
		if quality > bestQuality {
			best, bestQuality = name, quality
		}
	}
	return best
}

// exportBytes is the most memory that one page of an export needs: a thousand events, each
// with the ids of a thousand records, or the texts of a page of records.
const exportBytes = domain.MaxPageBytes

// exportLimit returns the limit of the pages that an export reads. If the client has sent a
// limit, the result is an unreadable input: an export has no pages.
func exportLimit(limit domain.Input) domain.Input {
	if limit != (domain.Input{}) {
		return domain.Unreadable("This format has no pages. Leave out the limit.")
	}
	return domain.Given(strconv.Itoa(domain.MaxPageLimit))
}

// sendExport answers with all parts that next returns. Each part is sent before next is called
// again, and each has the time limit of a request, so that an export can take any time as
// long as it makes progress. If a later part fails, the connection is closed. A client of
// HTTP/1.0 would take that for the end of the answer, and is refused.
func sendExport[T any](c echo.Context, format exportFormat[T], next func(context.Context) (application.Page[T], error)) error {
	if !c.Request().ProtoAtLeast(1, 1) {
		return errOldHTTP
	}
	if err := request(c).Reserve(c.Request().Context(), httpserver.Export, exportBytes); err != nil {
		return err
	}
	for {
		part, err := httpserver.WithExtraTime(c.Response(), c.Request(), next)
		if err != nil {
			return err
		}
		setTotal(c, part.Total)
		isLast := part.Next == "" || c.Request().Method == http.MethodHead
		if err := sendPart(c, format, part.Items, isLast); err != nil || isLast {
			return err
		}
	}
}

// sendPart sends the items of one part and flushes them to the client.
func sendPart[T any](c echo.Context, format exportFormat[T], items []T, isLast bool) error {
	if err := httpserver.ExtendWriteDeadline(c.Response()); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentType, format.contentType)
	header, footer := format.header, ""
	if c.Response().Committed {
		header = ""
	}
	if isLast {
		footer = format.footer
	}
	if _, err := io.WriteString(c.Response(), header); err != nil {
		return err
	}
	if err := format.write(c.Response(), items); err != nil {
		return err
	}
	if _, err := io.WriteString(c.Response(), footer); err != nil {
		return err
	}
	return http.NewResponseController(c.Response().Writer).Flush()
}

// writeCSV returns a function that writes items as rows. Use recordfiles.GuardFormula for each
// cell whose text a person chose. All other cells begin with a letter or a digit.
func writeCSV[T any](row func(T) []string) func(io.Writer, []T) error {
	return func(w io.Writer, items []T) error {
		var table []byte
		for _, item := range items {
			table = recordfiles.AppendRow(table, row(item)...)
		}
		_, err := w.Write(table)
		return err
	}
}

// eventRow returns the cells in the order of the header of the CSV format.
func eventRow(event domain.AuditEventView) []string {
	ids := ""
	if event.Subject.Shown != nil {
		text, _ := json.Marshal(event.Subject.Shown) // numbers never fail
		ids = string(text)
	}
	version := ""
	if event.Version != 0 {
		version = strconv.Itoa(event.Version)
	}
	return []string{
		event.ID.String(), showInstant(event.At),
		emptyIfZero(event.Actor.UserID), string(event.Actor.Role), emptyIfZero(event.Actor.SessionID),
		string(event.Action), string(event.Subject.Kind), emptyIfZero(event.Subject.ID), ids,
		string(event.Outcome), event.Actor.Origin.RequestID, showAddress(event.Actor.Origin.Address), version,
		recordfiles.GuardFormula(event.ActorName),
	}
}

func emptyIfZero(id domain.ID) string {
	if id == 0 {
		return ""
	}
	return id.String()
}

// writeNDJSON writes one JSON object per line.
func writeNDJSON(w io.Writer, events []domain.AuditEventView) error {
	for _, event := range events {
		line, err := json.Marshal(showEvent(event))
		if err != nil {
			return err
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}
