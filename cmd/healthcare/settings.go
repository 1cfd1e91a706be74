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

// setting is a field of config.
type setting struct {
	name string // of its variable
	kind reflect.Type
}

var secretType, secretListType = reflect.TypeFor[domain.Secret](), reflect.TypeFor[secretList]()

func settings() iter.Seq[setting] {
	return func(yield func(setting) bool) {
		for field := range reflect.TypeFor[config]().Fields() {
			if name := field.Tag.Get("env"); name != "" && !yield(setting{name, field.Type}) {
				return
			}
		}
	}
}

// readConfig reads the settings, and warns of what is unsafe about where they come from.
func readConfig(p process) (config, badSettings) {
	bad := badSettings{}
	dotenv := readDotenv(p.dotenv, bad)
	environment := map[string]string{}
	for _, pair := range p.environment {
		if name, value, _ := strings.Cut(pair, "="); value != "" { // an empty variable is one that is not set
			environment[name] = value
		}
	}
	variables := maps.Clone(environment)
	for field := range settings() {
		if _, set := variables[field.name]; !set {
			if value := dotenv.value(field.name, bad); value != "" {
				variables[field.name] = value
			}
		}
	}
	isSet := func(name string) bool {
		// Beside DATABASE_URL there can be no DB_HOST and the like: a name that is near one is that of another program.
		isPart := strings.HasPrefix(name, "DB_") && name != "DB_PREPARED_STATEMENTS"
		return variables[name] != "" || isPart && variables["DATABASE_URL"] != ""
	}
	dotenv.checkNames(isSet, bad)
	if port := variables["PORT"]; isPort(port) && !isSet("HTTP_ADDR") {
		variables["HTTP_ADDR"] = net.JoinHostPort(portHost, port)
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
		bad.unreadable(err)
	}
	if key := variables["SECRET_KEY"]; !cfg.SecretKey.IsZero() && key != cfg.SecretKey.Reveal() {
		// What was sealed before line ends were trimmed stays readable.
		cfg.SecretKeyFallbacks = append(cfg.SecretKeyFallbacks, domain.NewSecret(key))
	}
	cfg.check(bad)
	log := cfg.logger(p.err)
	for _, found := range slices.Concat(misspeltVariables(environment, isSet), dotenv.warnings(), cfg.warnings()) {
		log.Warn(found.text, found.attrs...)
	}
	return cfg, bad
}

// badSettings maps the name of each bad variable to what it must be.
type badSettings map[string]string

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

// unreadable takes over which variables the library could not read, not its
// texts, which show their values.
func (b badSettings) unreadable(err error) {
	aggregate, _ := errors.AsType[env.AggregateError](err)
	for _, err := range aggregate.Errors {
		if unread, ok := errors.AsType[env.ParseError](err); ok {
			field, _ := reflect.TypeFor[config]().FieldByName(unread.Name)
			b.add(field.Tag.Get("env"), field.Tag.Get("hint"))
		}
	}
}

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

// trimLineEnd returns a secret without the line end that files and shells leave behind it.
func trimLineEnd(text string) domain.Secret { return domain.NewSecret(strings.TrimRight(text, "\r\n")) }
