package main_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// served returns the type and the labels of each metric that the service serves: on PostgreSQL,
// and with the embedded store and TLS.
func served(t *testing.T) (types map[string]string, labels map[string][]string) {
	t.Helper()
	types, labels = map[string]string{}, map[string][]string{}
	certFile, keyFile, _ := certificate(t)
	for name, settings := range engines {
		env := append(settings(t), anyMetricsAddr)
		if name == "embedded" {
			env = append(env, "TLS_CERT_FILE="+certFile, "TLS_KEY_FILE="+keyFile)
		} else {
			migrate(t, env)
		}
		s := serve(t, env)
		if name == "postgres" { // Only a request makes the series of requests.
			fetch(t, s.url+"/livez")
			require.Eventually(t, func() bool { return strings.Contains(s.scrape(), "healthcare_http_requests_total{") }, 10*time.Second, 10*time.Millisecond)
		}
		readMetrics(s.scrape(), types, labels)
		s.stop()
	}
	return types, labels
}

// readMetrics adds the types and labels of a scrape.
func readMetrics(scrape string, types map[string]string, labels map[string][]string) {
	for line := range strings.Lines(scrape) {
		if declared := regexp.MustCompile(`^# TYPE (\S+) (\S+)`).FindStringSubmatch(line); declared != nil {
			types[declared[1]] = declared[2]
			continue
		}
		name := regexp.MustCompile(`^\w+`).FindString(line)
		if _, isMetric := types[name]; !isMetric {
			name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		}
		for _, label := range regexp.MustCompile(`[{,](\w+)="`).FindAllStringSubmatch(line, -1) {
			if label[1] != "le" && !slices.Contains(labels[name], label[1]) {
				labels[name] = append(labels[name], label[1])
			}
		}
	}
}

// rule is an alert of deploy/prometheus/alerts.yml.
type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func alertRules(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	require.NoError(t, err)
	var file struct {
		Groups []struct {
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	require.Len(t, file.Groups, 1)
	require.NotEmpty(t, file.Groups[0].Rules)
	return file.Groups[0].Rules
}

// dashboardQueries returns the queries of the panels of the dashboard.
func dashboardQueries(t *testing.T) (queries []string) {
	t.Helper()
	text, err := os.ReadFile("../../deploy/grafana/healthcare.json")
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string `json:"title"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			require.NotEmpty(t, target.Expr, panel.Title)
			queries = append(queries, target.Expr)
		}
	}
	require.Greater(t, len(queries), 30)
	return queries
}

// TestTheReferenceListsEveryMetric also checks that alerts and the dashboard use metrics and
// labels that exist, and that the dashboard shows all metrics of the service.
func TestTheReferenceListsEveryMetric(t *testing.T) {
	types, labels := served(t)
	var own []string
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if strings.HasPrefix(name, "healthcare_") {
			own = append(own, name)
		} else {
			assert.Regexp(t, "^(go|process)_", name)
		}
	}
	var listed []string
	for _, row := range rows(section(t, reference, "Metrics")) {
		name := quotedIn(row[0])[0]
		listed = append(listed, name)
		assert.Equal(t, types[name], strings.TrimSpace(row[1]), name)
		assert.ElementsMatch(t, labels[name], quotedIn(row[2]), name)
	}
	assert.ElementsMatch(t, own, listed)

	shown := map[string]bool{}
	queries := dashboardQueries(t)
	for _, query := range queries {
		for _, name := range checkQuery(t, query, types, labels) {
			shown[name] = true
		}
	}
	assert.Subset(t, slices.Collect(maps.Keys(shown)), own, "the dashboard shows every metric")
	for _, rule := range alertRules(t) {
		checkQuery(t, rule.Expr, types, labels)
	}
}

// checkQuery requires that the metrics and labels in a query exist. It returns the metrics.
func checkQuery(t *testing.T, query string, types map[string]string, labels map[string][]string) (names []string) {
	t.Helper()
	known := []string{"job", "instance", "le"} // Prometheus adds the first two.
	for _, found := range regexp.MustCompile(`\b((?:healthcare|go|process)_\w+|up)\b`).FindAllString(query, -1) {
		name := found
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base, cut := strings.CutSuffix(found, suffix); cut && (types[base] == "histogram" || suffix != "_bucket" && types[base] == "summary") {
				name = base
			}
		}
		if name != "up" {
			assert.Contains(t, types, name, query)
		}
		known = append(known, labels[name]...)
		names = append(names, name)
	}
	require.NotEmpty(t, names, query)
	used := regexp.MustCompile(`[{,]\s*(\w+)\s*(?:=~|!~|!=|=)\s*"`).FindAllStringSubmatch(query, -1)
	for _, grouping := range regexp.MustCompile(`\bby \(([^)]*)\)`).FindAllStringSubmatch(query, -1) {
		for label := range strings.SplitSeq(grouping[1], ",") {
			used = append(used, []string{"", strings.TrimSpace(label)})
		}
	}
	for _, label := range used {
		assert.Contains(t, known, label[1], query)
	}
	return names
}

// TestEachAlertSaysWhatToDo finds the runbook of each alert, and its row in the table of
// docs/operations.md.
func TestEachAlertSaysWhatToDo(t *testing.T) {
	text, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	var listed, alerts []string
	for _, row := range rows(section(t, "docs/operations.md", "When something is wrong")) {
		if name := strings.TrimSpace(row[0]); strings.HasPrefix(name, "Healthcare") {
			listed = append(listed, strings.Split(name, ", ")...)
		}
	}
	for _, rule := range alertRules(t) {
		alerts = append(alerts, rule.Alert)
		assert.Contains(t, []string{"critical", "warning"}, rule.Labels["severity"], rule.Alert)
		anchor, found := strings.CutPrefix(rule.Annotations["runbook"], "docs/operations.md#")
		assert.True(t, found, rule.Alert)
		assert.Contains(t, anchors(string(text)), anchor, rule.Alert)
		assert.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
		assert.NotEmpty(t, rule.Annotations["description"], rule.Alert)
	}
	assert.ElementsMatch(t, alerts, listed)
	dashboard, err := os.ReadFile("../../deploy/grafana/healthcare.json")
	require.NoError(t, err)
	for _, named := range regexp.MustCompile(`Alert (\w+)`).FindAllSubmatch(dashboard, -1) {
		assert.Contains(t, alerts, string(named[1]), "an alert that the dashboard names")
	}
}

// TestPrometheusCanReadTheDashboardsQueries makes a rule of each query.
func TestPrometheusCanReadTheDashboardsQueries(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		promtool, err = exec.LookPath("../../bin/promtool")
	}
	if err != nil {
		t.Skip("promtool is missing: run .ci/promtool")
	}
	var rules []map[string]string
	for _, query := range dashboardQueries(t) {
		for variable, value := range map[string]string{"$__rate_interval": "5m", "$__range": "1h", "$instance": ".*"} {
			query = strings.ReplaceAll(query, variable, value)
		}
		rules = append(rules, map[string]string{"record": "query", "expr": query})
	}
	for i := range rules {
		rules[i]["record"] += strings.Repeat("_", i) // promtool warns of equal names.
	}
	file, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	out, err := exec.CommandContext(t.Context(), promtool, "check", "rules", path).CombinedOutput()
	assert.NoError(t, err, "%s", out)
}
