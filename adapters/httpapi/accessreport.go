package httpapi

import (
	"context"
	"strconv"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// accessReport is the format of the report of accesses: a table for people to read.
var accessReport = exportFormat[domain.DailyUse]{
	contentType: recordfiles.CSV.ContentType(),
	header:      "date,user,name,role,action,about,outcome,times\r\n",
	write:       writeCSV(accessReportRow),
}

// accessReportRow returns the cells in the order of accessReport's header.
func accessReportRow(use domain.DailyUse) []string {
	return []string{
		use.Day.String(), emptyIfZero(use.User), recordfiles.GuardFormula(use.ActorName), string(use.Role),
		string(use.Action), domain.DescribePermission(use.Action), string(use.Outcome), strconv.Itoa(use.Times),
	}
}

// reportAccesses answers with the report of accesses to the patient whose id is in the
// path, in as many parts as the use-case returns.
func reportAccesses(audit *application.Audit) handler {
	return handleID(func(c echo.Context, actor domain.Actor, id domain.ID) error {
		var part application.AccessReport
		return sendExport(c, accessReport, func(ctx context.Context) (application.Page[domain.DailyUse], error) {
			next, err := audit.ReportAccesses(ctx, actor, id, part)
			part = next
			return part.Page, err
		})
	})
}

// listOrReport answers with the list, or with the report if the client prefers CSV.
func listOrReport(list lister, report handler) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
		if preferred(c.Request(), string(recordfiles.CSV), echo.MIMEApplicationJSON) == string(recordfiles.CSV) {
			return report.serve(c, actor)
		}
		return list(c, actor, query)
	}
}
