package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDotenvIsReadAsComposeReadsIt(t *testing.T) {
	for text, want := range map[string]string{
		"DATA_DIR=data":                            "data",
		"DATA_DIR=data # a # b":                    "data",
		"DATA_DIR=data\t# a":                       "data",
		"DATA_DIR=data# a":                         "data# a",
		"DATA_DIR=a#b":                             "a#b",
		"DATA_DIR= # nothing":                      "default",
		"DATA_DIR=":                                "default",
		"DATA_DIR":                                 "default",
		"export DATA_DIR\n":                        "default",
		"export DATA_DIR=data":                     "data",
		"  DATA_DIR = a b \r\n":                    "a b",
		"DATA_DIR: data":                           "data",
		`DATA_DIR="data # a" # b`:                  "data # a",
		`DATA_DIR='data # a' # b "`:                "data # a",
		"DATA_DIR='a\nb' # c":                      "a\nb",
		`DATA_DIR='it\'s'`:                         "it's",
		`DATA_DIR='C:\data\'` + "\nDB_NAME='x'":    "refused",
		`DATA_DIR='C:\data\\'`:                     `C:\data\\`,
		`DATA_DIR="a\n\"b\"\\\t\d"`:                "a\n\"b\"\\\t\\d",
		`DATA_DIR=a\nb`:                            `a\nb`,
		`DATA_DIR=it's`:                            "it's",
		"DATA_DIR=a\nDATA_DIR=b":                   "b",
		"DATA_DIR='a$b${c}$1'":                     "a$b${c}$1",
		"DATA_DIR=x # costs $HOME":                 "x",
		"DATA_DIR=x$ # costs 5$":                   "x$",
		"\ufeff# a comment with a $\n\nDATA_DIR=x": "x",
		"DATA_DIR=x\nPATH=$PATH:/x\nCOMPOSE_FILE=\"${A:-b}\"\nDJANGO_SETTINGS_MODULE=a.b\n": "x",
	} {
		cfg, err := load(nil, dotenv(t, text))
		switch want {
		case "refused":
			require.Error(t, err, text)
			continue
		case "default":
			want = "data"
		}
		require.NoError(t, err, text)
		assert.Equal(t, want, cfg.DataDir, text)
	}
}

func TestDotenvExpandsNothing(t *testing.T) {
	for _, line := range []string{
		`SECRET_KEY=abc$DEF`, `SECRET_KEY=abc$def`, `SECRET_KEY="abc$DEF"`, `export SECRET_KEY=abc$1`, `SECRET_KEY=abc\$DEF`, `SECRET_KEY="abc\$DEF"`,
		`  SECRET_KEY = x${HOME}`, `SECRET_KEY=abc$$DEF`, `SECRET_KEY=abc$(id)`, `SECRET_KEY=abc#d$HOME`, `SECRET_KEY="abc#d$HOME"`, "SECRET_KEY=\"abc\nd$HOME\"",
	} {
		_, err := load(nil, dotenv(t, "# one\nDB_USER='a\nb'\n"+line+"\n"))
		require.Error(t, err, line)
		assert.Contains(t, err.Error(), "SECRET_KEY must be in single quotes")
		assert.Contains(t, err.Error(), ".env, line 4,")
		assert.Contains(t, err.Error(), "SECRET_KEY='...'")
		assert.NotContains(t, err.Error(), "abc")
	}
	_, err := load([]string{"DB_NAME=x"}, dotenv(t, "PATH=$PATH:/x\nDB_NAME=$OTHER\n"))
	require.NoError(t, err, "values of other programs, and of settings in the environment, are not checked")
}

func TestDotenvErrorsNameTheLine(t *testing.T) {
	for text, line := range map[string]string{
		"nonsense hunter2":                            "line 1,",
		"DATA_DIR=x\n\n# a\nnonsense hunter2\n":       "line 4,",
		"DATA_DIR='a\nb'\nnonsense hunter2":           "line 3,",
		"DATA_DIR=x\nSECRET_KEY='abc\nhunter2=1":      "line 2,",
		"DATA_DIR='x' hunter2":                        "line 1,",
		"DATA_DIR=x\r\n=hunter2\r\n":                  "line 2,",
		"DATA_DIR=x\nSOME THING=hunter2\n":            "line 2,",
		"DATA_DIR=x\nDB_PASSWORD=\"hunter2\\\"\n\n\n": "line 2,",
	} {
		_, err := load(nil, dotenv(t, text))
		require.ErrorContains(t, err, ".env, "+line+" must be of the form", text)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	_, err := load(nil, dotenv(t, "SECRET_KEY=\xff"))
	require.ErrorContains(t, err, ".env must be a readable text file in UTF-8")
	_, err = load(nil, t.TempDir())
	require.ErrorContains(t, err, "must be a readable text file")
}

// TestLineEndsOfSecretsAreTrimmed uses the line ends that mounted files and shells append.
func TestLineEndsOfSecretsAreTrimmed(t *testing.T) {
	const key = "m8Zq0aVt3Kc7Yw5Rb1Xn9Jd2Lf6Hs4Gp"
	for _, end := range []string{"\n", "\r\n"} {
		environment := []string{
			"SECRET_KEY=" + key + end, "SECRET_KEY_FALLBACKS=" + key + "1," + key + "2" + end,
			"DB_NAME=x", "DB_USER=u", "DB_PASSWORD=correct horse " + end, "SUPERUSER_PASSWORD=pass word" + end, "USER_PASSWORD=pass word" + end,
		}
		var file bytes.Buffer
		for _, pair := range environment {
			name, value, _ := bytes.Cut([]byte(pair), []byte("="))
			file.WriteString(string(name) + "='" + string(value) + "'\n")
		}
		fromEnvironment, err := load(environment, "")
		require.NoError(t, err)
		fromFile, err := load(nil, dotenv(t, file.String()))
		require.NoError(t, err)
		for _, cfg := range []config{fromEnvironment, fromFile} {
			assert.Equal(t, key, cfg.SecretKey.Reveal())
			assert.Equal(t, key+"2", cfg.SecretKeyFallbacks[1].Reveal())
			assert.Equal(t, key+end, cfg.SecretKeyFallbacks[2].Reveal(), "keys that earlier releases used with their line end still work")
			assert.Equal(t, "correct horse ", cfg.DBPassword.Reveal())
			assert.Equal(t, "pass word", cfg.SuperuserPassword.Reveal())
			assert.Equal(t, "pass word", cfg.UserPassword.Reveal())
		}
		cfg, err := load([]string{"DATABASE_URL=postgres://u:p@h/x" + end}, "")
		require.NoError(t, err)
		assert.Equal(t, "postgres://u:p@h/x?sslmode=require", cfg.postgresURL().Reveal())
	}
}

func TestADotenvThatOthersCanReadIsLogged(t *testing.T) {
	for text, warns := range map[string]bool{"DB_NAME=x\nDB_USER=u\nDB_PASSWORD=p\n": true, "DB_NAME=x\n": false} {
		path := dotenv(t, text)
		assert.Empty(t, warningsOf(t, nil, path))
		require.NoError(t, os.Chmod(path, 0o644))
		if warned := warningsOf(t, nil, path); warns {
			assert.Contains(t, warned, "chmod 600")
			assert.Contains(t, warned, filepath.Base(path))
		} else {
			assert.Empty(t, warned, "the file contains no secret")
		}
	}
}

func TestADataDirectoryThatOthersCanWriteIsLogged(t *testing.T) {
	folder := t.TempDir()
	assert.Empty(t, warningsOf(t, []string{"DATA_DIR=" + folder}, ""))
	require.NoError(t, os.Chmod(folder, 0o777))
	assert.Contains(t, warningsOf(t, []string{"DATA_DIR=" + folder}, ""), "chmod 700")
}

// warningsOf returns the log of loading valid settings.
func warningsOf(t *testing.T, environment []string, dotenv string) string {
	t.Helper()
	var log bytes.Buffer
	_, err := loadConfig(process{environment: environment, dotenv: dotenv, err: &log})
	require.NoError(t, err)
	return log.String()
}
