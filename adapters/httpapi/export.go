package httpapi

import (
	"context"
	"encoding/csv"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// exportFormat writes entries one after the other, in an answer without pages.
type exportFormat[T any] struct {
	contentType string
	// header stands before the first entry, and footer after the last one.
	header, footer string
	write          func(w io.Writer, entries []T) error
}

// exportFormats are by media type.
var exportFormats = map[string]exportFormat[domain.AuditEventView]{
	"text/csv": {
		contentType: "text/csv; charset=utf-8; header=present",
		header:      "id,at,user,role,session,action,subject_kind,subject_id,subject_ids,outcome,request_id,address,version,name\r\n",
		write:       writeCSV(eventRow),
	},
	"application/x-ndjson": {contentType: "application/x-ndjson", write: writeNDJSON},
}

// wantedExport returns the format that the Accept headers prefer over JSON.
func wantedExport(request *http.Request) (exportFormat[domain.AuditEventView], bool) {
	format, ok := exportFormats[preferred(request, append(slices.Collect(maps.Keys(exportFormats)), echo.MIMEApplicationJSON)...)]
	return format, ok
}

// preferred returns the one of the media types that the Accept headers prefer. It has
// to be named: wildcards, and what is not offered, choose nothing. Clients that did not
// choose get JSON (RFC 9110, 12.5.1).
func preferred(request *http.Request, offered ...string) string {
	wanted, most := "", 0.0
	for accepted := range strings.SplitSeq(strings.Join(request.Header.Values(echo.HeaderAccept), ","), ",") {
		mediaType, params, err := mime.ParseMediaType(accepted)
		if err != nil || !slices.Contains(offered, mediaType) {
			continue
		}
		quality := 1.0
		if text, given := params["q"]; given {
			quality, _ = strconv.ParseFloat(text, 64) // 0 for what is no number
		}
		if quality > most {
			wanted, most = mediaType, quality
		}
	}
	return wanted
}

// exportBytes is the memory that one page of an export can need: a thousand events,
// each with the ids of a thousand records.
const exportBytes = 8 << 20

// wholeList is the limit of the pages that an export reads, which a caller cannot give.
func wholeList(limit domain.Input) domain.Input {
	if limit != (domain.Input{}) {
		return domain.Unreadable("There are no pages in this format: leave it out.")
	}
	return domain.Given(strconv.Itoa(domain.MaxPageLimit))
}

// export answers with all parts that next gives, until it gives the last one. Each is
// asked for and sent before the next, with as much time as a request has, however
// long it takes together. What fails later than the first part ends the connection,
// which a client of HTTP/1.0 would take for the end of the answer.
func export[T any](c echo.Context, format exportFormat[T], next func(context.Context) (application.Page[T], error)) error {
	if !c.Request().ProtoAtLeast(1, 1) {
		return errOldHTTP()
	}
	if err := request(c).Reserve(c.Request().Context(), httpserver.Export, exportBytes); err != nil {
		return err
	}
	for {
		part, err := httpserver.WithExtraTime(c.Response(), c.Request(), next)
		if err != nil {
			return err
		}
		isLast := part.Next == 0 || c.Request().Method == http.MethodHead
		if err := sendPart(c, format, part.Items, isLast); err != nil || isLast {
			return err
		}
	}
}

// sendPart sends the entries so that the client has them.
func sendPart[T any](c echo.Context, format exportFormat[T], entries []T, isLast bool) error {
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
	if err := format.write(c.Response(), entries); err != nil {
		return err
	}
	if _, err := io.WriteString(c.Response(), footer); err != nil {
		return err
	}
	return http.NewResponseController(c.Response().Writer).Flush()
}

// writeCSV returns a function that writes entries as rows (RFC 4180). Cells with texts
// that people chose have to be a safeCell; all others begin with a letter or a digit.
func writeCSV[T any](row func(T) []string) func(io.Writer, []T) error {
	return func(w io.Writer, entries []T) error {
		table := csv.NewWriter(w)
		table.UseCRLF = true
		for _, entry := range entries {
			if err := table.Write(row(entry)); err != nil {
				return err
			}
		}
		table.Flush()
		return table.Error()
	}
}

// startsFormula are the characters with which a cell starts that a spreadsheet runs, in
// both of their widths.
const startsFormula = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"

// safeCell puts a ' before a text that a spreadsheet would take for a formula, and before
// one that is such a text behind some ', so that a reader can take exactly one away.
func safeCell(text string) string {
	if strings.IndexAny(strings.TrimLeft(text, "'"), startsFormula) == 0 {
		return "'" + text
	}
	return text
}

// eventRow has the columns that the header of the format names.
func eventRow(event domain.AuditEventView) []string {
	ids := ""
	if event.Subject.Shown != nil {
		text, _ := json.Marshal(event.Subject.Shown) // numbers always can be
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
		safeCell(event.ActorName),
	}
}

func emptyIfZero(id domain.ID) string {
	if id == 0 {
		return ""
	}
	return id.String()
}

// writeNDJSON writes a JSON object a line.
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
