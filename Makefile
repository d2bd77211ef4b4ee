# Everything one does with this repository; `make` alone lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test lint bench fuzz faults cluster cluster-down fmt

# Debian packages that the tests need: a C compiler for the race detector, a
# browser, and what a cluster is made of.
packages := gcc libc6-dev chromium postgresql redis-server nginx

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: ## start a community to play with on http://127.0.0.1:8080
	@go run ./cmd/parley serve --demo

test: ## run all tests with the race detector (some minutes); as root installs what they need
	@tools/packages $(packages)
	@go vet ./...
	@go build -C tools -o ../bin/testsum ./testsum
	@bin/testsum 'go test -json -race -timeout 18m ./...' 'go test -C tools -json -timeout 5m ./...'

lint: ## check formatting, common mistakes, dead code and the types of the user interface
	@tools/lint

bench: ## run all benchmarks once
	@go test -run '^$$' -bench . -benchmem ./...

fuzz: ## try every fuzz target with new input for FUZZTIME (10m) each
	@tools/fuzz $(or $(FUZZTIME),10m)

faults: ## break every part of a cluster for 30 s under load, and report (ten minutes)
	@tools/packages $(packages)
	@mkdir -p bin && rm -f bin/faults.md
	@go test ./test -run 'TestFaults|TestSocketsEndOnAllReplicas' -v -timeout 60m -args -long -report "$(CURDIR)/bin/faults.md"
	@echo; echo "The report is in bin/faults.md"

cluster: ## start PostgreSQL, Redis, three replicas and nginx on http://127.0.0.1:8080
	@deploy/cluster up

cluster-down: ## stop them again
	@deploy/cluster down

fmt: ## format all Go code
	@go tool -modfile=tools/go.mod gofumpt -w .
