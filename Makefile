# Make alone says what there is.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help run build test lint generate fuzz bench clean \
	postgres lint-format lint-vet lint-golangci lint-generated lint-modules lint-deadcode

PROGRAM  := bin/healthcare
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME := 60s

# The build's own tools are pinned in tools/go.mod. Go builds them at their first
# use, and keeps them in its cache.
TOOL   := go tool -modfile=$(CURDIR)/tools/go.mod
CLIENT := adapters/httpapi/client
OAPI   := cd $(CLIENT) && $(TOOL) oapi-codegen -config config.yaml

help: ## Print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build it, and serve from the embedded store
	$(PROGRAM) serve

# Without cgo it is one file that needs no other, not even libc.
build: ## Build bin/healthcare
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(PROGRAM) ./cmd/healthcare

# The race detector does not watch SQLite, which is C translated to Go, nor the search for
# weak passwords: under it, both are more than ten times slower. (A package that
# instantiates generic code of others, such as sync.Map's, cannot be left out.)
RACE := -race -gcflags=github.com/ccojocar/zxcvbn-go/matching=-race=false -gcflags=modernc.org/sqlite/lib=-race=false

# What takes longest goes first, and three at once: tests of the program wait for it much.
# -count=1, because Go does not see that cmd/healthcare tests a program of its own making.
test: postgres ## Run all tests under the race detector (TEST_DATABASE_URL: use that PostgreSQL)
	$(TOOL) gotestsum --format=pkgname-and-test-fails -- $(RACE) -count=1 -timeout=15m -p=3 ./cmd/healthcare ./...

postgres:
	@.ci/postgres

lint: lint-format lint-vet lint-golangci lint-generated lint-modules lint-deadcode ## Check the code and what is made from it

lint-format:
	@echo "gofumpt: every file is formatted"
	@$(TOOL) gofumpt -d . | (! grep .)

lint-vet:
	go vet ./...

lint-golangci:
	$(TOOL) golangci-lint run

lint-generated:
	@echo "wire_gen.go and the client are what make generate makes"
	@go tool wire diff ./cmd/healthcare
	@$(OAPI) ../openapi.yaml | diff client.gen.go -

lint-modules:
	go mod tidy -diff
	go -C tools mod tidy -diff

lint-deadcode:
	@echo "deadcode: nothing is out of reach of both the program and the tests"
	@$(TOOL) deadcode -test ./... | (! grep .)

generate: ## Make wire_gen.go and the Go client anew
	go tool wire gen ./cmd/healthcare
	$(OAPI) -o client.gen.go ../openapi.yaml

fuzz: ## Fuzz each target for FUZZTIME
	@.ci/fuzz $(FUZZTIME)

bench: ## Run all benchmarks
	go test -run '^$$' -bench . -benchmem ./...

clean: ## Remove what build made
	rm -rf bin
