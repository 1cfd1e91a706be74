package main

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"net"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/domain"
)

// setting is a field of config that a variable sets.
type setting struct {
	name string // of the variable
	kind reflect.Type
}

var secretType, secretListType = reflect.TypeFor[domain.Secret](), reflect.TypeFor[secretList]()

// settings yields the settings in the order of config's fields.
func settings() iter.Seq[setting] {
	return func(yield func(setting) bool) {
		for field := range reflect.TypeFor[config]().Fields() {
			if name := field.Tag.Get("env"); name != "" && !yield(setting{name, field.Type}) {
				return
			}
		}
	}
}

// readConfig reads and checks the settings. It logs a warning for each unsafe file mode and
// each variable that looks like a misspelt setting.
func readConfig(p process) (config, badSettings) {
	bad := badSettings{}
	dotenv := readDotenv(p.dotenv, bad)
	environment := map[string]string{}
	for _, pair := range p.environment {
		if name, value, _ := strings.Cut(pair, "="); value != "" { // An empty variable counts as not set.
			environment[name] = value
		}
	}
	variables := maps.Clone(environment)
	for setting := range settings() {
		if variables[setting.name] == "" {
			if value := dotenv.value(setting.name, bad); value != "" {
				variables[setting.name] = value
			}
		}
	}
	isSet := func(name string) bool {
		// DATABASE_URL excludes DB_HOST and the like, so with it a similar name belongs to another program.
		isExcluded := strings.HasPrefix(name, "DB_") && name != "DB_PREPARED_STATEMENTS" && variables["DATABASE_URL"] != ""
		return variables[name] != "" || isExcluded
	}
	dotenv.checkNames(isSet, bad)
	if port := variables["PORT"]; isPort(port) && !isSet("HTTP_ADDR") {
		variables["HTTP_ADDR"] = net.JoinHostPort(defaultHost, port)
	}
	var cfg config
	err := env.ParseWithOptions(&cfg, env.Options{
		Environment: variables,
		FuncMap: map[reflect.Type]env.ParserFunc{
			secretType:                      func(text string) (any, error) { return trimLineEnd(text), nil },
			secretListType:                  listOf[secretList](func(text string) (domain.Secret, error) { return domain.NewSecret(text), nil }),
			reflect.TypeFor[domain.Limit](): func(text string) (any, error) { return domain.ParseLimit(text) },
			reflect.TypeFor[proxyList]():    listOf[proxyList](httpserver.ParseProxy),
			reflect.TypeFor[originList]():   listOf[originList](httpserver.ParseOrigin),
		},
	})
	if err != nil {
		bad.addParseErrors(err)
	}
	if key := variables["SECRET_KEY"]; !cfg.SecretKey.IsZero() && key != cfg.SecretKey.Reveal() {
		// Earlier releases did not remove the line ends from the key. As a fallback, the key with
		// its line ends opens what those releases sealed.
		cfg.SecretKeyFallbacks = append(cfg.SecretKeyFallbacks, domain.NewSecret(key))
	}
	cfg.check(bad)
	log := cfg.logger(p.err)
	for _, warning := range slices.Concat(misspeltVariables(environment, isSet), dotenv.warnings(), cfg.warnings()) {
		log.Warn(warning.message, warning.attrs...)
	}
	return cfg, bad
}

// badSettings maps the name of each invalid variable to what its value must be.
type badSettings map[string]string

// require adds the variable unless ok is true.
func (b badSettings) require(ok bool, name, must string) {
	if !ok {
		b.add(name, must)
	}
}

// add adds the variable. The first problem of a variable is the one that is reported.
func (b badSettings) add(name, must string) {
	if _, known := b[name]; !known {
		b[name] = must
	}
}

func (b badSettings) err() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(b)) {
		errs = append(errs, fmt.Errorf("%s must be %s", name, b[name]))
	}
	return errors.Join(errs...)
}

// addParseErrors adds the variables that the library could not parse. It shows the hint
// instead of the library's message, which contains the value.
func (b badSettings) addParseErrors(err error) {
	aggregate, _ := errors.AsType[env.AggregateError](err)
	for _, err := range aggregate.Errors {
		if failed, ok := errors.AsType[env.ParseError](err); ok {
			field, _ := reflect.TypeFor[config]().FieldByName(failed.Name)
			b.add(field.Tag.Get("env"), field.Tag.Get("hint"))
		}
	}
}

// listOf returns a parser of comma-separated lists. It skips empty items.
func listOf[List ~[]T, T any](parse func(string) (T, error)) env.ParserFunc {
	return func(text string) (any, error) {
		var list List
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item == "" {
				continue
			}
			value, err := parse(item)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	}
}

// trimLineEnd returns the secret without the line ends that files and shells append.
func trimLineEnd(text string) domain.Secret { return domain.NewSecret(strings.TrimRight(text, "\r\n")) }
