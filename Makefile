# Everything one does with this repository; `make` alone lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test lint bench fmt

# Debian packages that the tests need: a C compiler for the race detector, a
# browser, a database server and Redis, of which the tests start their own.
packages := gcc libc6-dev chromium postgresql redis-server

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

run: ## start a community to play with on http://127.0.0.1:8080
	@go run ./cmd/parley serve --demo

test: ## run all tests with the race detector (some minutes); as root installs what they need
	@tools/packages $(packages)
	@go vet ./...
	@go build -C tools -o ../bin/testsum ./testsum
	@bin/testsum 'go test -json -race -timeout 10m ./...' 'go test -C tools -json -timeout 5m ./...'

lint: ## check formatting, common mistakes, dead code and the types of the user interface
	@tools/lint

bench: ## run all benchmarks once
	@go test -run '^$$' -bench . -benchmem ./...

fmt: ## format all Go code
	@go tool -modfile=tools/go.mod gofumpt -w .
