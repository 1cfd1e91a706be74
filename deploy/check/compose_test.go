package check

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// loadCompose reads compose.yaml as docker compose does: it checks it against the schema and resolves
// variables, extensions and references.
func loadCompose(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../compose.yaml"}, cli.WithConsistency(true))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

func TestEachServiceOfComposeHasFewRights(t *testing.T) {
	project := loadCompose(t)
	require.ElementsMatch(t, []string{"database", "migrate", "healthcare"}, project.ServiceNames())
	for name, service := range project.Services {
		assert.True(t, service.ReadOnly, name)
		assert.Equal(t, []string{"ALL"}, service.CapDrop, name)
		assert.Equal(t, []string{"no-new-privileges:true"}, service.SecurityOpt, name)
		assert.False(t, service.Privileged, name)
		for _, port := range service.Ports {
			assert.Equal(t, "127.0.0.1", port.HostIP, "%s: the proxy is on the same machine", name)
		}
		for variable := range service.Environment {
			assert.NotContains(t, []string{"SECRET_KEY", "DATABASE_URL", "POSTGRES_PASSWORD"}, variable, "%s: everybody who can inspect a container reads its environment", name)
		}
	}
	serving := project.Services["healthcare"]
	assert.Equal(t, types.ServiceConditionCompletedSuccessfully, serving.DependsOn["migrate"].Condition)
	assert.NotEqual(t, project.Services["migrate"].Secrets, serving.Secrets, "the service does not own the schema")
	assert.Equal(t, []string{project.Networks["inside"].Ipam.Config[0].Gateway}, []string{*serving.Environment["TRUSTED_PROXIES"]})
}

// TestComposeNamesTheSecretsThatTheScriptMakes also finds a secret that nobody uses.
func TestComposeNamesTheSecretsThatTheScriptMakes(t *testing.T) {
	project := loadCompose(t)
	script, err := os.ReadFile("../compose/secrets.sh")
	require.NoError(t, err)
	var used []string
	for _, service := range project.Services {
		for _, secret := range service.Secrets {
			used = append(used, secret.Source)
		}
	}
	for name, secret := range project.Secrets {
		assert.Contains(t, used, name)
		assert.Equal(t, "secrets", filepath.Base(filepath.Dir(secret.File)))
		assert.True(t, strings.Contains(string(script), filepath.Base(secret.File)), secret.File)
	}
	slices.Sort(used)
	assert.Len(t, slices.Compact(used), len(project.Secrets))
}
